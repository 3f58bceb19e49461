"""Threads of one background program: they end together, so that no part of it is ever silently missing."""

import logging
import threading
import time
from collections.abc import Callable

journal = logging.getLogger("socle.fils")


class Fils:
    """Threads that run until `arret` is set. A defect that ends one of them asks the whole program to end.

    The program then ends with status 1, and whoever supervises it starts it again, whole.
    """

    def __init__(self, arret: threading.Event) -> None:
        self._arret = arret
        self._fils: list[threading.Thread] = []
        self._defaut = False

    def lancer(self, nom: str, corps: Callable[[], None]) -> None:
        """Run `corps` in a thread of that name; it must return soon after `arret` is set."""
        fil = threading.Thread(target=self._surveiller, args=(nom, corps), name=nom, daemon=True)
        self._fils.append(fil)
        fil.start()

    def finir(self, delai_s: float) -> None:
        """Set `arret` and wait for all of them, `delai_s` seconds in all. Raises `SystemExit(1)` after a defect."""
        self._arret.set()
        limite = time.monotonic() + delai_s
        for fil in self._fils:
            fil.join(max(0.0, limite - time.monotonic()))
        if self._defaut:
            raise SystemExit(1)

    def _surveiller(self, nom: str, corps: Callable[[], None]) -> None:
        try:
            corps()
        except Exception:  # whatever it is, the program must not go on without this part
            journal.exception("le fil %s s'est arrêté", nom)
            self._defaut = True
        finally:
            self._arret.set()
