"""The workers' dead letters, in their own database; this service only lists them and moves them between states.

Layout of `lettres_mortes` there (its owner is the workers' database): id uuid primary key, groupe text, stream text,
event_id uuid, type text, checkout_id uuid, position_stream text, cause text, essais int, evenement jsonb,
etat text (en_attente | relancee | abandonnee), cree_le timestamptz, modifie_le timestamptz.
A letter in `relancee` is delivered again by the workers' relay, in the order of its checkout.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg2

from event_store.infrastructure.base import Base, BaseIndisponible

_COLONNES = (
    "id::text, groupe, stream, event_id::text, type, checkout_id::text, position_stream, cause, essais, etat,"
    " cree_le, modifie_le"
)
_NOMS = tuple(colonne.strip().removesuffix("::text") for colonne in _COLONNES.split(","))


class LettresMortesPostgres:
    """Port `LettresMortes`."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def lister(self, filtres: Mapping[str, Any], *, debut: int, nombre: int) -> tuple[list[dict[str, Any]], int]:
        # Filter names come from the table of routes; values are parameters.
        conditions = " AND ".join(["true", *(f"{champ} = %({champ})s" for champ in filtres)])
        lignes = self._executer(
            f"SELECT count(*) OVER (), {_COLONNES} FROM lettres_mortes WHERE {conditions}"  # noqa: S608
            " ORDER BY cree_le, id LIMIT %(nombre)s OFFSET %(debut)s",
            {**filtres, "nombre": nombre, "debut": debut},
        )
        if not lignes and debut:
            return [], self._executer(f"SELECT count(*) FROM lettres_mortes WHERE {conditions}", filtres)[0][0]  # noqa: S608
        return [dict(zip(_NOMS, ligne[1:], strict=True)) for ligne in lignes], lignes[0][0] if lignes else 0

    def lire(self, identifiant: UUID) -> dict[str, Any] | None:
        lignes = self._executer(
            f"SELECT {_COLONNES}, evenement FROM lettres_mortes WHERE id = %(id)s::uuid",  # noqa: S608
            {"id": str(identifiant)},
        )
        return dict(zip((*_NOMS, "evenement"), lignes[0], strict=True)) if lignes else None

    def changer(self, identifiant: UUID, etat: str, motif: str | None = None) -> dict[str, Any] | None:
        self._executer(
            "UPDATE lettres_mortes SET etat = %(etat)s, modifie_le = clock_timestamp(),"
            " cause = cause || coalesce(E'\\nabandon : ' || %(motif)s, '')"
            " WHERE id = %(id)s::uuid AND etat = 'en_attente' RETURNING 1",
            {"id": str(identifiant), "etat": etat, "motif": motif},
        )
        return self.lire(identifiant)

    def _executer(self, requete: str, valeurs: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with self._base.curseur() as curseur:
            try:
                curseur.execute(requete, valeurs)
            except psycopg2.errors.UndefinedTable:
                raise BaseIndisponible("La base des travailleurs n'est pas encore préparée.") from None
            return curseur.fetchall()
