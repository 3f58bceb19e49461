"""The dead letters of every group of the stream, in the databases of the services whose programs consume it.

This service enters them as itself and may do there what `socle.evenements.lettres_mortes.confier` grants: list the
letters and move them between states. A letter in `relancee` is taken by its own group, in the order of its checkout.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from psycopg2.errors import InsufficientPrivilege, UndefinedTable

from event_store.infrastructure.base import Base
from socle.evenements import lettres_mortes
from socle.reponses import BaseIndisponible

T = TypeVar("T")


class LettresMortesPostgres:
    """Port `LettresMortes`. Operators come rarely: no session stays open after an operation."""

    def __init__(self, bases: Sequence[Base]) -> None:
        self._bases = tuple(bases)

    def lister(self, filtres: Mapping[str, Any], *, debut: int, nombre: int) -> tuple[list[dict[str, Any]], int]:
        lignes: list[dict[str, Any]] = []
        total = 0
        for base in self._bases:
            page, combien = _dans(base, lambda c: lettres_mortes.lister(c, **filtres, nombre=debut + nombre))
            lignes += page
            total += combien
        lignes.sort(key=lambda lettre: (lettre["cree_le"], lettre["id"]))
        return lignes[debut : debut + nombre], total

    def lire(self, identifiant: UUID) -> dict[str, Any] | None:
        return self._ou_elle_est(identifiant, lambda _: None)

    def relancer(self, identifiant: UUID) -> dict[str, Any] | None:
        return self._ou_elle_est(identifiant, lambda curseur: lettres_mortes.relancer(curseur, str(identifiant)))

    def abandonner(self, identifiant: UUID, motif: str) -> dict[str, Any] | None:
        return self._ou_elle_est(
            identifiant, lambda curseur: lettres_mortes.abandonner(curseur, str(identifiant), motif)
        )

    def _ou_elle_est(self, identifiant: UUID, agir: Callable[[Any], object]) -> dict[str, Any] | None:
        """The letter after `agir`, read in the same transaction: its group has not moved it in between."""

        def essayer(curseur: Any) -> dict[str, Any] | None:
            agir(curseur)
            return lettres_mortes.lire(curseur, str(identifiant))

        return next((lettre for base in self._bases if (lettre := _dans(base, essayer)) is not None), None)


def _dans(base: Base, action: Callable[[Any], T]) -> T:
    try:
        with base.transaction() as curseur:
            return action(curseur)
    except (UndefinedTable, InsufficientPrivilege) as cause:
        raise BaseIndisponible(f"Les lettres mortes de {base.acces.base} ne sont pas encore accessibles.") from cause
    finally:
        base.fermer()
