"""Each rule of the checker holds on a sound story and fails on a planted flaw: one that cannot fail proves nothing."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos import invariants
from tests.chaos.acces import PERDUE, Echange
from tests.chaos.achats import Achat, Rayon
from tests.chaos.chronologie import de_l_achat, du_constat
from tests.chaos.constats import Constat, Releve

P, Q, MAGASIN = "p", "q", "m"
HEURE = "2026-11-21T08:00:0{}+00:00"
AILLEURS = b'{"checkout_id": "x"}'
CLIENT, VENTE = "client-{}", "vente-{}"


def _fait(type_: str, avant: str, apres: str, **donnees: str) -> dict[str, Any]:
    return {"type": type_, "etat_precedent": avant, "nouvel_etat": apres, "message": "", "donnees": donnees}


REUSSIE = [
    _fait("SAGA_DEMARRE", "EN_ATTENTE", "VERIFICATION_STOCK"),
    _fait("STOCK_VERIFIE_SUCCES", "VERIFICATION_STOCK", "STOCK_VERIFIE"),
    _fait("ETAPE_DEMARREE", "STOCK_VERIFIE", "RESERVATION_STOCK"),
    _fait("STOCK_RESERVE_SUCCES", "RESERVATION_STOCK", "STOCK_RESERVE"),
    _fait("ETAPE_DEMARREE", "STOCK_RESERVE", "CREATION_COMMANDE"),
    _fait("COMMANDE_CREEE_SUCCES", "CREATION_COMMANDE", "COMMANDE_CREEE"),
    _fait("SAGA_TERMINEE_SUCCES", "COMMANDE_CREEE", "SAGA_TERMINEE"),
]
DE_NOUVEAU = _fait("STOCK_RESERVE_SUCCES", "STOCK_RESERVE", "STOCK_RESERVE")
COMPENSEE = [
    *REUSSIE[:5],
    _fait("COMMANDE_CREEE_ECHEC", "CREATION_COMMANDE", "ECHEC_CREATION_COMMANDE"),
    _fait("COMPENSATION_DEMANDEE", "ECHEC_CREATION_COMMANDE", "COMPENSATION_EN_COURS"),
    _fait("COMPENSATION_EFFECTUEE", "COMPENSATION_EN_COURS", "COMPENSATION_EN_COURS", etape="creation_commande"),
    _fait("COMPENSATION_EFFECTUEE", "COMPENSATION_EN_COURS", "COMPENSATION_EN_COURS", etape="reservation_stock"),
    _fait("COMPENSATION_TERMINEE", "COMPENSATION_EN_COURS", "SAGA_ANNULEE"),
]
SUITES = {
    "vendu": ["CheckoutInitiated", "StockReserved", "OrderCreated", "CheckoutSucceeded"],
    "compense": ["CheckoutInitiated", "StockReserved", "OrderCreationFailed", "StockReleased", "CheckoutFailed"],
}


def _evenements(numero: int, types: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"e{numero}-{rang}",
            "type": type_,
            "position": 10 * numero + rang,
            "position_checkout": rang,
            "causation_id": f"e{numero}-{rang - 1}",
            "correlation_id": f"c{numero}",
            "source": "x",
            "ts": 1.0,
            "payload": {},
        }
        for rang, type_ in enumerate(types, start=1)
    ]


def _raconter(numero: int, style: str, issue: str) -> tuple[Achat, Constat]:
    """One purchase of two units of P and one of Q that sold, or was compensated after the reservation."""
    vendu = issue == "vendu"
    produits = [{"produit_id": P, "quantite": 2}, {"produit_id": Q, "quantite": 1}]
    achat = Achat(
        numero=numero, style=style, conduite="simple", magasin_id=MAGASIN, lignes={P: 2, Q: 1}, attendu="vendu",
        client_id=CLIENT.format(numero), panier=Counter({P: 2, Q: 1}), sentinelle=f"Sentinelle{numero}", cle="k",
    )  # type: ignore[arg-type]  # fmt: skip
    checkout = f"checkout-{numero}"
    corps = f'{{"checkout_id": "{checkout}", "statut": "initie"}}'.encode()
    achat.noter(
        Echange(
            methode="POST", chemin=achat.chemin, corps=achat.corps, cle="k", correlation=f"c{numero}", statut=202,
            octets=corps, entetes={"X-Correlation-ID": f"c{numero}"}, debut=1.0, fin=2.0,
        )
    )  # fmt: skip
    detail = {
        "statut": "finalise" if vendu else "echec", "produits": produits, "date_creation": HEURE.format(0),
        "commande_id": VENTE.format(numero) if vendu else None, "code": "" if vendu else "service_indisponible",
        "correlation_id": f"c{numero}", "historique": [],
    }  # fmt: skip
    vente = {
        "id": VENTE.format(numero), "statut": "active", "client_id": achat.client_id, "lignes": produits,
        "date_vente": HEURE.format(2), "date_annulation": None,
    }  # fmt: skip
    reservation = {
        "etat": "RESERVEE" if vendu else "LIBEREE", "magasin_id": MAGASIN, "lignes": produits,
        "date_creation": HEURE.format(1), "date_liberation": None if vendu else HEURE.format(5),
    }  # fmt: skip
    saga = {
        "etat_actuel": "SAGA_TERMINEE" if vendu else "SAGA_ANNULEE",
        "historique_evenements": copy.deepcopy(REUSSIE if vendu else COMPENSEE),
    }
    types = SUITES[issue] if style == "choreo" else SUITES["vendu"][2:] if vendu else ["CheckoutFailed"]
    rejeu = {"status": "succeeded" if vendu else "failed", "events": _evenements(numero, types)}
    constat = Constat(
        achat=achat, id=checkout, detail=detail, vente=vente if vendu else None, reservation=reservation,
        saga=saga if style == "orchestre" else None, rejeu=rejeu,
    )  # fmt: skip
    return achat, constat


@pytest.fixture
def sain() -> Releve:
    """One purchase of each style that sold, one of each that was compensated."""
    recits = [
        _raconter(numero, style, issue)
        for numero, (style, issue) in enumerate(
            [("orchestre", "vendu"), ("choreo", "vendu"), ("orchestre", "compense"), ("choreo", "compense")]
        )
    ]
    releve = Releve(
        achats=[achat for achat, _ in recits],
        rayon=Rayon(initial={(P, MAGASIN): 10, (Q, MAGASIN): 10}, abondants=[P, Q], rares=[]),
        constats=[constat for _, constat in recits],
        stocks={(P, MAGASIN): 6, (Q, MAGASIN): 8},
    )
    for constat in releve.constats:
        vendu = constat.statut == "finalise"
        releve.paniers[constat.achat.client_id] = Counter() if vendu else Counter({P: 2, Q: 1})
    return releve


def test_a_sound_story_has_no_violation(sain: Releve) -> None:
    assert invariants.verifier(sain) == []


Defaut = Callable[[Releve], object]


def _histoire(releve: Releve, rang: int) -> list[dict[str, Any]]:
    return releve.constats[rang].saga["historique_evenements"]  # type: ignore[index]


def _evenement(releve: Releve, rang: int, position: int) -> dict[str, Any]:
    return releve.constats[rang].evenements[position]  # type: ignore[return-value]


def _changer(releve: Releve, rang: int, **champs: Any) -> None:
    releve.constats[rang] = replace(releve.constats[rang], **champs)


DEFAUTS: dict[str, tuple[str, Defaut]] = {
    "a unit leaked": ("I1", lambda r: r.stocks.update({(P, MAGASIN): 5})),
    "a unit came from nowhere": ("I1", lambda r: r.stocks.update({(P, MAGASIN): 7})),
    "oversold": ("I1", lambda r: r.stocks.update({(P, MAGASIN): -1})),
    "sold without a reservation": ("I1", lambda r: _changer(r, 0, reservation=None)),
    "stock still held after the failure": ("I1", lambda r: r.constats[2].reservation.update(etat="RESERVEE")),
    "a success without a sale": ("I2", lambda r: _changer(r, 0, vente=None)),
    "a failure with a sale": ("I2", lambda r: _changer(r, 2, vente=r.constats[0].vente)),
    "another sale than the one announced": ("I2", lambda r: r.constats[0].detail.update(commande_id="autre")),
    "a sale with other lines": ("I2", lambda r: r.constats[1].vente.update(lignes=[{"produit_id": P, "quantite": 3}])),
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


def test_a_second_success_under_one_client_is_seen(sain: Releve) -> None:
    sain.constats.append(replace(sain.constats[0], id="checkout-9"))
    assert "2 checkouts réussis" in " ".join(v.texte for v in invariants.verifier(sain))


def test_an_uncertain_cart_and_a_lost_answer_prove_nothing(sain: Releve) -> None:
    sain.paniers[CLIENT.format(3)] = Counter()
    sain.achats[3].incertain = True
    sain.achats[3].noter(replace(sain.achats[3].echanges[0], statut=PERDUE, octets=b"", entetes={}))
    assert invariants.verifier(sain) == []


def test_the_timeline_shows_both_sides_in_order(sain: Releve) -> None:
    client = [moment.texte for moment in de_l_achat(sain.achats[2])]
    assert [texte[:4] for texte in client] == ["POST", "← 20"]
    service = du_constat(sain.constats[2])
    assert service == sorted(service)
    assert [m.texte for m in service if m.cote == "inventaire"] == ["réservation", "libération"]
    assert sum(m.cote == "event-store" for m in service) == 1
