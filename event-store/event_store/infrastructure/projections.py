"""The read models in PostgreSQL. Guarantee: rows, parked events and position of a projection commit together (F37).

1. A live step holds the projection's row: two callers take turns, and each position is folded once.
2. A rebuild fills a new generation without that lock, then takes it for the few positions that arrived meanwhile and
   the switch; readers see the old generation until the switch commits.
3. A rebuild killed half-way leaves rows of a generation nobody serves; the next rebuild removes them.
"""

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor

from event_store.application.ports import Avancement, Compensation
from event_store.domain.erreurs import ReconstructionEnCours
from event_store.domain.evenements import TYPES, VERSION_COURANTE
from event_store.infrastructure.base import Base
from event_store.infrastructure.plis import MISES_DE_COTE, TABLES, pli
from socle import fautes

_DELAI_RECONSTRUCTION_MS = 600_000
_COMMANDES = ("client_id", "total_orders", "last_order_id", "last_checkout_id", "last_update_ts")
_CHECKOUTS = (
    "checkout_id", "client_id", "magasin_id", "style", "statut", "stock_reserved", "stock_released", "commande_id",
    "reason", "debut_ts", "fin_ts", "evenements", "position",
)  # fmt: skip
_COMPENSATIONS: dict[Compensation, str] = {
    "en_cours": "c.statut = 'initiated' AND c.reason IS NOT NULL",
    "faite": "c.stock_released",
}


