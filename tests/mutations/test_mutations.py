"""`./labo test mutations`: the checker sees every planted defect, and sees nothing under the same faults without it.

Outside the short suite: each defect has a platform of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from local.chaos import mener, plateforme_isolee
from local.chaos_plan import Panne
from local.lieux import RACINE
from tests.chaos.rapport import Rapport
from tests.mutations.defauts import DEFAUTS, DUREE_S, Defaut

GRAINE = 11
_CODE = ("socle", "kong", "local", "event-store", "lab7-workers", "service-*")
_REPOS_S = 15.0


def copier(racine: Path) -> Path:
    """The code of the platform, without what runs made of it."""
    for motif in _CODE:
        for dossier in RACINE.glob(motif):
            shutil.copytree(dossier, racine / dossier.name, ignore=shutil.ignore_patterns("__pycache__", ".*", "tests"))
    return racine


def essayer(racine: Path, plan: Sequence[Panne], repos_s: float) -> Rapport:
    """One drive under these faults."""
    console = Console()
    with plateforme_isolee(racine) as atelier:
        rapport = mener(atelier, GRAINE, plan, console, duree_s=DUREE_S, repos_max_s=repos_s)
    rapport.montrer(console)
    return rapport


@pytest.mark.parametrize("defaut", DEFAUTS, ids=lambda defaut: defaut.nom)
def test_the_checker_sees_the_defect(defaut: Defaut, tmp_path: Path) -> None:
    defaut.planter(copier(tmp_path))
    rapport = essayer(tmp_path, defaut.plan(), _REPOS_S)
    assert defaut.attendus & {violation.invariant for violation in rapport.violations}


@pytest.mark.parametrize("moitie", [DEFAUTS[::2], DEFAUTS[1::2]], ids=["odd", "even"])
def test_the_same_faults_break_nothing_in_the_code_as_it_is(moitie: Sequence[Defaut]) -> None:
    """Half of them at once: under all of them hardly anybody would buy anything."""
    tout = sorted((panne for defaut in moitie for panne in defaut.plan()), key=lambda panne: panne.debut_s)
    assert essayer(RACINE, tout, 30.0).violations == []
