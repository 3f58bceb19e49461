"""Dead letters: what could not be processed, and what an operator decides about it."""

from typing import Any
from uuid import UUID

from event_store.application.ports import LettresMortes
from event_store.domain.erreurs import LettreClose, LettreInconnue


def lister(lettres: LettresMortes, filtres: dict[str, Any], *, page: int, taille: int) -> dict[str, Any]:
    """One page in the order of arrival."""
    lignes, total = lettres.lister(filtres, debut=(page - 1) * taille, nombre=taille)
    return {"lettres_mortes": lignes, "total": total, "page": page, "page_size": taille}


def lire(lettres: LettresMortes, identifiant: UUID) -> dict[str, Any]:
    """One letter with its event. Raises `LettreInconnue`."""
    return _existante(lettres.lire(identifiant))


def relancer(lettres: LettresMortes, identifiant: UUID) -> dict[str, Any]:
    """Have it delivered again, in the order of its checkout; harmless twice, and when it has been processed (F32).

    Raises `LettreInconnue`, `LettreClose` for one that was dropped.
    """
    return _sauf(_existante(lettres.relancer(identifiant)), "abandonnee")


def abandonner(lettres: LettresMortes, identifiant: UUID, motif: str) -> dict[str, Any]:
    """Give it up, for a stated reason; harmless twice, the first reason stays.

    Raises `LettreInconnue`, `LettreClose` for one that has been processed.
    """
    return _sauf(_existante(lettres.abandonner(identifiant, motif)), "traitee")


def _existante(lettre: dict[str, Any] | None) -> dict[str, Any]:
    if lettre is None:
        raise LettreInconnue("Aucune lettre morte n'a cet identifiant.")
    return lettre


def _sauf(lettre: dict[str, Any], etat: str) -> dict[str, Any]:
    if lettre["etat"] == etat:
        raise LettreClose(f"Cette lettre est déjà « {etat} ».", extra={"etat": etat})
    return lettre
