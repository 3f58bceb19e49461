"""Each rule of the checker holds on a sound story and fails on a planted flaw: one that cannot fail proves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos import invariants
from tests.chaos.acces import PERDUE
from tests.chaos.constats import Releve
from tests.chaos.histoires import CLIENT, HEURE, MAGASIN, P, Q, fait
from tests.chaos.rapport import Rapport

AUTRES_LIGNES = [{"produit_id": P, "quantite": 3, "prix_unitaire": 10.0}]
AILLEURS = b'{"checkout_id": "x"}'
DE_NOUVEAU = fait("STOCK_RESERVE_SUCCES", "STOCK_RESERVE", "STOCK_RESERVE")


def test_a_sound_story_has_no_violation(sain: Releve) -> None:
    assert invariants.verifier(sain) == []


Defaut = Callable[[Releve], object]


def _histoire(releve: Releve, rang: int) -> list[dict[str, Any]]:
    return releve.constats[rang].saga["historique_evenements"]  # type: ignore[index]


def _evenement(releve: Releve, rang: int, position: int) -> dict[str, Any]:
    return releve.constats[rang].evenements[position]  # type: ignore[return-value]


def _changer(releve: Releve, rang: int, **champs: Any) -> None:
    releve.constats[rang] = replace(releve.constats[rang], **champs)


def _vendre(releve: Releve, rang: int, **champs: Any) -> None:
    _changer(releve, rang, vente={**(releve.constats[rang].vente or {}), **champs})


DEFAUTS: dict[str, tuple[str, Defaut]] = {
    "a unit leaked": ("I1", lambda r: r.stocks.update({(P, MAGASIN): 5})),
    "a unit came from nowhere": ("I1", lambda r: r.stocks.update({(P, MAGASIN): 7})),
    "oversold": ("I1", lambda r: r.stocks.update({(P, MAGASIN): -1})),
    "sold without a reservation": ("I1", lambda r: _changer(r, 0, reservation=None)),
    "stock still held after the failure": ("I1", lambda r: r.constats[2].reservation.update(etat="RESERVEE")),
    "a success without a sale": ("I2", lambda r: _changer(r, 0, vente=None)),
    "a failure with a sale": ("I2", lambda r: _changer(r, 2, vente=r.constats[0].vente)),
    "another sale than the one announced": ("I2", lambda r: r.constats[0].detail.update(commande_id="autre")),
    "a sale with other lines": ("I2", lambda r: r.constats[1].vente.update(lignes=AUTRES_LIGNES)),
    "a line lost between cart and checkout": (
        "I2",
        lambda r: r.paniers.update({CLIENT.format(3): Counter({P: 2})}),
    ),
    "lines back in the cart of a sold checkout": (
        "I2",
        lambda r: r.paniers.update({CLIENT.format(0): Counter({P: 2, Q: 1})}),
    ),
    "a checkout that never ends": ("I3", lambda r: r.constats[3].detail.update(statut="en_cours")),
    "a step done twice": ("I4", lambda r: _histoire(r, 0).insert(4, DE_NOUVEAU)),
    "an illegal transition": ("I4", lambda r: _histoire(r, 0).__delitem__(slice(1, 4))),
    "a broken chain": ("I4", lambda r: _histoire(r, 0).__delitem__(1)),
    "an action that was not undone": ("I4", lambda r: _histoire(r, 2).__delitem__(8)),
    "compensation in forward order": (
        "I4",
        lambda r: _histoire(r, 2).__setitem__(slice(7, 9), _histoire(r, 2)[7:9][::-1]),
    ),
    "a compensation done twice": ("I4", lambda r: _histoire(r, 2).insert(8, _histoire(r, 2)[7])),
    "saga and checkout disagree": ("I4", lambda r: r.constats[2].saga.update(etat_actuel="SAGA_TERMINEE")),
    "stock given back before the sale was cancelled": (
        "I4",
        lambda r: _changer(
            r, 2, vente=r.constats[0].vente | {"statut": "annulee", "date_annulation": HEURE.format(6)}
        ),
    ),
    "stock given back of a sold checkout": (
        "I4",
        lambda r: r.constats[1].reservation.update(etat="LIBEREE", date_liberation=HEURE.format(5)),
    ),
    "an event twice": ("I5", lambda r: r.constats[1].rejeu["events"].append(_evenement(r, 1, 3) | {"id": "z"})),
    "two opposite ends": ("I5", lambda r: r.constats[1].rejeu["events"].append(_evenement(r, 3, 4))),
    "an event id in two checkouts": ("I5", lambda r: _evenement(r, 1, 0).update(id="e3-1")),
    "an event before its cause": (
        "I5",
        lambda r: r.constats[1].rejeu.update(events=r.constats[1].rejeu["events"][::-1]),
    ),
    "an outcome never announced": ("I5", lambda r: r.constats[0].rejeu.update(events=[])),
    "the replay and the checkout disagree": ("I5", lambda r: r.constats[1].rejeu.update(status="failed")),
    "stock announced as released and still held": (
        "I5",
        lambda r: r.constats[3].reservation.update(etat="RESERVEE"),
    ),
    "a sale refused for no reason": ("I7", lambda r: r.constats[2].detail.update(code="stock_insuffisant")),
    "a technical failure in calm": ("I7", lambda r: setattr(r.achats[2], "calme", True)),
    "a twin sold at another price": ("I7", lambda r: _vendre(r, 1, total=30.0)),
    "a twin charged another total": ("I7", lambda r: r.constats[1].detail.update(total=32.5)),
    "a twin sold in another shop": ("I7", lambda r: _vendre(r, 0, magasin_id="ailleurs")),
    "a 202 whose checkout is unknown": ("I8", lambda r: setattr(r.achats[0].echanges[0], "octets", AILLEURS)),
    "an answer that did not last": (
        "I8",
        lambda r: setattr(r.achats[3].echanges[0], "octets", b'{"checkout_id": "checkout-3", "statut": "finalise"}'),
    ),
    "two answers under one key": (
        "I8",
        lambda r: r.achats[0].noter(replace(r.achats[0].echanges[0], octets=b'{"checkout_id": "checkout-0"}')),
    ),
    "another body accepted under the key": (
        "I8",
        lambda r: r.achats[0].noter(replace(r.achats[0].echanges[0], corps={"notes": "autre"})),
    ),
    "an internal error": ("I8", lambda r: r.achats[0].noter(replace(r.achats[0].echanges[0], statut=500))),
    "a traceback": (
        "I8",
        lambda r: r.achats[0].noter(replace(r.achats[0].echanges[0], statut=503, octets=b"Traceback (most")),
    ),
    "a lost correlation id": ("I9", lambda r: r.constats[0].detail.update(correlation_id="autre")),
    "an event with another correlation id": ("I9", lambda r: _evenement(r, 1, 2).update(correlation_id="autre")),
    "an answer with another correlation id": (
        "I9",
        lambda r: setattr(r.achats[0].echanges[0], "entetes", {"X-Correlation-ID": "autre"}),
    ),
    "personal data in an event": ("I9", lambda r: _evenement(r, 1, 0)["payload"].update(nom="SENTINELLE1")),
}  # fmt: skip


@pytest.mark.parametrize("nom", DEFAUTS)
def test_a_planted_flaw_is_seen(nom: str, sain: Releve) -> None:
    invariant, planter = DEFAUTS[nom]
    planter(sain)
    assert invariant in {violation.invariant for violation in invariants.verifier(sain)}


EFFACES = {"sold without a reservation": {"inventaire"}}
"""Flaws that leave one side with nothing to tell."""


@pytest.mark.parametrize("nom", DEFAUTS)
def test_every_violation_is_told_from_both_sides(nom: str, sain: Releve) -> None:
    invariant, planter = DEFAUTS[nom]
    planter(sain)
    trouvees = [v for v in invariants.verifier(sain) if v.invariant == invariant]
    for violation in Rapport(graine=1, releve=sain, violations=trouvees, duree_s=1.0, repos_s=1.0).json()["violations"]:
        assert violation["recits"], violation
        for recit in violation["recits"]:
            orchestre = {"saga"} if recit["style"] == "orchestre" else set()
            recits = {m["cote"] for m in recit["moments"] if not m["texte"].startswith("état lu")}
            assert {"client", "ecommerce", "inventaire"} | orchestre <= recits | EFFACES.get(nom, set()), violation
            etats = {m["cote"] for m in recit["moments"] if m["texte"].startswith("état lu")}
            assert {"ecommerce", "event-store", "inventaire", "commandes"} | orchestre == etats


def test_I7_twins_of_other_inputs_or_of_which_one_failed_are_not_compared(sain: Releve) -> None:
    _vendre(sain, 1, total=30.0)
    sain.constats[1] = replace(sain.constats[1], detail=sain.constats[1].detail | {"produits": []})
    assert "I7" not in {v.invariant for v in invariants.verifier(sain)}
    sain.constats[1] = replace(sain.constats[3], achat=sain.achats[1])
    assert "I7" not in {v.invariant for v in invariants.verifier(sain)}


def test_a_second_success_under_one_client_is_seen(sain: Releve) -> None:
    sain.constats.append(replace(sain.constats[0], id="checkout-9"))
    assert "2 checkouts réussis" in " ".join(v.texte for v in invariants.verifier(sain))


def test_an_uncertain_cart_and_a_lost_answer_prove_nothing(sain: Releve) -> None:
    sain.paniers[CLIENT.format(3)] = Counter()
    sain.achats[3].incertain = True
    sain.achats[3].noter(replace(sain.achats[3].echanges[0], statut=PERDUE, octets=b"", entetes={}))
    assert invariants.verifier(sain) == []
