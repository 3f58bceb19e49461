"""What the services behind the console answer about a few sagas, in the shapes of their own documents."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.voisins import Appel, Passerelle

CLIENT = "12345678-1234-1234-1234-123456789012"
PRODUIT = "550e8400-e29b-41d4-a716-446655440001"
DEBUT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def identifiant(nom: str) -> str:
    """The same id for the same name, whatever the test."""
    return str(uuid.uuid5(uuid.UUID(int=5), nom))


def quand(secondes: float) -> str:
    return (DEBUT + timedelta(seconds=secondes)).isoformat()


def ligne_orchestree(rang: int, etat: str = "SAGA_TERMINEE", **suite: Any) -> dict[str, Any]:
    return {
        "saga_id": identifiant(f"orchestre-{rang}"), "client_id": CLIENT, "magasin_id": CLIENT, "etat_actuel": etat,
        "est_terminee": True, "montant_total": 89.99, "commande_finale_id": identifiant(f"vente-{rang}"),
        "date_creation": quand(-2 * rang), "derniere_modification": quand(-2 * rang),
        "date_fin": quand(-2 * rang + 0.05),
        "correlation_id": f"corr-{rang}", "reponse_statut": 201, "echec": None, "attend": None, **suite,
    }  # fmt: skip


def ligne_choreo(rang: int, statut: str = "finalise", **suite: Any) -> dict[str, Any]:
    ouvert = statut in ("initie", "en_cours")
    return {
        "checkout_id": identifiant(f"choreo-{rang}"), "saga_id": identifiant(f"choreo-{rang}"), "commande_id": None,
        "statut": statut, "style": "choreo", "client_id": CLIENT, "magasin_id": CLIENT, "nombre_articles": 1,
        "total": None, "motif": "", "code": "", "date_creation": quand(-2 * rang - 1), "date_modification": quand(0),
        "date_conclusion": None if ouvert else quand(-2 * rang - 0.9), "statut_url": "/x/",
        "correlation_id": f"corr-c{rang}", "conclu_par": "" if ouvert else "evenement", "suivis": 2 if ouvert else 0,
        "prochain_suivi": quand(5) if ouvert else None, **suite,
    }  # fmt: skip


def plie(checkout_id: str, **suite: Any) -> dict[str, Any]:
    return {
        "checkout_id": checkout_id, "client_id": CLIENT, "magasin_id": None, "style": "choreo", "statut": "initiated",
        "stock_reserved": False, "stock_released": False, "commande_id": None, "reason": None, "debut_ts": 1.0,
        "fin_ts": None, "evenements": 1, "position": 1, **suite,
    }  # fmt: skip


def lettre(checkout_id: str, **suite: Any) -> dict[str, Any]:
    return {
        "id": identifiant(f"lettre-{checkout_id}"), "groupe": "choreo-order", "stream": "s",
        "event_id": identifiant("StockReserved"), "type": "StockReserved", "checkout_id": checkout_id,
        "position_stream": "1-0", "cause": "champ panier absent", "essais": 5, "etat": "en_attente", "motif": "",
        "cree_le": quand(2), "modifie_le": quand(2), **suite,
    }  # fmt: skip


def evenement(nom: str, secondes: float, cause: str | None, source: str, **payload: Any) -> dict[str, Any]:
    return {
        "id": identifiant(nom), "type": nom, "ts": (DEBUT + timedelta(seconds=secondes)).timestamp(), "v": 1,
        "payload": {"client_id": CLIENT, **payload}, "causation_id": cause and identifiant(cause), "source": source,
        "correlation_id": "corr-c1", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "position": 1,
    }  # fmt: skip


def rejeu(checkout_id: str, *evenements: dict[str, Any]) -> dict[str, Any]:
    types = {e["type"] for e in evenements}
    return {
        "checkout_id": checkout_id, "status": "initiated", "style": "choreo", "client_id": CLIENT,
        "stock_reserved": "StockReserved" in types, "stock_released": "StockReleased" in types,
        "commande_id": None, "reason": None, "events": list(evenements),
    }  # fmt: skip


def entree(numero: int, type_: str, etat: str, message: str, **donnees: Any) -> dict[str, Any]:
    return {
        "type": type_, "etat_precedent": etat, "nouvel_etat": etat, "message": message,
        "timestamp": quand(numero / 100), "donnees": donnees, "id": identifiant(f"entree-{numero}"),
        "causation_id": identifiant("orchestre-1") if numero == 1 else identifiant(f"entree-{numero - 1}"),
    }  # fmt: skip


def saga_bloquee() -> dict[str, Any]:
    """An orchestrated saga that waits for an operator: its release failed as often as it may."""
    return {
        **ligne_orchestree(1, "INTERVENTION_REQUISE"), "est_terminee": False, "commande_finale_id": None,
        "date_fin": None, "reponse_statut": None, "version_definition": 1, "donnees_contexte": {},
        "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
        "lignes_commande": [{"produit_id": PRODUIT, "quantite": 2, "produit_nom": "Clavier <b>mécanique</b>"}],
        "etapes": [
            {"nom": "verification_stock", "duree_secondes": 0.003, "tentatives": 1},
            {"nom": "reservation_stock", "duree_secondes": 0.004, "tentatives": 1},
            {"nom": "creation_commande", "duree_secondes": 1.2, "tentatives": 4},
        ],
        "attend": {
            "quoi": "opérateur (compensation de reservation_stock)", "tentatives": 30, "prochain_essai": None,
            "derniere_erreur": "Le service inventaire ne répond pas (HTTP 503).", "proprietaire": None,
            "bail_expire": None,
        },
        "historique_evenements": [
            entree(1, "SAGA_DEMARRE", "VERIFICATION_STOCK", "Saga démarrée.", etape="verification_stock"),
            entree(2, "STOCK_VERIFIE_SUCCES", "STOCK_VERIFIE", "Vérifié.", etape="verification_stock"),
            entree(3, "STOCK_RESERVE_SUCCES", "STOCK_RESERVE", "Réservé.", etape="reservation_stock"),
            entree(4, "NOUVEL_ESSAI", "CREATION_COMMANDE", "HTTP 502.", etape="creation_commande", tentative=1),
            entree(5, "COMMANDE_CREEE_ECHEC", "ECHEC_CREATION_COMMANDE", "HTTP 502.", etape="creation_commande"),
            entree(6, "COMPENSATION_DEMANDEE", "COMPENSATION_EN_COURS", "HTTP 502.", cause="technique"),
            entree(7, "INTERVENTION_REQUISE", "INTERVENTION_REQUISE", "HTTP 503.", etape="reservation_stock"),
        ],
    }  # fmt: skip


def remplir(passerelle: Passerelle, *, orchestrees: int = 25, choreos: int = 26, ouvertes: int = 5) -> None:
    """A list: `orchestrees` and `choreos` sagas in turn, `ouvertes` of the latter still open."""
    sagas = [ligne_orchestree(rang) for rang in range(1, orchestrees + 1)]
    checkouts = [ligne_choreo(rang, "initie" if rang <= ouvertes else "finalise") for rang in range(1, choreos + 1)]
    plies = [plie(c["checkout_id"], stock_reserved=True) for c in checkouts[:ouvertes]]
    passerelle.dire("GET", "/api/saga/sagas/", (200, {"sagas": sagas, "total": None}))
    passerelle.dire("GET", "/api/ecommerce/commandes/checkouts/", _selon_le_style(checkouts))
    passerelle.dire("GET", "/api/event-store/cqrs/checkouts", (200, {"checkouts": plies, "total": len(plies)}))
    passerelle.dire("GET", "/api/event-store/lettres-mortes", (200, {"lettres_mortes": [], "total": 0}))


def _selon_le_style(checkouts: list[dict[str, Any]]) -> Any:
    def repondre(appel: Appel) -> tuple[int, Any]:
        if appel.params.get("style") == "orchestre":
            vus = [{**ligne_choreo(99, "en_cours"), "style": "orchestre"}]
        else:
            ids = appel.params.get("ids")
            vus = [c for c in checkouts if ids is None or c["checkout_id"] in ids.split(",")]
        return 200, {"checkouts": vus, "total": None}

    return repondre


def dire_la_bloquee(passerelle: Passerelle) -> str:
    """The services know the blocked saga; its id."""
    saga = saga_bloquee()
    saga_id = str(saga["saga_id"])
    passerelle.dire("GET", f"/api/saga/commandes/{saga_id}/", (200, saga))
    passerelle.dire("GET", "/api/ecommerce/commandes/checkouts/", (200, {"checkouts": []}))
    passerelle.dire("GET", "/api/event-store/lettres-mortes", (200, {"lettres_mortes": []}))
    passerelle.dire("GET", f"/api/inventaire/reservations/{saga_id}/", (200, {"etat": "RESERVEE"}))
    return saga_id


def dire_la_choreo(passerelle: Passerelle, *lettres: dict[str, Any]) -> str:
    """The services know an open choreographed checkout whose event is a dead letter; its id."""
    checkout = ligne_choreo(1, "initie")
    checkout_id = str(checkout["checkout_id"])
    passerelle.dire("GET", "/api/ecommerce/commandes/checkouts/", (200, {"checkouts": [checkout]}))
    passerelle.dire(
        "GET",
        f"/api/event-store/replay/checkout/{checkout_id}",
        (
            200,
            rejeu(
                checkout_id,
                evenement("CheckoutInitiated", 0.1, None, "ecommerce", panier={"produits": [
                    {"produit_id": PRODUIT, "nom_produit": "Clavier", "quantite": 1}]}),
                evenement("StockReserved", 0.2, "CheckoutInitiated", "stock-reservation"),
            ),
        ),
    )  # fmt: skip
    passerelle.dire("GET", "/api/event-store/lettres-mortes", (200, {"lettres_mortes": list(lettres)}))
    return checkout_id
