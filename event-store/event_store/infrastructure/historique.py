"""The history in PostgreSQL, seen with the rights of the service's role."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import psycopg2

from event_store.application.ports import Bornes, Ordre, Place
from event_store.domain.checkout import EvenementLu
from event_store.domain.erreurs import IdentifiantAilleurs, VersionInattendue
from event_store.domain.evenements import Evenement, en_json
from event_store.infrastructure.base import Base

COLONNES = (
    "position, version, id::text, type, ts, v, v_origine, payload, checkout_id::text, position_checkout,"
    " correlation_id, causation_id, source, traceparent, archive"
)
_NOMS = tuple(colonne.strip().removesuffix("::text") for colonne in COLONNES.split(","))
_RUPTURES_MAX = 20


def lu(ligne: tuple[Any, ...]) -> EvenementLu:
    """A row of `COLONNES`."""
    return EvenementLu(**dict(zip(_NOMS, ligne, strict=True)))


class HistoriquePostgres:
    """Port `Historique`."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def ajouter(self, stream: str, lot: Sequence[Evenement], version_attendue: int | None) -> list[Place]:
        with self._base.curseur() as curseur:
            try:
                curseur.execute(
                    "SELECT id::text, pos, ver, pos_checkout, nouveau FROM ajouter(%s, %s, %s)",
                    [stream, en_json(list(lot)), version_attendue],
                )
            except psycopg2.Error as cause:
                if cause.pgcode == "ES409":
                    raise VersionInattendue(
                        f"La version {version_attendue} du flux était attendue.",
                        extra={"version": int(cause.diag.message_detail or 0), "expected_version": version_attendue},
                    ) from None
                if cause.pgcode == "ES410":
                    raise IdentifiantAilleurs("Un événement de ce lot est déjà dans un autre flux.") from None
                raise
            noms = ("id", "position", "version", "position_checkout", "nouveau")
            return [Place(**dict(zip(noms, ligne, strict=True))) for ligne in curseur.fetchall()]

    def version(self, stream: str) -> int:
        with self._base.curseur() as curseur:
            curseur.execute("SELECT coalesce(max(version), 0) FROM flux WHERE stream = %s", [stream])
            return int((curseur.fetchone() or (0,))[0])

    def connus(self, ids: Collection[UUID]) -> set[UUID]:
        with self._base.curseur() as curseur:
            curseur.execute("SELECT id::text FROM identifiants WHERE id = ANY(%s::uuid[])", [list(map(str, ids))])
            return {UUID(identifiant) for (identifiant,) in curseur.fetchall()}

    def lire(
        self, stream: str, *, apres: int | None, nom_type: str | None, ordre: Ordre, nombre: int
    ) -> list[EvenementLu]:
        sens, borne = ("DESC", "<") if ordre == "desc" else ("ASC", ">")
        conditions = ["stream = %s"]
        valeurs: list[Any] = [stream]
        if apres is not None:
            conditions.append(f"position {borne} %s")
            valeurs.append(apres)
        if nom_type is not None:
            conditions.append("type = %s")
            valeurs.append(nom_type)
        # `sens` and `borne` are constants of this function; every value is a parameter.
        requete = (
            f"SELECT {COLONNES} FROM historique WHERE {' AND '.join(conditions)} ORDER BY position {sens} LIMIT %s"  # noqa: S608
        )
        with self._base.curseur() as curseur:
            curseur.execute(requete, [*valeurs, nombre])
            return [lu(ligne) for ligne in curseur.fetchall()]

    def du_checkout(self, checkout_id: UUID) -> list[EvenementLu]:
        with self._base.curseur() as curseur:
            curseur.execute(
                f"SELECT {COLONNES} FROM historique WHERE checkout_id = %s::uuid ORDER BY position",  # noqa: S608
                [str(checkout_id)],
            )
            return [lu(ligne) for ligne in curseur.fetchall()]

    def evenement(self, identifiant: UUID) -> EvenementLu | None:
        with self._base.curseur() as curseur:
            curseur.execute(
                f"SELECT {COLONNES} FROM historique"  # noqa: S608
                " WHERE position = (SELECT position FROM identifiants WHERE id = %s::uuid)",
                [str(identifiant)],
            )
            ligne = curseur.fetchone()
        return lu(ligne) if ligne else None

    def bornes(self) -> Bornes:
        with self._base.curseur() as curseur:
            curseur.execute(
                "SELECT coalesce((SELECT max(derniere_position) FROM archives), 0) + 1, position FROM compteur"
            )
            premiere, tete = curseur.fetchone() or (1, 0)
        return Bornes(premiere=premiere, tete=tete)

    def ruptures(self, de: int, a: int) -> list[tuple[int, str]]:
        with self._base.curseur() as curseur:
            curseur.execute(
                "SELECT pos, min(cause) FROM ruptures(%s, %s) GROUP BY pos ORDER BY pos LIMIT %s",
                [de, a, _RUPTURES_MAX],
            )
            return [(position, cause) for position, cause in curseur.fetchall()]

    def tetes(self) -> list[dict[str, Any]]:
        with self._base.curseur() as curseur:
            curseur.execute("SELECT stream, version, encode(empreinte, 'hex') FROM flux ORDER BY stream")
            return [dict(zip(("stream", "version", "empreinte"), ligne, strict=True)) for ligne in curseur.fetchall()]

    def tetes_fausses(self) -> list[str]:
        with self._base.curseur() as curseur:
            curseur.execute(
                "SELECT f.stream FROM flux f"
                " LEFT JOIN LATERAL (SELECT version, empreinte FROM evenements e WHERE e.stream = f.stream"
                "   ORDER BY version DESC LIMIT 1) hote ON true"
                " LEFT JOIN LATERAL (SELECT derniere_version, empreinte FROM archives a WHERE a.stream = f.stream"
                "   ORDER BY derniere_version DESC LIMIT 1) parti ON true"
                " WHERE (f.version, f.empreinte) IS DISTINCT FROM"
                "   (coalesce(hote.version, parti.derniere_version), coalesce(hote.empreinte, parti.empreinte))"
                " ORDER BY f.stream"
            )
            return [stream for (stream,) in curseur.fetchall()]

    def archives(self) -> list[dict[str, Any]]:
        colonnes = ("mois", "stream", "premiere_position", "derniere_position", "derniere_version", "empreinte")
        with self._base.curseur() as curseur:
            curseur.execute(
                "SELECT to_char(mois, 'YYYY-MM'), stream, premiere_position, derniere_position, derniere_version,"
                " encode(empreinte, 'hex') FROM archives ORDER BY mois, stream"
            )
            return [dict(zip(colonnes, ligne, strict=True)) for ligne in curseur.fetchall()]
