"""The verdict of the observability bench, on exact numbers: its three platforms are too much for every change."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from local.banc_observabilite import NU, TRACE, USUEL, _incertitude, _milieu, _rapporter

TOURS = [10.0, 20.0, 40.0]


def juger(usuel: list[float], trace: list[float]) -> tuple[int, list[str]]:
    """The exit code, and the two lines of ratios."""
    sortie = io.StringIO()
    code = _rapporter(Console(file=sortie, width=200), {NU: TOURS, USUEL: usuel, TRACE: trace})
    return code, sortie.getvalue().splitlines()[-2:]


def fois(durees: list[float], *ratios: float) -> list[float]:
    return [duree * ratio for duree, ratio in zip(durees, ratios, strict=True)]


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
def test_a_ratio_above_its_bound_is_the_exit_code(
    usuel: tuple[float, ...], trace: tuple[float, ...], code: int, ratios: tuple[str, str]
) -> None:
    durees = fois(TOURS, *usuel)
    rendu, lignes = juger(durees, fois(durees, *trace))
    assert rendu == code
    for ligne, quoi, ratio in zip(lignes, ("métriques et journaux", "traces à 10 %"), ratios, strict=True):
        assert re.fullmatch(rf"{quoi} : ratio {ratio} ± \d\.\d{{3}} \(au plus 1\.05\)", ligne)


def test_rounds_that_agree_leave_no_uncertainty_and_scattered_ones_some() -> None:
    assert (_milieu([1.0, 2.0, 3.0, 100.0]), _incertitude([1.02] * 50)) == (2.5, 0)
    assert 0 < _incertitude([1.0, 1.1] * 20) < 0.05
