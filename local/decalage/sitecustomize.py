"""Gives a program a clock of its own (F40), in the fault laboratory only: Python imports this before anything else.

`LABO_HOME/run/horloges/<program>` holds the seconds by which its host's clock is wrong, read once, at start. The clock
of the database stays right: it is the one that rules.
"""

import os
import time
from pathlib import Path

_FICHIER = Path(os.environ.get("LABO_HOME", ""), "run", "horloges", os.environ.get("LABO_PROGRAMME", ""))

if _FICHIER.is_file():
    import time_machine

    time_machine.travel(time.time() + float(_FICHIER.read_text()), tick=True).start()
