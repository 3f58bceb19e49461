"""supervisord, keeping the programs' logs bounded: `python -m local.supervision -c supervisord.conf`.

Programs write straight to their logs (`lanceur.py`): by the supervisor's pipes every line woke it up, and that cost a
checkout as much CPU as making its lines. Their writers hold these files open and append, so a log that has grown too
long is copied beside itself and cut to nothing; what is written between the two is lost.
"""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path
from typing import Any

from supervisor import events, supervisord

TAILLE_MAX = 10 * 2**20
"""Bytes from which a log is rotated; it is looked at every five seconds."""
ANCIENS = 2


def brancher(_: Any, *, logs: str) -> object:
    """The supervisor's own way to be extended; looks after `logs` from now on."""

    def veiller(_: events.Tick5Event) -> None:
        for fichier in Path(logs).glob("*.log"):
            tourner(fichier)

    events.subscribe(events.Tick5Event, veiller)
    return object()


def tourner(fichier: Path, taille_max: int = TAILLE_MAX) -> None:
    """Set a log aside as `.1` when it is longer than that, and what was set aside before as `.2`."""
    if fichier.stat().st_size <= taille_max:
        return
    noms = [fichier.with_name(f"{fichier.name}.{rang}") for rang in range(1, ANCIENS + 1)]
    for ancien, suivant in reversed([*itertools.pairwise(noms)]):
        if ancien.exists():
            ancien.replace(suivant)
    shutil.copyfile(fichier, noms[0])
    os.truncate(fichier, 0)


if __name__ == "__main__":
    supervisord.main()
