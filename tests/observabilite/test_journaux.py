"""What the running programs say in their logs of one checkout: every step and reaction, with its ids and its cost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.commun.monde import Monde, attendre, nouvel_id

# Groups that take one event at a time, by the program that runs them, and those that take batches.
SEULS = {"worker-stock-reservation": ["CheckoutInitiated"], "worker-order-creation": ["StockReserved"]}
PAR_LOT = {"worker-notification": "choreo-notification", "worker-audit": "choreo-audit"}
PAR_LOT |= {"worker-cqrs-projection": "choreo-cqrs"}


def lignes(monde: Monde, programme: str) -> list[dict[str, Any]]:
    """The whole lines that a program has written, as objects; every one of them must be one."""
    entieres = monde.journal(programme).split("\n")[:-1]
    return [json.loads(ligne) for ligne in entieres if ligne.startswith("{")]


@pytest.fixture
def achat(monde: Monde) -> tuple[str, str]:
    """A client with a cart, and the correlation id to check it out under."""
    return monde.client_avec_panier((monde.nouveau_produit(en_ligne=5), 1)), f"journal-{nouvel_id()}"


def test_I9_every_step_of_a_saga_is_a_line_with_its_ids_attempt_and_duration(
    monde: Monde, achat: tuple[str, str]
) -> None:
    client, correlation = achat
    reponse = monde.checkout(client, entetes={"X-Correlation-ID": correlation})
    assert reponse.statut == 201
    saga = reponse.corps["checkout_id"]

    def etapes() -> list[dict[str, Any]]:
        vues = lignes(monde, "saga-1") + lignes(monde, "saga-2")
        return [ligne for ligne in vues if ligne.get("saga_id") == saga and "etape" in ligne]

    attendre(lambda: len(etapes()) == 4, "les lignes des étapes", 20)
    champs = ("etape", "sens", "statut", "tentative", "correlation_id")
    assert [tuple(ligne[champ] for champ in champs) for ligne in etapes()] == [
        (etape, "action", "succes", 1, correlation)
        for etape in ("verification_stock", "informations_produits", "reservation_stock", "creation_commande")
    ]
    assert all(ligne["duree_ms"] > 0 for ligne in etapes())


def test_I9_every_reaction_to_a_checkout_is_a_line_with_its_ids_attempt_and_duration(
    monde: Monde, achat: tuple[str, str]
) -> None:
    client, correlation = achat
    checkout = monde.checkout_choreo(client, entetes={"X-Correlation-ID": correlation}).corps["checkout_id"]
    attendre(lambda: monde.statut(client, checkout)["statut"] == "finalise", "fin du checkout", 60)
    for programme, types in SEULS.items():

        def reactions(programme: str = programme) -> list[dict[str, Any]]:
            return [ligne for ligne in lignes(monde, programme) if ligne.get("checkout_id") == checkout]

        attendre(lambda: reactions()[-1:] != [] and reactions()[-1]["statut"] == "succes", programme, 20)
        vues = reactions()
        assert [ligne["message"].split()[0] for ligne in vues if ligne["statut"] == "succes"] == types
        assert [ligne["tentative"] for ligne in vues] == list(range(1, len(vues) + 1))
        assert all(ligne["correlation_id"] == correlation and ligne["duree_ms"] > 0 for ligne in vues)
    for programme, groupe in PAR_LOT.items():

        def lots(programme: str = programme) -> list[dict[str, Any]]:
            return [ligne for ligne in lignes(monde, programme) if checkout in ligne.get("checkouts", [])]

        attendre(lambda: any(ligne["statut"] == "succes" for ligne in lots()), programme, 30)
        for ligne in lots():
            assert (ligne["groupe"], ligne["tentative"] >= 1, ligne["duree_ms"] > 0) == (groupe, True, True)
            assert correlation in ligne["correlations"]
            assert len(ligne["checkouts"]) <= ligne["lot"] <= 100
