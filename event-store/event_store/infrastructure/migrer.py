"""Numbered SQL files, applied once each, in order, by the owner role; and the rights of the service's role."""

from pathlib import Path

from psycopg2 import sql
from psycopg2.extensions import cursor

from event_store.infrastructure.base import Base

DOSSIER = Path(__file__).parent / "migrations"
_VERROU = 0x6576_7374  # any constant: two `amorcer` at once apply one after the other

_LECTURE = ("compteur", "flux", "identifiants", "tetes_checkouts", "evenements", "resumes", "archives", "historique")
_ECRITURE = ("projections", "mises_de_cote", "orders_by_client", "checkouts", "cles_idempotence")


def amorcer(base: Base, role_service: str) -> list[str]:
    """Apply what is missing and grant `role_service` its rights; return the files applied now. Idempotent.

    One transaction: an interrupted run leaves nothing half-made.
    """
    with base.transaction(delai_ms=0) as curseur:
        curseur.execute("SELECT pg_advisory_xact_lock(%s)", [_VERROU])
        curseur.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (nom text PRIMARY KEY, applique_le timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        curseur.execute("SELECT nom FROM migrations")
        faites = {nom for (nom,) in curseur.fetchall()}
        nouvelles = [fichier for fichier in sorted(DOSSIER.glob("*.sql")) if fichier.name not in faites]
        for fichier in nouvelles:
            curseur.execute(fichier.read_text())
            curseur.execute("INSERT INTO migrations (nom) VALUES (%s)", [fichier.name])
        curseur.execute("SELECT assurer_partitions(clock_timestamp(), 2)")
        _accorder(curseur, role_service, base.acces.base)
    return [fichier.name for fichier in nouvelles]


def _accorder(curseur: cursor, role: str, base: str) -> None:
    """The service reads the history and appends through `ajouter()`; only its read models are its own to write."""
    noms = {
        "role": sql.Identifier(role),
        "base": sql.Identifier(base),
        "lecture": sql.SQL(", ").join(map(sql.Identifier, _LECTURE)),
        "ecriture": sql.SQL(", ").join(map(sql.Identifier, _ECRITURE)),
    }
    for ordre in (
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {base} TO {role}",
        "GRANT USAGE ON SCHEMA public TO {role}",
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        "GRANT SELECT ON {lecture} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON {ecriture} TO {role}",
        "GRANT EXECUTE ON FUNCTION ajouter(text, jsonb, bigint) TO {role}",
    ):
        curseur.execute(sql.SQL(ordre).format(**noms))
