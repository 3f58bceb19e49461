"""Checkouts through six real workers: outcomes, refusals, neighbours that are down, events out of order."""

from __future__ import annotations

import re
from dataclasses import replace

from local.voisins import MAGASIN, PRODUITS
from socle.evenements.enveloppe import identifiant_derive
from tests.conftest import attendre, exemple, initie
from tests.integration.conftest import ECHEANCE_S, Labo

HEUREUX = ["StockReserved", "OrderCreated", "CheckoutSucceeded"]
COMPENSE = ["StockReserved", "OrderCreationFailed", "StockReleased", "CheckoutFailed"]


def test_checkouts_succeed_or_fail_as_their_stock_allows(labo: Labo) -> None:
    heureux = [labo.accepter(quantite=2) for _ in range(10)]
    rupture = labo.accepter(quantite=1000)
    labo.attendre_fin(*heureux, rupture)
    assert all(labo.types(checkout) == HEUREUX for checkout in heureux)
    assert labo.types(rupture) == ["StockReservationFailed", "CheckoutFailed"]
    assert labo.voisins.stock[MAGASIN, PRODUITS[0]] == 480
    assert set(labo.voisins.ventes) == set(heureux)
    attendre(lambda: len(labo.smtp.recus) == 11)
    sujets = sorted(message["Subject"].count("annul") for _, message in labo.smtp.recus)
    assert len(sujets) == 11


def test_one_correlation_id_goes_from_the_first_event_to_calls_events_and_logs(labo: Labo) -> None:
    checkout = labo.accepter(quantite=1000)
    labo.attendre_fin(checkout)
    labo.verifier()
    assert {champs["correlation_id"] for champs in labo.evenements(checkout)} == {f"corr-{checkout}"}
    appels = [appel for appel in labo.voisins.appels if checkout in str(appel[3]) and appel[0] != "consigner"]
    assert {appel[2]["X-Correlation-ID"] for appel in appels} == {f"corr-{checkout}"}
    causes = {champs["id"]: champs["causation_id"] for champs in labo.evenements(checkout)}
    fin = labo.evenements(checkout)[-1]["id"]
    assert causes[causes[fin]] == str(identifiant_derive(checkout, "CheckoutInitiated"))


def test_each_worker_shows_its_metrics_on_its_port(labo: Labo) -> None:
    labo.attendre_fin(labo.accepter())
    labo.verifier()
    audit = labo.workers["audit"]
    attendre(lambda: 'outbox_backlog{service="workers"} 0.0' in audit.metriques(), "the last batch is marked")
    page = labo.workers["order-creation"].metriques()
    for attendue in (
        r'events_consumed_total{consumer="choreo-order",topic="ecommerce.checkout.events",type="StockReserved"} [1-9]',
        r'events_published_total{topic="ecommerce.checkout.events",type="CheckoutSucceeded"} [1-9]',
        r'event_latency_seconds_count{topic="ecommerce.checkout.events",type="StockReserved"} [1-9]',
        r'worker_lag{group="choreo-order"} 0.0',
        r'worker_pending{group="choreo-order"} 0.0',
    ):
        assert re.search(attendue.replace("{", r"\{").replace("}", r"\}"), page), attendue
    pages = {nom: worker.metriques() for nom, worker in labo.workers.items()}
    assert all("worker_pending" in page for page in pages.values())
    # Shown once each: one outbox, one worker that gives stock back; and ecommerce knows how each checkout has ended.
    assert [nom for nom, page in pages.items() if "outbox_backlog" in page] == ["audit"]
    assert not any(re.search("saga_choreo_(duration|success|failed)", page) for page in pages.values())


def test_an_order_service_that_is_down_past_the_deadline_then_back_compensates(labo: Labo) -> None:
    """In the meantime nothing is decided: commandes alone can promise that no sale will ever exist."""
    labo.voisins.eteints.add("commandes")
    checkout = labo.accepter(quantite=3)
    attendre(lambda: labo.types(checkout) == ["StockReserved"])
    attendre(lambda: "annuler" in labo.voisins.routes(checkout), "past the deadline", ECHEANCE_S + 6)
    assert labo.types(checkout) == ["StockReserved"]
    labo.voisins.eteints.clear()
    labo.attendre_fin(checkout)
    assert labo.types(checkout) == COMPENSE
    assert labo.voisins.stock[MAGASIN, PRODUITS[0]] == 500
    assert labo.voisins.ventes == {}


