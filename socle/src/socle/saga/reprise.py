"""The recovery loop: claims what nobody runs any more, and finishes it.

Guarantee: a saga that is not ended and not waiting for an operator is taken up, by some process that runs this loop,
within one period after its lease ends, its owner rebooted or its next try is due.

1. Safe to run any number of times at once: claims skip locked rows, and every write carries a fencing token.
2. Survives the loss of the database (F15): claims nothing while it is away, and what it had claimed comes back by
   itself when the leases end.
3. Stopping drains: running sagas are handed over at their next step boundary.
"""

import logging
import random
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from socle import fautes
from socle.saga.depot import BailPerdu, DepotIndisponible, Saga
from socle.saga.executeur import Executeur

journal = logging.getLogger("socle.saga.reprise")


class BoucleReprise:
    """`fils` sagas at once, a look every `periode_s` seconds.

    `avant`: called by a thread before it runs a saga. It closes the connection that the database has cut meanwhile:
    else each idle thread would find that out with a saga in hand, which waits for the end of its lease each time.
    """

    def __init__(
        self,
        executeur: Executeur,
        *,
        fils: int = 8,
        periode_s: float = 0.25,
        avant: Callable[[], object] = lambda: None,
    ) -> None:
        self._executeur, self._fils, self._periode_s, self._avant = executeur, fils, periode_s, avant
        self._recul_s = periode_s

    def tourner(self, arret: threading.Event) -> None:
        """Until `arret` is set; returns when every saga in hand was handed over or ended."""
        en_cours: set[Future[None]] = set()
        with ThreadPoolExecutor(self._fils, thread_name_prefix="reprise") as bassin:
            while not arret.is_set():
                en_cours = {futur for futur in en_cours if not futur.done()}
                places = self._fils - len(en_cours)
                if places == 0:
                    wait(en_cours, timeout=self._periode_s, return_when=FIRST_COMPLETED)
                    continue
                sagas = self._prendre(arret, places)
                en_cours |= {bassin.submit(self._conduire, saga) for saga in sagas}
                if len(sagas) < places:
                    arret.wait(self._periode_s)
            self._executeur.arreter()

    def _prendre(self, arret: threading.Event, places: int) -> list[Saga]:
        executeur = self._executeur
        try:
            sagas = executeur.depot.prendre_lot(executeur.proprietaire(), places, executeur.registre.versions())
        except DepotIndisponible:
            journal.warning("base indisponible, nouvelle tentative dans %.1f s au plus", self._recul_s)
            arret.wait(self._recul_s * random.uniform(0.5, 1.0))  # noqa: S311 -- jitter, not a secret
            self._recul_s = min(self._recul_s * 2, 2.0)
            return []
        self._recul_s = self._periode_s
        return sagas

    def _conduire(self, saga: Saga) -> None:
        try:
            fautes.point("saga.apres_reprise")
            self._avant()
            self._executeur.conduire(saga)
        except BailPerdu:
            journal.warning("saga %s: bail perdu", saga.saga_id)
        except DepotIndisponible:
            journal.warning("saga %s: base indisponible, elle sera reprise à la fin de son bail", saga.saga_id)
        except Exception:  # one saga's defect must not take the pool down; its lease ends and it is tried again
            journal.exception("saga %s", saga.saga_id)
