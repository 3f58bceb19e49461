"""The whole causal chain of a checkout of either style, in its status and its replay (contract, sections 6 and 8)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.commun.monde import Monde, attendre, nouvel_id

FINIS = ("succeeded", "failed")

REUSSITE = {
    "orchestre": [
        "CHECKOUT_INITIE", "SAGA_DEMARRE", "STOCK_VERIFIE_SUCCES", "INFORMATIONS_PRODUITS_SUCCES", "ETAPE_DEMARREE",
        "STOCK_RESERVE_SUCCES", "ETAPE_DEMARREE", "COMMANDE_CREEE_SUCCES", "SAGA_TERMINEE_SUCCES", "CHECKOUT_FINALISE",
    ],
    "choreo": [
        "CHECKOUT_INITIE", "CheckoutInitiated", "StockReserved", "OrderCreated", "CheckoutSucceeded",
        "CHECKOUT_FINALISE",
    ],
}  # fmt: skip
ECHEC = {
    "orchestre": ["CHECKOUT_INITIE", "SAGA_DEMARRE", "STOCK_VERIFIE_ECHEC", "SAGA_ANNULEE", "CHECKOUT_ECHEC"],
    "choreo": ["CHECKOUT_INITIE", "CheckoutInitiated", "StockReservationFailed", "CheckoutFailed", "CHECKOUT_ECHEC"],
}
EVENEMENTS = {
    ("orchestre", True): [("OrderCreated", "checkout"), ("CheckoutSucceeded", "OrderCreated")],
    ("orchestre", False): [("CheckoutFailed", "checkout")],
    ("choreo", True): [
        ("CheckoutInitiated", None),
        ("StockReserved", "CheckoutInitiated"),
        ("OrderCreated", "StockReserved"),
        ("CheckoutSucceeded", "StockReserved"),
    ],
    ("choreo", False): [
        ("CheckoutInitiated", None),
        ("StockReservationFailed", "CheckoutInitiated"),
        ("CheckoutFailed", "StockReservationFailed"),
    ],
}
"""What the replay holds, each event with the type of its cause."""


def passer(monde: Monde, style: str, *, reussi: bool, correlation: str) -> tuple[str, str]:
    """A checkout of this style to its end and into the history; (client, checkout)."""
    produit = monde.nouveau_produit(en_ligne=5)
    client = monde.client_avec_panier((produit, 3))
    if not reussi:
        corps = {"produit_id": produit, "quantite": 4, "magasin_id": "550e8400-e29b-41d4-a716-446655440000"}
        monde.exiger("POST", "/api/inventaire/diminuer-stock/", corps)
    poster = monde.checkout if style == "orchestre" else monde.checkout_choreo
    checkout = poster(client, entetes={"X-Correlation-ID": correlation}).corps["checkout_id"]
    fini = ("finalise",) if reussi else ("echec",)
    attendre(lambda: monde.statut(client, checkout)["statut"] in fini, "fin du checkout", 20)
    attendre(lambda: monde.rejeu(checkout).get("status") in FINIS, "fin de l'histoire", 20)
    return client, checkout


def exiger_une_chaine(moments: Sequence[Mapping[str, Any]], racine: str | None) -> None:
    """Every cause stands earlier in the list, but for that of the first entry, which is `racine`."""
    assert moments[0]["causation_id"] == racine
    connus = {moments[0]["id"]}
    for moment in moments[1:]:
        assert moment["causation_id"] in connus, moment
        assert moment["id"] not in connus
        assert str(uuid.UUID(moment["id"])) == moment["id"]
        connus.add(moment["id"])


@pytest.mark.parametrize("reussi", [True, False], ids=["reussi", "rupture"])
@pytest.mark.parametrize("style", ["orchestre", "choreo"])
def test_status_and_replay_show_who_caused_what_under_one_correlation_id(
    style: str, reussi: bool, monde: Monde
) -> None:
    correlation = f"chaine-{nouvel_id()}"
    client, checkout = passer(monde, style, reussi=reussi, correlation=correlation)
    statut = monde.statut(client, checkout)
    histoire = statut["historique"]
    assert (statut["correlation_id"], statut["historique_complet"]) == (correlation, True)
    assert [moment["type"] for moment in histoire] == (REUSSITE if reussi else ECHEC)[style]
    assert {moment["correlation_id"] for moment in histoire} == {correlation}
    exiger_une_chaine(histoire, None)
    assert histoire[0]["id"] == checkout

    rejeu = monde.rejeu(checkout)
    assert (rejeu["style"], rejeu["status"]) == (style, "succeeded" if reussi else "failed")
    evenements = rejeu["events"]
    exiger_une_chaine(evenements, checkout if style == "orchestre" else None)
    types = {evenement["id"]: evenement["type"] for evenement in evenements} | {checkout: "checkout", None: None}
    assert [(e["type"], types[e["causation_id"]]) for e in evenements] == EVENEMENTS[style, reussi]
    assert {evenement["correlation_id"] for evenement in evenements} == {correlation}
    chaine = rejeu["causal_chain"]
    assert [(maillon["id"], maillon["causation_id"]) for maillon in chaine] == [
        (evenement["id"], evenement["causation_id"]) for evenement in evenements
    ]
    profondeurs = {None: -1, checkout: -1}
    for maillon in chaine:
        profondeurs[maillon["id"]] = profondeurs[maillon["causation_id"]] + 1
        assert maillon["profondeur"] == profondeurs[maillon["id"]]


@pytest.mark.parametrize("style", ["orchestre", "choreo"])
def test_the_replay_leads_to_the_rest_of_the_story(style: str, monde: Monde) -> None:
    """Orchestrated, the stream holds the outcome alone: the saga's own history is one link away, and has its root."""
    client, checkout = passer(monde, style, reussi=True, correlation=nouvel_id())
    rejeu = monde.rejeu(checkout)
    assert monde.statut(client, checkout)["follow"] == f"/api/event-store/replay/checkout/{checkout}"
    if style == "choreo":
        assert rejeu["historique_url"] is None
        return
    saga = monde.exiger("GET", rejeu["historique_url"])
    exiger_une_chaine(saga["historique_evenements"], checkout)
    assert rejeu["events"][0]["causation_id"] == saga["saga_id"] == checkout
