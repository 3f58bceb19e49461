"""What a program counts of events: once per entry it appended, once per effect, and types nobody knows as one."""

from __future__ import annotations

import threading

from prometheus_client import REGISTRY

from socle.evenements.compteurs import BusCompte, Compteurs
from socle.evenements.consommateur import Consommateur
from socle.evenements.enveloppe import Evenement, suite
from socle.evenements.reactions import Table
from tests.evenements.conftest import RAPIDE, Banc, attendre


def valeur(nom: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(nom, labels) or 0.0


def test_each_entry_is_counted_where_it_is_appended_and_each_effect_once(banc: Banc) -> None:
    bus = BusCompte(banc.redis, banc.flux)
    connu, inconnu = banc.evenement("StockReserved"), banc.evenement("Inventé")
    bus.publier([connu.champs(), connu.champs(), inconnu.champs()])  # a doubled entry is two entries, and one effect

    def reagir(evenement: Evenement) -> list[Evenement]:
        return [suite(evenement, "OrderCreated", evenement.payload, source="test")]

    consommateur = Consommateur(
        Table(groupe="g", reactions={"StockReserved": reagir}), base=banc.base("m1"), bus=bus,
        nom="m1", reglages=RAPIDE, observateur=Compteurs(banc.flux, "g", heure=lambda: connu.ts + 0.2),
    )  # fmt: skip
    fil = threading.Thread(target=consommateur.tourner, daemon=True)
    fil.start()
    attendre(lambda: valeur("events_consumed_total", topic=banc.flux, type="StockReserved", consumer="g") == 1)
    attendre(lambda: banc.en_attente() == 0)
    consommateur.arreter()
    fil.join(10)
    assert not fil.is_alive()
    topic = banc.flux
    publies = {t: valeur("events_published_total", topic=topic, type=t) for t in ("StockReserved", "OrderCreated")}
    assert publies == {"StockReserved": 2, "OrderCreated": 1}
    assert valeur("events_published_total", topic=topic, type="autre") == 1
    assert valeur("events_consumed_total", topic=topic, type="StockReserved", consumer="g") == 1
    assert valeur("event_latency_seconds_bucket", topic=topic, type="StockReserved", le="0.1") == 0
    assert valeur("event_latency_seconds_bucket", topic=topic, type="StockReserved", le="0.25") == 1
