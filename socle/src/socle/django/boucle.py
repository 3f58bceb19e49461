"""The loop of a background program: one turn after the other, until it is asked to end; a turn under way ends first."""

import logging
import random
import signal
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from prometheus_client import REGISTRY

from socle import exposition
from socle.django.base import fermer_les_coupees

journal = logging.getLogger("socle.boucle")
_PANNE_MAX_S = 5.0
_MENAGE_S = 3600.0


def arret_demande() -> threading.Event:
    """What SIGTERM and SIGINT set from now on. Called in the main thread."""
    arret = threading.Event()
    for numero in (signal.SIGTERM, signal.SIGINT):
        signal.signal(numero, lambda *_: arret.set())
    return arret


def exposer_les_metriques() -> None:
    """The program's metrics page and fault switches on METRICS_PORT, if it is given one: its counters exist nowhere
    else. What is read from the database is on the pages of the service's web programs.
    """
    adresse, port = settings.SOCLE["metriques"]
    if port:
        exposition.exposer(port, adresse=adresse, registre=REGISTRY, jeton_interne=settings.SOCLE["jeton_interne"])


def tourner(
    tour: Callable[[], bool], arret: threading.Event, *, intervalle_s: float, menage: Callable[[], object] | None = None
) -> None:
    """Call `tour` until `arret` is set. It returns whether there is more to do at once.

    Otherwise the next turn comes `intervalle_s` seconds later, give or take a quarter. A lost database makes the
    pause grow up to five seconds; a defect in one turn is logged with its traceback and does not end the program.
    `menage` is called after the first turn, then after one turn an hour.
    """
    pause_s = 0.0
    panne_s = intervalle_s
    prochain_menage = 0.0
    while not arret.wait(pause_s):
        try:
            fermer_les_coupees()
            encore = tour()
            if menage is not None and time.monotonic() >= prochain_menage:
                prochain_menage = time.monotonic() + _MENAGE_S
                menage()
            pause_s, panne_s = 0.0 if encore else _gigue(intervalle_s), intervalle_s
        except Error as erreur:
            journal.warning("base de données : %s", type(erreur.__cause__ or erreur).__name__)
            connection.close()
            panne_s = min(_PANNE_MAX_S, panne_s * 2)
            pause_s = _gigue(panne_s)
        except Exception:  # one bad row must not stop the others: its turn comes again, later
            journal.exception("tour interrompu")
            pause_s = _gigue(intervalle_s)


def _gigue(secondes: float) -> float:
    return secondes * (0.75 + random.random() / 2)  # noqa: S311 - spreads turns, guards nothing
