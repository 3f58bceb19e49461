"""Each table of reactions against neighbours that answer, refuse, fail and lose their answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from local.voisins import MAGASIN, PRODUITS, Voisins
from socle.erreurs import Indisponible
from socle.evenements.enveloppe import Evenement, identifiant_derive
from socle.evenements.reactions import AReessayer, Table
from tests.conftest import SCHEMAS, exemple, initie, panier
from tests.unit.conftest import DEBUT, Montre
from workers import order_creation, stock_compensation, stock_reservation
from workers.contexte import Contexte


def reagir(table: Table, evenement: Evenement) -> list[Evenement]:
    """What the event brings about; all of it follows the published schemas."""
    suites = table.reagir(evenement)
    for suite in suites:
        SCHEMAS.valider(suite.champs())
        assert suite.id == identifiant_derive(evenement.id, suite.type)
        assert (suite.cle, suite.causation_id) == (evenement.cle, str(evenement.id))
        assert suite.correlation_id == evenement.correlation_id
        assert suite.payload["initie_le"] == (evenement.payload.get("initie_le") or evenement.payload["emitted_at"])
    return suites


def types(suites: list[Evenement]) -> list[str]:
    return [suite.type for suite in suites]


def checkout(**payload: Any) -> Evenement:
    return initie(DEBUT.isoformat(), **payload)


def reserve(contexte: Contexte, **payload: Any) -> Evenement:
    """A checkout whose stock is really reserved."""
    (evenement,) = reagir(stock_reservation.table(contexte), checkout(**payload))
    assert evenement.type == "StockReserved"
    return evenement


# -- stock_reservation ----------------------------------------------------------------------------------------------


def test_a_reservation_takes_the_lines_under_the_checkout_id(contexte: Contexte, voisins: Voisins) -> None:
    evenement = checkout(panier=panier(3, (PRODUITS[0], PRODUITS[1])))
    (suite,) = reagir(stock_reservation.table(contexte), evenement)
    assert (suite.type, suite.payload["magasin_id"]) == ("StockReserved", MAGASIN)
    assert suite.payload["panier"] == evenement.payload["panier"]
    assert [voisins.stock[MAGASIN, p] for p in PRODUITS[:3]] == [497, 497, 500]
    (appel,) = voisins.appels
    assert appel[3]["reference"] == evenement.cle
    assert (appel[2]["X-API-Key"], appel[2]["X-Internal-Token"]) == ("cle", "jeton")


def test_F35_the_same_checkout_again_takes_nothing_more_and_says_the_same(contexte: Contexte, voisins: Voisins) -> None:
    table, evenement = stock_reservation.table(contexte), checkout(quantite=500)
    assert reagir(table, evenement) == reagir(table, evenement)
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 0


def test_a_shortage_fails_the_reservation_with_the_reason_of_inventaire(contexte: Contexte, voisins: Voisins) -> None:
    (suite,) = reagir(stock_reservation.table(contexte), checkout(quantite=1000))
    assert suite.type == "StockReservationFailed"
    assert suite.payload["reason"].startswith("Stock insuffisant pour")
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500


@pytest.mark.parametrize("age_s", [29.0, 31.0])
def test_a_stock_service_that_is_down_is_retried_until_the_checkout_is_too_old(
    contexte: Contexte, voisins: Voisins, montre: Montre, age_s: float
) -> None:
    voisins.eteints.add("inventaire")
    montre.secondes += age_s
    if age_s < 30:
        with pytest.raises(Indisponible):
            reagir(stock_reservation.table(contexte), checkout())
    else:
        assert types(reagir(stock_reservation.table(contexte), checkout())) == ["StockReservationFailed"]
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500


def test_F40_the_age_of_a_checkout_is_counted_on_the_clock_of_the_database(
    contexte: Contexte, voisins: Voisins, montre: Montre
) -> None:
    """This host's clock is at whatever date: only the two database times meet."""
    voisins.eteints.add("inventaire")
    montre.secondes -= 300  # the checkout's database is five minutes ahead: the checkout is young
    with pytest.raises(Indisponible):
        reagir(stock_reservation.table(contexte), checkout())


@pytest.mark.parametrize("regle", [("panne", 404), ("panne", 401), ("panne", 403)])
def test_what_only_the_gateway_said_is_no_refusal(contexte: Contexte, voisins: Voisins, regle: tuple[Any, ...]) -> None:
    voisins.regles["reserver"] = [regle]
    with pytest.raises(AReessayer):
        reagir(stock_reservation.table(contexte), checkout())