class ProjectionsPostgres:
    """Port `Projections`."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def avancer(self, nom: str, nombre: int) -> Avancement:
        with self._base.transaction() as curseur:
            position, generation = _verrouiller(curseur, nom)
            tete = _tete(curseur)
            fin = min(position + nombre, tete)
            if fin > position:
                _plier(curseur, nom, generation, position, fin)
                fautes.point("event_store.projection.avant_position")
                _noter_position(curseur, nom, fin, generation)
            return Avancement(
                projection=nom,
                position=fin,
                tete=tete,
                generation=generation,
                mis_de_cote=_mis_de_cote(curseur, nom, generation),
            )

    def absents(self, ids: Sequence[str]) -> list[str]:
        with self._base.curseur() as curseur:
            curseur.execute(
                "SELECT d.id::text FROM unnest(%s::uuid[]) d(id) LEFT JOIN identifiants i USING (id)"
                " WHERE i.position IS NULL OR i.position > (SELECT min(position) FROM projections)",
                [list(ids)],
            )
            return [identifiant for (identifiant,) in curseur.fetchall()]

    def reconstruire(self, nom: str) -> dict[str, Any]:
        debut = time.monotonic()
        verrou = f"event-store:reconstruction:{nom}"
        with self._base.curseur() as curseur:
            curseur.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [verrou])
            if (curseur.fetchone() or (False,))[0] is not True:
                raise ReconstructionEnCours(f"La projection {nom} est déjà en reconstruction.")
        try:
            servie, position, differences = self._reconstruire(nom)
        finally:
            # A broken connection has released the lock itself.
            with self._base.curseur() as curseur:
                curseur.execute("SELECT pg_advisory_unlock(hashtext(%s))", [verrou])
        return {
            "projection": nom,
            "generation": servie,
            "position": position,
            "differences": differences,
            "duree_s": round(time.monotonic() - debut, 3),
        }

    def _reconstruire(self, nom: str) -> tuple[int, int, int]:
        with self._base.transaction(delai_ms=_DELAI_RECONSTRUCTION_MS) as curseur:
            curseur.execute(
                "UPDATE projections SET derniere_generation = derniere_generation + 1 WHERE nom = %s"
                " RETURNING generation, derniere_generation",
                [nom],
            )
            active, neuve = curseur.fetchone() or (0, 0)
            _nettoyer(curseur, nom, active)
        with self._base.transaction(delai_ms=_DELAI_RECONSTRUCTION_MS) as curseur:
            atteinte = _tete(curseur)
            _plier(curseur, nom, neuve, 0, atteinte)
        fautes.point("event_store.reconstruction.avant_bascule")
        with self._base.transaction(delai_ms=_DELAI_RECONSTRUCTION_MS) as curseur:
            position, ancienne = _verrouiller(curseur, nom)
            fin = _tete(curseur)
            _plier(curseur, nom, neuve, atteinte, fin)
            _plier(curseur, nom, ancienne, position, fin)
            differences = _differences(curseur, nom, ancienne, neuve)
            _noter_position(curseur, nom, fin, neuve)
        with self._base.transaction(delai_ms=_DELAI_RECONSTRUCTION_MS) as curseur:
            _nettoyer(curseur, nom, neuve)
        return neuve, fin, differences

    def etats(self) -> list[Avancement]:
        with self._base.curseur() as curseur:
            curseur.execute(
                "SELECT p.nom, p.position, c.position, p.generation,"
                " (SELECT count(*) FROM mises_de_cote m WHERE m.projection = p.nom AND m.generation = p.generation)"
                " FROM projections p, compteur c ORDER BY p.nom"
            )
            noms = ("projection", "position", "tete", "generation", "mis_de_cote")
            return [Avancement(**dict(zip(noms, ligne, strict=True))) for ligne in curseur.fetchall()]

    def mises_de_cote(self, nom: str, nombre: int) -> list[dict[str, Any]]:
        with self._base.curseur() as curseur:
            curseur.execute(
                "SELECT m.position, m.id::text, m.type, m.v FROM mises_de_cote m"
                " JOIN projections p ON p.nom = m.projection AND p.generation = m.generation"
                " WHERE p.nom = %s ORDER BY m.position LIMIT %s",
                [nom, nombre],
            )
            return [dict(zip(("position", "id", "type", "v"), ligne, strict=True)) for ligne in curseur.fetchall()]

    def commandes_du_client(self, client_id: UUID) -> dict[str, Any] | None:
        with self._base.curseur() as curseur:
            curseur.execute(
                "SELECT o.client_id::text, o.total_orders, o.last_order_id, o.last_checkout_id::text, o.last_update_ts"
                " FROM orders_by_client o JOIN projections p"
                " ON p.nom = 'orders-by-client' AND p.generation = o.generation WHERE o.client_id = %s::uuid",
                [str(client_id)],
            )
            ligne = curseur.fetchone()
        return dict(zip(_COMMANDES, ligne, strict=True)) if ligne else None

    def commandes_depuis(self, position: int) -> tuple[int, int, list[dict[str, Any]]]:
        with self._base.curseur() as curseur:
            curseur.execute(
                "SELECT p.generation, p.position, o.client_id::text, o.total_orders, o.last_order_id,"
                " o.last_checkout_id::text, o.last_update_ts"
                " FROM projections p LEFT JOIN orders_by_client o ON o.generation = p.generation AND o.position > %s"
                " WHERE p.nom = 'orders-by-client'",
                [position],
            )
            lignes = curseur.fetchall()
        rangs = [dict(zip(_COMMANDES, ligne[2:], strict=True)) for ligne in lignes if ligne[2] is not None]
        return lignes[0][0], lignes[0][1], rangs

    def checkouts(
        self,
        filtres: Mapping[str, Any],
        *,
        depuis: Decimal | None,
        ids: Sequence[str] | None = None,
        compensation: Compensation | None = None,
        debut: int,
        nombre: int,
    ) -> tuple[list[dict[str, Any]], dict[str, int]]:
        conditions, valeurs = ["p.nom = 'checkouts'"], dict(filtres)
        conditions += [f"c.{champ} = %({champ})s" for champ in filtres]
        if depuis is not None:
            conditions.append("c.debut_ts >= %(depuis)s")
            valeurs["depuis"] = depuis
        if ids is not None:
            conditions.append("c.checkout_id = ANY(%(ids)s::uuid[])")
            valeurs["ids"] = list(ids)
        if compensation is not None:
            conditions.append(_COMPENSATIONS[compensation])
        source = "FROM checkouts c JOIN projections p ON p.generation = c.generation WHERE " + " AND ".join(conditions)
        colonnes = ", ".join(f"c.{nom}" + "::text" * (nom in ("checkout_id", "client_id")) for nom in _CHECKOUTS)
        with self._base.transaction() as curseur:
            # Column and filter names are constants of this module and of the table of routes; values are parameters.
            curseur.execute(f"SELECT c.statut, count(*) {source} GROUP BY c.statut", valeurs)
            par_statut = dict(curseur.fetchall())
            curseur.execute(
                f"SELECT {colonnes} {source} ORDER BY c.debut_ts DESC, c.checkout_id LIMIT %(nombre)s OFFSET %(debut)s",
                {**valeurs, "nombre": nombre, "debut": debut},
            )
            return [dict(zip(_CHECKOUTS, ligne, strict=True)) for ligne in curseur.fetchall()], par_statut


def _verrouiller(curseur: cursor, nom: str) -> tuple[int, int]:
    curseur.execute("SELECT position, generation FROM projections WHERE nom = %s FOR UPDATE", [nom])
    position, generation = curseur.fetchone() or (0, 0)
    return position, generation


def _tete(curseur: cursor) -> int:
    curseur.execute("SELECT position FROM compteur")
    return int((curseur.fetchone() or (0,))[0])


def _plier(curseur: cursor, nom: str, generation: int, de: int, a: int) -> None:
    if a <= de:
        return
    bornes = {
        "de": de,
        "a": a,
        "generation": generation,
        "projection": nom,
        "connus": list(TYPES),
        "version": VERSION_COURANTE,
    }
    curseur.execute(pli(nom, de), bornes)
    curseur.execute(MISES_DE_COTE, bornes)


def _noter_position(curseur: cursor, nom: str, position: int, generation: int) -> None:
    curseur.execute(
        "UPDATE projections SET position = %s, generation = %s, modifie_le = clock_timestamp() WHERE nom = %s",
        [position, generation, nom],
    )


def _mis_de_cote(curseur: cursor, nom: str, generation: int) -> int:
    curseur.execute("SELECT count(*) FROM mises_de_cote WHERE projection = %s AND generation = %s", [nom, generation])
    return int((curseur.fetchone() or (0,))[0])


def _nettoyer(curseur: cursor, nom: str, servie: int) -> None:
    """Remove what is not being served; the caller holds the rebuild lock."""
    curseur.execute(f"DELETE FROM {TABLES[nom]} WHERE generation <> %s", [servie])  # noqa: S608
    curseur.execute("DELETE FROM mises_de_cote WHERE projection = %s AND generation <> %s", [nom, servie])


def _differences(curseur: cursor, nom: str, ancienne: int, neuve: int) -> int:
    """Number of rows in which two generations differ (I6: always 0 unless the fold itself changed)."""
    sans_generation = f"SELECT to_jsonb(t) - 'generation' FROM {TABLES[nom]} t WHERE generation"  # noqa: S608
    curseur.execute(
        f"SELECT count(*) FROM (({sans_generation} = %(a)s EXCEPT {sans_generation} = %(n)s)"  # noqa: S608
        f" UNION ALL ({sans_generation} = %(n)s EXCEPT {sans_generation} = %(a)s)) ecart",
        {"a": ancienne, "n": neuve},
    )
    return int((curseur.fetchone() or (0,))[0])
