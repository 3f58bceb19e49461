"""Log lines are written together: the program that does the work pays little for saying so.

A line made and written where it is said costs five times what it costs among others: the work around it evicts the
code, and each write hands the interpreter to another thread. So lines rest for `DELAI_S` at most, then one thread makes
and writes them all.

1. A warning or worse is written at once, with everything said before it. So is everything at an ordinary end.
2. SIGKILL takes what was said in the last `DELAI_S` at information level; a fault point that kills says so first, by a
   warning.
3. The order is that of the program; a write is of whole lines and at most `PIPE_BUF` bytes (a longer line is alone in
   its write), which a pipe shared by several processes does not cut.
4. What a process had not written when it forked is its own to write, not its child's.
5. What a line is made of must not change after it is said: texts and numbers.
"""

import contextlib
import logging
import os
import select
import threading
import time
from collections import deque

DELAI_S = 0.25


class EcritureGroupee(logging.StreamHandler):
    """A stream handler that keeps lines back, as above. No line says in which file, thread or process it was said."""

    def __init__(self) -> None:
        super().__init__()
        # See "Optimization" in the documentation of `logging`: a third of what saying a line costs.
        logging._srcfile = None
        logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
        self._renaitre()
        os.register_at_fork(after_in_child=self._renaitre)

    def _renaitre(self) -> None:
        self._gardees: deque[logging.LogRecord] = deque()
        self._ecriture = threading.RLock()  # a signal's handler may say something while its thread writes
        self._attendues = threading.Event()
        self._fil: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, or write it with all that were kept. Called under the handler's lock."""
        self._gardees.append(record)
        if record.levelno >= logging.WARNING:
            self.flush()
        elif self._fil is None:
            self._fil = threading.Thread(target=self._ecrire_toujours, name="journal", daemon=True)
            self._attendues.set()
            self._fil.start()
        elif len(self._gardees) == 1:
            self._attendues.set()

    def flush(self) -> None:
        """Write what was kept. Called by `logging.shutdown` too.

        Not under the handler's lock: who says something meanwhile does not wait for lines to be made.
        """
        with self._ecriture:
            lot, octets = "", 0
            while self._gardees:
                record = self._gardees.popleft()
                try:
                    ligne = self.format(record) + self.terminator
                except Exception:
                    self.handleError(record)
                    continue
                taille = len(ligne.encode())
                if octets + taille > select.PIPE_BUF:
                    self._ecrire(lot)
                    lot, octets = "", 0
                lot, octets = lot + ligne, octets + taille
            self._ecrire(lot)

    def _ecrire(self, lot: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a full disk, a reader that is gone: the work goes on
            self.stream.write(lot)
            self.stream.flush()

    def _ecrire_toujours(self) -> None:
        while True:
            self._attendues.wait()
            self._attendues.clear()
            time.sleep(DELAI_S)
            self.flush()
