"""A sound story for the checker to judge: nothing is wrong in it until a test plants a flaw."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from tests.chaos.acces import Echange
from tests.chaos.achats import Achat, Rayon, Style
from tests.chaos.constats import Constat, Releve

P, Q, MAGASIN = "p", "q", "m"
HEURE = "2026-11-21T08:00:0{}+00:00"
CLIENT, VENTE = "client-{}", "vente-{}"


def fait(type_: str, avant: str, apres: str, **donnees: str) -> dict[str, Any]:
    """One entry of a saga's history."""
    return {
        "type": type_, "etat_precedent": avant, "nouvel_etat": apres, "message": "", "donnees": donnees,
        "timestamp": HEURE.format(1),
    }  # fmt: skip


REUSSIE = [
    fait("SAGA_DEMARRE", "EN_ATTENTE", "VERIFICATION_STOCK"),
    fait("STOCK_VERIFIE_SUCCES", "VERIFICATION_STOCK", "STOCK_VERIFIE"),
    fait("ETAPE_DEMARREE", "STOCK_VERIFIE", "RESERVATION_STOCK"),
    fait("STOCK_RESERVE_SUCCES", "RESERVATION_STOCK", "STOCK_RESERVE"),
    fait("ETAPE_DEMARREE", "STOCK_RESERVE", "CREATION_COMMANDE"),
    fait("COMMANDE_CREEE_SUCCES", "CREATION_COMMANDE", "COMMANDE_CREEE"),
    fait("SAGA_TERMINEE_SUCCES", "COMMANDE_CREEE", "SAGA_TERMINEE"),
]
COMPENSEE = [
    *REUSSIE[:5],
    fait("COMMANDE_CREEE_ECHEC", "CREATION_COMMANDE", "ECHEC_CREATION_COMMANDE"),
    fait("COMPENSATION_DEMANDEE", "ECHEC_CREATION_COMMANDE", "COMPENSATION_EN_COURS"),
    fait("COMPENSATION_EFFECTUEE", "COMPENSATION_EN_COURS", "COMPENSATION_EN_COURS", etape="creation_commande"),
    fait("COMPENSATION_EFFECTUEE", "COMPENSATION_EN_COURS", "COMPENSATION_EN_COURS", etape="reservation_stock"),
    fait("COMPENSATION_TERMINEE", "COMPENSATION_EN_COURS", "SAGA_ANNULEE"),
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


def raconter_un(numero: int, style: Style, issue: str) -> tuple[Achat, Constat]:
    """One purchase of two units of P and one of Q that sold, or was compensated after the reservation."""
    vendu = issue == "vendu"
    produits = [
        {"produit_id": P, "quantite": 2, "prix_unitaire": 10.0},
        {"produit_id": Q, "quantite": 1, "prix_unitaire": 12.5},
    ]
    achat = Achat(
        numero=numero, style=style, conduite="simple", magasin_id=MAGASIN, lignes={P: 2, Q: 1}, attendu="vendu",
        client_id=CLIENT.format(numero), panier=Counter({P: 2, Q: 1}), sentinelle=f"Sentinelle{numero}", cle="k",
    )  # fmt: skip
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
        "correlation_id": f"c{numero}", "total": 40.0, "historique": [
            {
                "horodatage": HEURE.format(0), "source": "ecommerce", "type": "CHECKOUT_INITIE", "etat": "initie",
                "message": "Le panier est fermé.",
            }
        ],
    }  # fmt: skip
    vente = {
        "id": VENTE.format(numero), "statut": "active", "client_id": achat.client_id, "lignes": produits,
        "magasin_id": MAGASIN, "total": 32.5,
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


def histoires() -> Releve:
    """Twins, one in each style, that sold; one purchase of each style that was compensated."""
    recits = [
        raconter_un(0, "orchestre", "vendu"),
        raconter_un(1, "choreo", "vendu"),
        raconter_un(2, "orchestre", "compense"),
        raconter_un(3, "choreo", "compense"),
    ]
    (premier, _), (second, _) = recits[:2]
    premier.jumeau, second.jumeau = second.numero, premier.numero
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
