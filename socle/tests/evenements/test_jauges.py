"""Gauges of a group: what can be asked is on the page, what cannot is absent from it."""

from __future__ import annotations

import uuid
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from local.processus import port_libre
from socle.evenements import lettres_mortes
from socle.evenements.base import Base
from socle.evenements.bus import Bus, ouvrir
from socle.evenements.jauges import EtatDuGroupe
from socle.evenements.lettres_mortes import LettreMorte
from tests.evenements.conftest import Banc

TYPES = ("Fait", "Refait")


def page(etat: EtatDuGroupe) -> dict[str, float]:
    registre = CollectorRegistry()
    registre.register(etat)
    lignes = [ligne for ligne in generate_latest(registre).decode().splitlines() if not ligne.startswith("#")]
    return {nom: float(valeur) for nom, _, valeur in (ligne.rpartition(" ") for ligne in lignes)}


def mourir(banc: Banc, curseur: Any, type_: str) -> None:
    lettre = LettreMorte(
        groupe="g", stream=banc.flux, event_id=str(uuid.uuid4()), type=type_, cle="k", position="1-0", cause="essai",
        essais=5, evenement={},
    )  # fmt: skip
    lettres_mortes.deposer(curseur, [lettre])


def test_lag_pending_and_open_letters_by_bounded_type(banc: Banc) -> None:
    banc.laisser(banc.evenement(), membre="m1")
    banc.publier(banc.evenement(), banc.evenement())
    base = banc.base()
    with base.transaction() as curseur:
        for type_ in ("Fait", "Fait", "Inconnu", "Autre"):
            mourir(banc, curseur, type_)
    etat = EtatDuGroupe(base, banc.bus, "g", types=TYPES)
    attendu = {
        'worker_lag{group="g"}': 2,
        'worker_pending{group="g"}': 1,
        'dead_letters_open{group="g",type="Fait"}': 2,
        'dead_letters_open{group="g",type="autre"}': 2,
    }
    assert page(etat) == attendu
    banc.deposer(banc.evenement())
    assert page(etat) == attendu
    avec_outbox = EtatDuGroupe(base, banc.bus, "g", types=TYPES, service="s")
    assert page(avec_outbox) == {**attendu, 'outbox_backlog{service="s"}': 1}
    base.fermer()


def test_the_page_is_served_without_redis_without_the_database_and_without_the_group(banc: Banc) -> None:
    sans_redis = Bus(ouvrir(f"redis://127.0.0.1:{port_libre()}/0"), banc.flux)
    sans_base = Base(nom="metriques", host="127.0.0.1", port=port_libre(), dbname="x", user="x", password="x")
    base = banc.base()
    assert page(EtatDuGroupe(sans_base, sans_redis, "g", types=TYPES, service="s")) == {}
    assert page(EtatDuGroupe(base, sans_redis, "g", types=TYPES, service="s")) == {'outbox_backlog{service="s"}': 0}
    banc.bus.assurer_groupe("autre")
    assert page(EtatDuGroupe(sans_base, banc.bus, "g", types=TYPES)) == {}
    base.fermer()
