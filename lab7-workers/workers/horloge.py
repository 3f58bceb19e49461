"""Database time, everywhere in a worker (F40): the clocks of the hosts may be minutes apart."""

import logging
import threading
import time

import psycopg2

from socle.evenements.base import Base

journal = logging.getLogger("workers.horloge")

_VALIDITE_S = 60.0
_REESSAI_S = 5.0


class Horloge:
    """The database's clock, asked once a minute and carried on by this host's monotonic clock. Thread-safe."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._verrou = threading.Lock()
        self._repere: tuple[float, float] | None = None
        self._perimee_a = 0.0

    def epoque(self) -> float:
        """Seconds since the epoch. Raises `psycopg2.Error` when the database has never answered yet."""
        with self._verrou:
            if self._repere is None or time.monotonic() >= self._perimee_a:
                self._repere = self._demander(self._repere)
            lu, a = self._repere
            return lu + time.monotonic() - a

    def _demander(self, ancien: tuple[float, float] | None) -> tuple[float, float]:
        try:
            with self._base.transaction() as curseur:
                curseur.execute("SELECT extract(epoch FROM clock_timestamp())")
                lu = float(curseur.fetchone()[0])
            self._base.fermer()  # sessions are budgeted, and this one is wanted once a minute
        except psycopg2.Error:
            if ancien is None:
                raise
            journal.warning("l'heure de la base n'a pas pu être relue")
            self._perimee_a = time.monotonic() + _REESSAI_S
            return ancien
        self._perimee_a = time.monotonic() + _VALIDITE_S
        return lu, time.monotonic()
