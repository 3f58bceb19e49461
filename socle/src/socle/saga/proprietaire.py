"""Who this process is: replica name and boot epoch, announced before anything else of the program starts.

`SOCLE_AVANT_DEMARRAGE=socle.saga.proprietaire:annoncer` makes gunicorn's master call `annoncer` before it loads the
application; the workers inherit the epoch. A replica killed and restarted thereby frees the sagas of its dead
processes at once, instead of after the end of their leases. Needs psycopg2 only, not Django.
"""

# ruff: noqa: S608 -- the table name is a constant of this module

import os
import sys

import psycopg2

from socle.saga.depot import Proprietaire

VARIABLE = "SAGA_EPOQUE"
TABLE = "saga_proprietaires"


def annoncer() -> None:
    """Begin a new epoch of `INSTANCE_ID` and leave it in the environment. Never fails: see `courant`."""
    os.environ.pop(VARIABLE, None)
    try:
        os.environ[VARIABLE] = str(nouvelle_epoque(os.environ["INSTANCE_ID"]).epoque)
    except (psycopg2.Error, KeyError) as erreur:
        print(f"saga: époque non annoncée ({type(erreur).__name__}) ; les baux expireront.", file=sys.stderr)


def nouvelle_epoque(nom: str) -> Proprietaire:
    """One more epoch for `nom`, on a connection of its own described by `POSTGRES_*`. Raises `psycopg2.Error`."""
    lien = psycopg2.connect(
        host=os.environ.get("POSTGRES_HOST", "127.0.0.1"),
        port=os.environ.get("POSTGRES_PORT", "5432"),
        dbname=os.environ["POSTGRES_DB"],
        user=os.environ["POSTGRES_USER"],
        password=os.environ["POSTGRES_PASSWORD"],
        connect_timeout=2,
        application_name=f"{nom}-epoque",
    )
    try:
        lien.autocommit = True
        with lien.cursor() as curseur:
            curseur.execute(
                f"INSERT INTO {TABLE} (nom, epoque) VALUES (%s, 1) "
                f"ON CONFLICT (nom) DO UPDATE SET epoque = {TABLE}.epoque + 1 RETURNING epoque",
                [nom],
            )
            ligne = curseur.fetchone()
            if ligne is None:
                raise psycopg2.DatabaseError("no epoch returned")
            return Proprietaire(nom, ligne[0])
    finally:
        lien.close()


def courant() -> Proprietaire:
    """This process as an owner.

    Without an announced epoch (database down at boot) the process is an owner of its own, whose sagas are free when
    their leases end: workers of one replica must not declare each other dead.
    """
    nom = os.environ.get("INSTANCE_ID", "local")
    if VARIABLE in os.environ:
        return Proprietaire(nom, int(os.environ[VARIABLE]))
    return Proprietaire(f"{nom}/{os.getpid()}", 0)
