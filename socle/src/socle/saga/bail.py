"""Keeping the leases of this process: one daemon thread, one UPDATE a second, only for sagas older than a second.

Most sagas end before they are old enough; for them the thread does nothing. It starts with the first saga (after
gunicorn's fork) and is started again in a forked child.
"""

import logging
import os
import threading
import time

from socle import fautes
from socle.saga.depot import BAIL_S, Depot, DepotIndisponible, Saga

journal = logging.getLogger("socle.saga.bail")


class Renouveleur:
    """Thread-safe. A saga whose lease was taken by another process is marked `perdue`; its runner then stops."""

    def __init__(self, depot: Depot, *, bail_s: float = BAIL_S) -> None:
        self._depot, self._periode_s = depot, bail_s / 3
        self._sagas: dict[int, Saga] = {}
        self._pid = 0
        self._verrou = threading.Lock()

    def suivre(self, saga: Saga) -> None:
        """Keep this saga's lease from now on."""
        self._sagas[id(saga)] = saga
        if self._pid != os.getpid():
            self._demarrer()

    def oublier(self, saga: Saga) -> None:
        """Its runner is done with it."""
        self._sagas.pop(id(saga), None)

    def _demarrer(self) -> None:
        with self._verrou:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._boucle, name="saga-baux", daemon=True).start()

    def _boucle(self) -> None:
        while True:
            time.sleep(self._periode_s)
            try:
                self.renouveler_une_fois()
            except DepotIndisponible:
                journal.warning("les baux n'ont pas pu être renouvelés: base indisponible")
            except Exception:  # this thread must outlive any surprise: without it every long saga loses its lease
                journal.exception("renouvellement des baux")

    def renouveler_une_fois(self) -> None:
        """One round. Raises `DepotIndisponible`."""
        seuil = time.monotonic() - self._periode_s
        anciennes = [saga for saga in tuple(self._sagas.values()) if saga.chargee_a <= seuil and not saga.perdue]
        if not anciennes:
            return
        fautes.point("saga.avant_renouvellement")
        tenues = self._depot.renouveler(anciennes)
        for saga in anciennes:
            # An ended saga is no longer renewed either; its runner has forgotten it, or is about to.
            if saga.saga_id not in tenues:
                saga.perdue = True
