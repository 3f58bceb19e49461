"""Circuit breaker for one neighbour.

Guarantee: after `seuil` failures in a row, calls fail at once for `repos_s` seconds; then exactly one probe passes
at a time, and its outcome closes or re-opens the circuit.

Why not pybreaker: version 1.4 holds its lock during the protected call, which makes every thread of a process wait
for the slowest one (and it reads the wall clock). Here the lock covers the bookkeeping only, and time is monotonic.
"""

import threading
import time
from collections.abc import Callable
from typing import Literal

Etat = Literal["ferme", "ouvert", "demi_ouvert"]


class Disjoncteur:
    """Thread-safe; `permet()` before a call, then exactly one of `succes()` or `echec()` for each permitted call.

    `sonde_max_s` is longer than any call can last: a probe that never reports back blocks the others that long.
    `au_changement(ouvert)` is told when the circuit opens and when it closes again; it must not raise nor call back.
    """

    def __init__(
        self,
        *,
        seuil: int = 5,
        repos_s: float = 2.0,
        sonde_max_s: float = 10.0,
        horloge: Callable[[], float] = time.monotonic,
        au_changement: Callable[[bool], object] | None = None,
    ) -> None:
        self._seuil, self._repos_s, self._sonde_max_s, self._horloge = seuil, repos_s, sonde_max_s, horloge
        self._au_changement = au_changement
        self._verrou = threading.Lock()
        self._echecs = 0
        self._ouvert_depuis: float | None = None
        self._sonde_depuis: float | None = None

    @property
    def etat(self) -> Etat:
        """The state now, for gauges and logs."""
        with self._verrou:
            if self._ouvert_depuis is None:
                return "ferme"
            return "ouvert" if self._horloge() - self._ouvert_depuis < self._repos_s else "demi_ouvert"

    def permet(self) -> bool:
        """Whether a call may be made now."""
        with self._verrou:
            if self._ouvert_depuis is None:
                return True
            maintenant = self._horloge()
            if maintenant - self._ouvert_depuis < self._repos_s:
                return False
            if self._sonde_depuis is not None and maintenant - self._sonde_depuis < self._sonde_max_s:
                return False
            self._sonde_depuis = maintenant
            return True

    def succes(self) -> None:
        """The call reached the neighbour and got an answer: the circuit closes."""
        with self._verrou:
            etait_ouvert = self._ouvert_depuis is not None
            self._echecs, self._ouvert_depuis, self._sonde_depuis = 0, None, None
            if etait_ouvert:
                self._signaler(False)

    def echec(self) -> None:
        """The neighbour did not answer, or answered that it cannot: one failure more.

        While the circuit is open only the probe's failure counts: calls begun before it opened do not prolong it.
        """
        with self._verrou:
            if self._ouvert_depuis is None:
                self._echecs += 1
                if self._echecs >= self._seuil:
                    self._ouvert_depuis = self._horloge()
                    self._signaler(True)
            elif self._sonde_depuis is not None:
                self._ouvert_depuis, self._sonde_depuis = self._horloge(), None

    def _signaler(self, ouvert: bool) -> None:
        if self._au_changement is not None:
            self._au_changement(ouvert)