# -- order_creation -------------------------------------------------------------------------------------------------


def test_an_order_is_recorded_once_at_the_prices_of_the_event(contexte: Contexte, voisins: Voisins) -> None:
    evenement = reserve(contexte, quantite=2)
    table = order_creation.table(contexte)
    creee, reussie = reagir(table, evenement)
    assert types([creee, reussie]) == ["OrderCreated", "CheckoutSucceeded"]
    assert reagir(table, evenement) == [creee, reussie]
    ((reference, vente),) = voisins.ventes.items()
    assert (reference, vente["id"]) == (evenement.cle, creee.payload["commande_id"])
    assert vente["lignes"] == [
        {"produit_id": PRODUITS[0], "produit_nom": "Clavier", "quantite": 2, "prix_unitaire": 89.99}
    ]


def test_an_order_service_that_is_down_is_retried_and_nothing_is_promised_before_the_deadline(
    contexte: Contexte, voisins: Voisins, montre: Montre
) -> None:
    evenement = reserve(contexte)
    voisins.regles["enregistrer"] = [("panne", 503), ("panne", 503)]
    montre.secondes += 29
    with pytest.raises(Indisponible):
        reagir(order_creation.table(contexte), evenement)
    assert voisins.annulees == set()
    assert types(reagir(order_creation.table(contexte), evenement)) == ["OrderCreated", "CheckoutSucceeded"]


def test_a_refused_order_fails_after_the_promise_that_it_will_never_exist(contexte: Contexte, voisins: Voisins) -> None:
    evenement = reserve(contexte)
    voisins.regles["enregistrer"] = [("refus", 400, "Magasin invalide")]
    (suite,) = reagir(order_creation.table(contexte), evenement)
    assert (suite.type, suite.payload["reason"]) == ("OrderCreationFailed", "Magasin invalide")
    assert voisins.annulees == {evenement.cle}
    assert voisins.ventes_actives() == 0


def test_F12_an_order_whose_answer_was_lost_until_the_deadline_succeeded_after_all(
    contexte: Contexte, voisins: Voisins, montre: Montre
) -> None:
    evenement = reserve(contexte)
    voisins.regles["enregistrer"] = [("perdue",), ("perdue",)]
    montre.secondes += 31
    creee, reussie = reagir(order_creation.table(contexte), evenement)
    assert types([creee, reussie]) == ["OrderCreated", "CheckoutSucceeded"]
    assert creee.payload["commande_id"] == voisins.ventes[evenement.cle]["id"]
    assert voisins.annulees == set()


def test_an_order_service_that_is_down_past_the_deadline_must_promise_before_the_failure_is_said(
    contexte: Contexte, voisins: Voisins, montre: Montre
) -> None:
    """Once it was tried in vain past the deadline, the sale is not tried again, even when the service is back."""
    table, evenement = order_creation.table(contexte), reserve(contexte)
    voisins.eteints.add("commandes")
    montre.secondes += 31
    with pytest.raises(Indisponible):
        reagir(table, evenement)
    voisins.eteints.clear()
    contexte.services._commandes.disjoncteur.succes()
    essais = voisins.routes(evenement.cle).count("enregistrer")
    (suite,) = reagir(table, evenement)
    assert suite.type == "OrderCreationFailed"
    assert suite.payload["reason"].startswith("Commande impossible à temps")
    assert voisins.routes(evenement.cle).count("enregistrer") == essais
    assert voisins.annulees == {evenement.cle}


def test_F29_an_event_that_only_came_late_has_its_attempt(contexte: Contexte, voisins: Voisins, montre: Montre) -> None:
    evenement = reserve(contexte)
    montre.secondes += 600
    assert types(reagir(order_creation.table(contexte), evenement)) == ["OrderCreated", "CheckoutSucceeded"]


def test_F35_stock_reserved_for_a_cancelled_reference_creates_no_order(contexte: Contexte, voisins: Voisins) -> None:
    evenement = reserve(contexte)
    voisins.annulees.add(evenement.cle)
    (suite,) = reagir(order_creation.table(contexte), evenement)
    assert suite.type == "OrderCreationFailed"
    assert voisins.ventes == {}


# -- stock_compensation ---------------------------------------------------------------------------------------------


def echec_de_commande(contexte: Contexte, voisins: Voisins) -> Evenement:
    voisins.regles["enregistrer"] = [("refus", 400, "Magasin invalide")]
    (echec,) = reagir(order_creation.table(contexte), reserve(contexte))
    return echec


