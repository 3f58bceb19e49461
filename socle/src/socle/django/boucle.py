"""The loop of a background program: one turn after the other, until SIGTERM or SIGINT; a turn under way ends first."""

import logging
import random
import signal
import threading
from collections.abc import Callable

from django.db import Error, connection

from socle.django.base import fermer_les_coupees

journal = logging.getLogger("socle.boucle")
_PANNE_MAX_S = 5.0


def tourner(tour: Callable[[], bool], *, intervalle_s: float) -> None:
    """Call `tour` until a signal asks to end. It returns whether there is more to do at once.

    Otherwise the next turn comes `intervalle_s` seconds later, give or take a quarter. A lost database makes the
    pause grow up to five seconds; a defect in one turn is logged with its traceback and does not end the program.
    """
    arret = threading.Event()
    for numero in (signal.SIGTERM, signal.SIGINT):
        signal.signal(numero, lambda *_: arret.set())
    pause_s = 0.0
    panne_s = intervalle_s
    while not arret.wait(pause_s):
        try:
            fermer_les_coupees()
            encore = tour()
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
