"""What a program says of itself, switched while it runs, for `./labo bench observabilite`. Python imports this first.

The file that `LABO_BASCULE` names holds the mode: `rien`, no metric is counted and only errors are logged; `usuel`, the
metrics and the logs; `traces`, these and traces as configured. Every process looks at it ten times a second in every
mode. What is switched is found among what the program has imported: importing it from here would be too early.
"""

import contextlib
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

_PAS_S = 0.1
_COMPTEURS = (("Counter", "inc"), ("Gauge", "inc"), ("Gauge", "dec"), ("Gauge", "set"), ("Histogram", "observe"))
_usuels: dict[tuple[type, str], Any] = {}


def _rien(*_: object, **__: object) -> None:
    """In place of what a metric does."""


def appliquer(mode: str) -> None:
    """From now on."""
    logging.disable(logging.WARNING if mode == "rien" else logging.NOTSET)
    if client := sys.modules.get("prometheus_client"):
        for nom, methode in _COMPTEURS:
            classe = getattr(client, nom)
            usuel = _usuels.setdefault((classe, methode), getattr(classe, methode))
            setattr(classe, methode, _rien if mode == "rien" else usuel)
    if traces := sys.modules.get("socle.traces"):
        traces.ACTIVES = mode == "traces"  # type: ignore[attr-defined]
    if sql := sys.modules.get("socle.traces_sql"):
        curseur = sql.CurseurTrace
        trace = _usuels.setdefault((curseur, "execute"), curseur.__dict__.get("execute"))
        if mode == "traces":
            curseur.execute = trace
        elif "execute" in curseur.__dict__:
            del curseur.execute


def _suivre(fichier: Path) -> None:
    while True:
        with contextlib.suppress(AttributeError):  # of a module that is just being imported
            appliquer(fichier.read_text())
        time.sleep(_PAS_S)


def _demarrer() -> None:
    threading.Thread(target=_suivre, args=(Path(os.environ["LABO_BASCULE"]),), daemon=True).start()


if os.environ.get("LABO_BASCULE"):
    os.register_at_fork(after_in_child=_demarrer)
    _demarrer()