def test_a_failed_order_gives_the_stock_back_once_and_ends_the_checkout(contexte: Contexte, voisins: Voisins) -> None:
    echec = echec_de_commande(contexte, voisins)
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 499
    rendu, fin = reagir(stock_compensation.table(contexte), echec)
    assert (rendu.type, fin.type, fin.payload["reason"]) == ("StockReleased", "CheckoutFailed", "Magasin invalide")
    assert reagir(stock_compensation.table(contexte), echec) == [rendu, fin]
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500


def test_a_shortage_ends_the_checkout_and_releases_nothing(contexte: Contexte, voisins: Voisins) -> None:
    (echec,) = reagir(stock_reservation.table(contexte), checkout(quantite=1000))
    voisins.eteints.add("commandes")  # whose opinion nobody needs
    assert types(reagir(stock_compensation.table(contexte), echec)) == ["CheckoutFailed"]


def test_F3_a_reservation_whose_answer_was_lost_is_given_back(
    contexte: Contexte, voisins: Voisins, montre: Montre
) -> None:
    montre.secondes += 31
    voisins.regles["reserver"] = [("perdue",), ("perdue",)]
    (echec,) = reagir(stock_reservation.table(contexte), checkout(quantite=7))
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 493
    assert types(reagir(stock_compensation.table(contexte), echec)) == ["StockReleased", "CheckoutFailed"]
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500


@pytest.mark.parametrize("vente", ["active", "annulee"])
@pytest.mark.parametrize("type_", ["OrderCreationFailed", "StockReservationFailed"])
def test_F35_a_failure_when_there_is_or_was_a_sale_is_ignored(
    contexte: Contexte, voisins: Voisins, type_: str, vente: str
) -> None:
    evenement = reserve(contexte)
    reagir(order_creation.table(contexte), evenement)
    if vente == "annulee":  # by a person, and its stock is back
        voisins.ventes[evenement.cle]["statut"] = "annulee"
        voisins.annulees.add(evenement.cle)
        contexte.services.liberer(evenement.cle)
    attendus = voisins.stock[MAGASIN, PRODUITS[0]], voisins.ventes_actives()
    assert attendus == ((499, 1) if vente == "active" else (500, 0))
    egare = replace(evenement, id=identifiant_derive(evenement.id, "egare"), type=type_,
                    payload={**evenement.payload, "reason": "hors d'ordre"})  # fmt: skip
    assert reagir(stock_compensation.table(contexte), egare) == []
    assert (voisins.stock[MAGASIN, PRODUITS[0]], voisins.ventes_actives()) == attendus


def test_F35_a_failure_before_its_checkout_lets_nothing_be_taken_later(contexte: Contexte, voisins: Voisins) -> None:
    evenement = checkout()
    precoce = replace(exemple("OrderCreationFailed"), cle=evenement.cle,
                      payload={**exemple("OrderCreationFailed").payload, "checkout_id": evenement.cle})  # fmt: skip
    assert types(reagir(stock_compensation.table(contexte), precoce)) == ["CheckoutFailed"]
    (suite,) = reagir(stock_reservation.table(contexte), evenement)
    assert suite.type == "StockReservationFailed"
    assert types(reagir(stock_compensation.table(contexte), suite)) == ["CheckoutFailed"]
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500


# -- what they read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "type_"),
    [
        (stock_reservation.table, "CheckoutInitiated"),
        (order_creation.table, "StockReserved"),
        (stock_compensation.table, "OrderCreationFailed"),
        (stock_compensation.table, "StockReservationFailed"),
    ],
)
def test_every_published_example_is_understood(contexte: Contexte, voisins: Voisins, table: Any, type_: str) -> None:
    assert reagir(table(contexte), exemple(type_))


@pytest.mark.parametrize("champ", ["checkout_id", "client_id"])
@pytest.mark.parametrize("type_", ["StockReserved", "OrderCreationFailed"])
def test_F32_an_id_that_would_change_an_address_is_a_poison(
    contexte: Contexte, voisins: Voisins, champ: str, type_: str
) -> None:
    table = {"StockReserved": order_creation, "OrderCreationFailed": stock_compensation}[type_].table(contexte)
    bon = exemple(type_)
    faux = {**bon.payload, champ: "../../../labo/fautes"}
    with pytest.raises(ValueError, match="UUID"):
        table.reagir(replace(bon, cle=faux["checkout_id"], payload=faux))
    assert voisins.appels == []
