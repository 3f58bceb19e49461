"""The verdict of the observability bench on exact numbers, and its switch: the bench is too much for every change."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from local.banc_observabilite import NU, TRACE, USUEL, Tour, _incertitude, _milieu, _rapporter
from local.lieux import RACINE

HUMEURS = [1.0, 2.0, 4.0]
BARE = [Tour(programmes=12.0 * humeur, autres=8.0 * humeur) for humeur in HUMEURS]


def dearer(tours: list[Tour], *ratios: float) -> list[Tour]:
    """The same rounds in other moods, with this much more CPU in our programs alone for each total."""
    return [
        Tour(programmes=3 * (tour.programmes + (ratio - 1) * tour.total), autres=3 * tour.autres)
        for tour, ratio in zip(tours, ratios, strict=True)
    ]


@pytest.mark.parametrize(
    ("usuel", "trace", "code", "ratios"),
    [
        ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), 0, ("1.000", "1.000")),
        # The middle of the rounds' own ratios: one bad round condemns nothing, and one good one saves nothing.
        ((1.04, 1.02, 3.0), (1.03, 9.0, 1.01), 0, ("1.040", "1.030")),
        ((1.06, 1.07, 0.5), (1.0, 1.0, 1.0), 1, ("1.060", "1.000")),
        ((1.0, 1.0, 1.0), (1.051, 1.06, 1.0), 1, ("1.000", "1.051")),
        # Traces are measured against the usual side, not against the bare one.
        ((1.04, 1.04, 1.04), (1.04, 1.04, 1.04), 0, ("1.040", "1.040")),
        ((1.2, 1.2, 1.2), (1.2, 1.2, 1.2), 1, ("1.200", "1.200")),
    ],
)
def test_a_ratio_above_its_bound_is_the_exit_code_whatever_the_machines_mood(
    usuel: tuple[float, ...], trace: tuple[float, ...], code: int, ratios: tuple[str, str]
) -> None:
    sortie = io.StringIO()
    habituels = dearer(BARE, *usuel)
    tours = {NU: BARE, USUEL: habituels, TRACE: dearer(habituels, *trace)}
    assert _rapporter(Console(file=sortie, width=200), tours) == code
    lignes = sortie.getvalue().splitlines()[-2:]
    for ligne, quoi, ratio in zip(lignes, ("métriques et journaux", "traces à 10 %"), ratios, strict=True):
        assert ligne.startswith(f"{quoi} : ratio {ratio} ± ")
        assert "(au plus 1.05) ; sans égard à l'humeur de la machine" in ligne


def test_what_makes_the_others_dearer_shows_in_the_plain_ratio() -> None:
    sortie = io.StringIO()
    pires = [Tour(programmes=tour.programmes, autres=1.5 * tour.autres) for tour in BARE]
    _rapporter(Console(file=sortie, width=200), {NU: BARE, USUEL: pires, TRACE: pires})
    assert sortie.getvalue().splitlines()[-2].endswith("1.200 ± 0.000")


def test_rounds_that_agree_leave_no_uncertainty_and_scattered_ones_some() -> None:
    assert (_milieu([1.0, 2.0, 3.0, 100.0]), _incertitude([1.02] * 50)) == (2.5, 0)
    assert 0 < _incertitude([1.0, 1.1] * 20) < 0.05


PROGRAMME = """
import logging, sys, time, types
sys.modules["prometheus_client"] = types.ModuleType("prometheus_client")  # as one that is being imported
time.sleep(0.3)
del sys.modules["prometheus_client"]
from pathlib import Path
from prometheus_client import Counter
from socle import traces, traces_sql
compteur = Counter("essai", "Essai")
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
for mode, muet, suivi in (("usuel", False, False), ("rien", True, False), ("traces", False, True)):
    Path(sys.argv[1]).write_text(mode)
    while (
        (logging.root.manager.disable >= logging.INFO) != muet
        or {traces.ACTIVES, "execute" in vars(traces_sql.CurseurTrace)} != {suivi}
    ):
        time.sleep(0.01)
    compteur.inc()
    logging.info("une ligne en %s", mode)
    logging.error("une erreur en %s", mode)
    print(compteur._value.get())
"""


def test_a_program_says_what_the_switch_tells_it_to_while_it_runs(tmp_path: Path) -> None:
    mode = tmp_path / "mode"
    mode.write_text("traces")
    environnement = os.environ | {
        "LABO_BASCULE": str(mode),
        "PYTHONPATH": f"{RACINE}/local/bascule:{RACINE}/socle/src",
    }
    fait = subprocess.run(
        [sys.executable, "-c", PROGRAMME, str(mode)], env=environnement, capture_output=True, text=True, timeout=20
    )
    assert fait.stdout.splitlines() == [
        "une ligne en usuel", "une erreur en usuel", "1.0",
        "une erreur en rien", "1.0",
        "une ligne en traces", "une erreur en traces", "2.0",
    ], fait.stderr  # fmt: skip
