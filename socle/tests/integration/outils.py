"""What the tests need to force an interleaving: threads with results, and PostgreSQL's own view of who waits."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from django.db import connection, connections


class Fil(threading.Thread):
    """A thread whose result, or exception, is read by `resultat()`; its connection is closed at its end."""

    def __init__(self, fonction: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._fonction = fonction
        self._resultat: Any = None
        self._erreur: BaseException | None = None

    def run(self) -> None:
        try:
            self._resultat = self._fonction()
        except BaseException as erreur:
            self._erreur = erreur
        finally:
            connections.close_all()

    def resultat(self, delai: float = 15) -> Any:
        self.join(delai)
        assert not self.is_alive(), "le fil ne finit pas"
        if self._erreur is not None:
            raise self._erreur
        return self._resultat


def jusqua(condition: Callable[[], Any], quoi: str, delai: float = 10) -> Any:
    """Poll until `condition` is true; its value."""
    fin = time.monotonic() + delai
    while not (valeur := condition()):
        assert time.monotonic() < fin, f"toujours pas: {quoi}"
        time.sleep(0.005)
    return valeur


def sql(requete: str, *parametres: object) -> list[tuple[Any, ...]]:
    """Rows of a statement on this thread's connection."""
    with connection.cursor() as curseur:
        curseur.execute(requete, parametres or None)
        return curseur.fetchall() if curseur.description else []


def brute(base: str | None = None) -> Any:
    """A connection of its own to the test database (or another), in autocommit, outside Django."""
    parametres = connection.get_connection_params()
    parametres.pop("cursor_factory", None)
    parametres.pop("context", None)
    lien = psycopg2.connect(**{**parametres, "dbname": base or parametres["dbname"]})
    lien.autocommit = True
    return lien


def attendre_un_verrou(nombre: int = 1) -> None:
    """Until `nombre` sessions of the test database wait for another one's lock."""
    with closing(brute()) as lien, lien.cursor() as curseur:

        def en_attente() -> bool:
            curseur.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return bool(curseur.fetchone()[0] == nombre)

        jusqua(en_attente, f"{nombre} session(s) en attente d'un verrou")


def total() -> int:
    """The counter of the smallest service."""
    return int(sql("SELECT total FROM temoin")[0][0])


@contextmanager
def reglage_de_la_base(nom: str, valeur: str) -> Iterator[None]:
    """A setting of the test database, in force for this thread's connection (opened anew) within the block."""
    base = sql("SELECT current_database()")[0][0]
    with closing(brute("postgres")) as lien, lien.cursor() as curseur:
        curseur.execute(f'ALTER DATABASE "{base}" SET {nom} = %s', [valeur])
        connection.close()
        try:
            yield
        finally:
            curseur.execute(f'ALTER DATABASE "{base}" RESET {nom}')
            connection.close()