def test_F23_a_stock_service_that_is_down_past_the_deadline_fails_and_a_short_outage_does_not(labo: Labo) -> None:
    labo.voisins.regles["reserver"] = [("panne", 503)] * 2
    court = labo.accepter()
    labo.attendre_fin(court)
    assert labo.types(court) == HEUREUX
    labo.voisins.eteints.add("inventaire")
    long = labo.accepter()
    attendre(lambda: labo.types(long) == ["StockReservationFailed"], "the deadline", ECHEANCE_S + 6)
    labo.voisins.eteints.clear()
    labo.attendre_fin(long)
    assert labo.types(long) == ["StockReservationFailed", "CheckoutFailed"]


def test_F12_an_order_whose_answers_are_lost_succeeds_after_all(labo: Labo) -> None:
    labo.voisins.regles["enregistrer"] = [("perdue",)] * 3
    checkout = labo.accepter()
    labo.attendre_fin(checkout)
    assert labo.types(checkout) == HEUREUX
    assert labo.voisins.ventes_actives() == 1


def test_F35_duplicates_and_events_out_of_order_change_no_outcome(labo: Labo) -> None:
    checkout = labo.accepter(quantite=2)
    labo.attendre_fin(checkout)
    labo.verifier()
    stock_reserve = labo.evenements(checkout)[0]
    rejoues = [stock_reserve, {**stock_reserve, "id": str(identifiant_derive(checkout, "un autre"))}]
    labo.bus.publier(rejoues)
    for type_ in ("StockReservationFailed", "OrderCreationFailed"):
        bon = exemple(type_)
        labo.deposer(replace(bon, id=identifiant_derive(checkout, type_), cle=checkout,
                             payload={**bon.payload, "checkout_id": checkout}))  # fmt: skip
    labo.verifier()
    assert labo.voisins.ventes_actives() == 1
    assert labo.voisins.stock[MAGASIN, PRODUITS[0]] == 498
    assert set(labo.fins[checkout]) == {"CheckoutSucceeded"}


def test_F35_events_after_a_cancellation_create_nothing(labo: Labo) -> None:
    labo.voisins.regles["enregistrer"] = [("refus", 400, "Magasin invalide")]
    checkout = labo.accepter()
    labo.attendre_fin(checkout)
    assert labo.types(checkout) == COMPENSE
    labo.bus.publier([{**labo.evenements(checkout)[0], "id": str(identifiant_derive(checkout, "tardif"))}])
    attendre(
        lambda: labo.types(checkout)[4:] == ["OrderCreationFailed", "CheckoutFailed"] or len(labo.types(checkout)) > 5
    )
    assert labo.voisins.ventes == {}
    assert set(labo.fins[checkout]) == {"CheckoutFailed"}


def test_F32_a_poison_event_stops_its_own_checkout_until_it_is_dealt_with(labo: Labo) -> None:
    ((maintenant,),) = labo.sql("SELECT clock_timestamp()")
    malade = initie(maintenant.isoformat())
    sans_panier = {nom: valeur for nom, valeur in malade.payload.items() if nom != "panier"}
    suivant = replace(malade, id=identifiant_derive(malade.id, "suivant"))
    labo.deposer(replace(malade, payload=sans_panier), suivant)
    sain = labo.accepter()
    labo.attendre_fin(sain)
    attendre(lambda: labo.sql("SELECT count(*) FROM lettres_mortes") == [(2,)])
    assert labo.sql("SELECT groupe, cause, checkout_id FROM lettres_mortes ORDER BY rang LIMIT 1") == [
        ("choreo-reservation", "KeyError: 'panier'", malade.cle)
    ]
    assert labo.types(malade.cle) == []
    assert (
        'dead_letters_total{group="choreo-reservation",type="CheckoutInitiated"}'
        in labo.workers["stock-reservation"].metriques()
    )
    labo.sql("UPDATE lettres_mortes SET etat = 'abandonnee' WHERE event_id = %s", str(malade.id))
    labo.sql("UPDATE lettres_mortes SET etat = 'relancee' WHERE event_id = %s", str(suivant.id))
    labo.attendre_fin(malade.cle)
    assert labo.types(malade.cle) == HEUREUX
    assert labo.sql("SELECT etat FROM lettres_mortes ORDER BY rang") == [("abandonnee",), ("traitee",)]


def test_F38_an_event_that_audit_has_given_up_does_not_hold_the_projections_back(labo: Labo) -> None:
    labo.voisins.regles["consigner"] = [("refus", 400, "donnée personnelle")] * 60
    labo.bus.publier([exemple("StockReleased").champs()])
    attendre(lambda: labo.sql("SELECT groupe FROM lettres_mortes") == [("choreo-audit",)], delai_s=15)
    attendre(lambda: labo.a_fini("choreo-cqrs"))
    labo.voisins.regles.clear()
