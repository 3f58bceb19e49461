"""Read models: advance, rebuild, ask."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from event_store.application.ports import Avancement, Compensation, Miroir, Projections
from event_store.domain.erreurs import ProjectionInconnue

NOMS = ("checkouts", "orders-by-client")
LOT = 5000


def avancer(projections: Projections, miroir: Miroir, nom: str, nombre: int) -> dict[str, Any]:
    """Fold at most `nombre` new positions into one projection, in transactions of `LOT` positions.

    Idempotent: with nothing new, only the mirror is looked after. Raises `ProjectionInconnue`, `Indisponible`.
    """
    _exiger(nom)
    etat = _avancer(projections, nom, nombre)
    return {"projections": [montrer(etat)], "miroir": miroir.synchroniser()}


def avancer_toutes(projections: Projections, miroir: Miroir, nombre: int, attendus: Sequence[str]) -> dict[str, Any]:
    """The same for all of them; `absents` are those of the events `attendus` that are not folded into all yet.

    Whoever must not lose the last event asks again until it is not absent any more.
    """
    etats = [_avancer(projections, nom, nombre) for nom in NOMS]
    return {
        "projections": [montrer(etat) for etat in etats],
        "miroir": miroir.synchroniser(),
        "absents": projections.absents(attendus) if attendus else [],
    }


def _avancer(projections: Projections, nom: str, nombre: int) -> Avancement:
    etat = projections.avancer(nom, min(LOT, nombre))
    reste = nombre - LOT
    while reste > 0 and etat.position < etat.tete:
        etat = projections.avancer(nom, min(LOT, reste))
        reste -= LOT
    return etat


def reconstruire(projections: Projections, miroir: Miroir, nom: str) -> dict[str, Any]:
    """Fold the whole history again beside the model being served, then switch. `differences` counts the rows in which
    the two were unequal. Raises `ProjectionInconnue`, `ReconstructionEnCours`, `Indisponible`.
    """
    _exiger(nom)
    return {**projections.reconstruire(nom), "miroir": miroir.synchroniser()}


def etats(projections: Projections) -> dict[str, Any]:
    """Every projection with its lag."""
    return {"projections": [montrer(etat) for etat in projections.etats()]}


def mises_de_cote(projections: Projections, nom: str, nombre: int) -> dict[str, Any]:
    """Parked events. Raises `ProjectionInconnue`."""
    _exiger(nom)
    return {"projection": nom, "events": projections.mises_de_cote(nom, nombre)}


def commandes_du_client(projections: Projections, client_id: UUID) -> dict[str, Any]:
    """The orders of a client; zero of them for a client without any."""
    return projections.commandes_du_client(client_id) or {
        "client_id": str(client_id),
        "total_orders": 0,
        "last_order_id": None,
        "last_checkout_id": None,
        "last_update_ts": None,
    }


def checkouts(
    projections: Projections,
    filtres: dict[str, Any],
    *,
    depuis: Decimal | None,
    ids: Sequence[str] | None,
    compensation: Compensation | None,
    page: int,
    taille: int,
) -> dict[str, Any]:
    """One page of checkouts of both styles, newest first."""
    lignes, par_statut = projections.checkouts(
        filtres, depuis=depuis, ids=ids, compensation=compensation, debut=(page - 1) * taille, nombre=taille
    )
    total = sum(par_statut.values())
    return {"checkouts": lignes, "total": total, "par_statut": par_statut, "page": page, "page_size": taille}


def montrer(etat: Avancement) -> dict[str, Any]:
    """A projection as the API shows it; `retard` is in positions."""
    return {**asdict(etat), "retard": etat.tete - etat.position}


def _exiger(nom: str) -> None:
    if nom not in NOMS:
        raise ProjectionInconnue(f"Les projections sont : {', '.join(NOMS)}.")
