"""Two real connections, in the order the test decides. Every wait has a condition and an end."""

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connection, connections

T = TypeVar("T")


def attendre_que(condition: Callable[[], T], secondes: float = 10.0) -> T:
    """Poll until `condition()` is true; its value. Raises `AssertionError` after `secondes`."""
    limite = time.monotonic() + secondes
    while not (valeur := condition()):
        if time.monotonic() > limite:
            raise AssertionError(f"condition toujours fausse après {secondes} s")
        time.sleep(0.005)
    return valeur


def laisser_passer(secondes: float) -> None:
    """Let a fault last, or something late arrive that must change nothing: the assertion about it comes after."""
    time.sleep(secondes)


def attend_un_verrou(nombre: int = 1) -> bool:
    """Whether exactly `nombre` sessions of this database are stopped by a lock that another one holds."""
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_stat_clear_snapshot()")  # the view is frozen within a transaction
        curseur.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(curseur.fetchone()[0]) == nombre


def attendre_un_verrou(nombre: int = 1) -> None:
    """Until exactly `nombre` sessions wait for a lock."""
    attendre_que(lambda: attend_un_verrou(nombre))


class Fil(Generic[T]):
    """A call running in a thread with a database connection of its own."""

    def __init__(self, appel: Callable[[], T]) -> None:
        self._appel = appel
        self._rendu: T | None = None
        self._levee: BaseException | None = None
        self._fil = threading.Thread(target=self._courir, daemon=True)
        self._fil.start()

    def _courir(self) -> None:
        try:
            self._rendu = self._appel()
        except BaseException as levee:  # handed to the test by `resultat`
            self._levee = levee
        finally:
            connections.close_all()

    @property
    def fini(self) -> bool:
        """Whether the call has returned or raised."""
        return not self._fil.is_alive()

    def resultat(self, secondes: float = 15.0) -> T:
        """What the call returned; raises what it raised, and `AssertionError` when it is still running."""
        self._fil.join(secondes)
        if self._fil.is_alive():
            raise AssertionError(f"l'appel dure encore après {secondes} s")
        if self._levee is not None:
            raise self._levee
        return self._rendu  # type: ignore[return-value]


def ensemble(*appels: Callable[[], Any]) -> list[Any]:
    """Run the calls at the same time, each on its own connection, released by one barrier; their results in order."""
    depart = threading.Barrier(len(appels))

    def au_depart(appel: Callable[[], Any]) -> Callable[[], Any]:
        def courir() -> Any:
            depart.wait(5)
            return appel()

        return courir

    fils = [Fil(au_depart(appel)) for appel in appels]
    return [fil.resultat() for fil in fils]
