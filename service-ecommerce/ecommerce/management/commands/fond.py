"""`fond`: the background process of ecommerce. Safe to run any number of times; SIGTERM drains.

Three loops in one process, which end together: the tracker (this thread), the relay of the outbox, and the member of
the group `choreo-suivi`.
"""

import logging
import random
import signal
import threading
import time
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections, connection

from ecommerce import bootstrap
from ecommerce.settings import CONFIG
from socle.django.base import fermer_les_coupees
from socle.fils import Fils

journal = logging.getLogger("ecommerce.fond")

_PURGE_S = 3600.0
_PANNE_MAX_S = 5.0
_DRAINAGE_S = 15.0


class Command(BaseCommand):
    help = "Publie les événements, conclut les checkouts restés ouverts et oublie les vieilles clés."
    # The checks load every view: half the time of a restart, for nothing this program uses.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        arret = threading.Event()
        for numero in (signal.SIGTERM, signal.SIGINT):
            signal.signal(numero, lambda *_: arret.set())
        bootstrap.exposer_les_metriques()
        consommateur = bootstrap.consommateur()
        fils = Fils(arret)
        fils.lancer("relais", partial(bootstrap.relayer, arret))
        fils.lancer("choreo-suivi", consommateur.tourner)
        journal.info("fond démarré")
        Boucle(arret).tourner()
        consommateur.arreter()
        fils.finir(_DRAINAGE_S)
        journal.info("fond arrêté")


class Boucle:
    """One cheap query per style and turn; a full batch is followed by the next at once, a lost database by a pause."""

    def __init__(self, arret: threading.Event) -> None:
        self._arret = arret
        self._prochaine_purge = 0.0
        self._panne_s = 0.0

    def tourner(self) -> None:
        while not self._arret.is_set():
            self._arret.wait(self._tour())

    def _tour(self) -> float:
        """Returns the seconds to wait."""
        try:
            fermer_les_coupees()
            pris = bootstrap.suivre(self._arret.is_set)
            self._purger()
        except Error as erreur:
            journal.warning("base de données : %s", type(erreur.__cause__ or erreur).__name__)
            close_old_connections()
            connection.close()
            self._panne_s = min(_PANNE_MAX_S, max(CONFIG.suivi_intervalle_s, self._panne_s * 2))
            return _gigue(self._panne_s)
        except Exception:  # a defect on one checkout must not stop the others: its turn comes again, later
            journal.exception("suivi interrompu")
            return _gigue(CONFIG.suivi_intervalle_s)
        self._panne_s = 0.0
        return 0.0 if pris >= CONFIG.suivi_lot else _gigue(CONFIG.suivi_intervalle_s)

    def _purger(self) -> None:
        if time.monotonic() >= self._prochaine_purge:
            self._prochaine_purge = time.monotonic() + _PURGE_S
            bootstrap.purger()


def _gigue(secondes: float) -> float:
    return secondes * (0.75 + random.random() / 2)  # noqa: S311 - spreads turns, guards nothing
