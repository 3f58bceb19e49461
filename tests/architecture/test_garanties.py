"""docs/garanties.md: every invariant and every fault, its mechanism, and tests that exist and quote its number."""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.architecture.regles import RACINE

PAGE = RACINE / "docs" / "garanties.md"
NUMEROS = [*(f"I{n}" for n in range(1, 10)), *(f"F{n}" for n in range(1, 44))]
_LIGNE = re.compile(r"^\| ([IF]\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_LIEN = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


@dataclass(frozen=True)
class Garantie:
    """One row: links are (text, path relative to the page)."""

    numero: str
    mecanismes: list[tuple[str, str]]
    tests: list[tuple[str, str]]


def lire(page: str) -> list[Garantie]:
    """The rows of the page."""
    return [
        Garantie(numero, _LIEN.findall(mecanisme), _LIEN.findall(tests))
        for numero, _, mecanisme, tests in _LIGNE.findall(page)
    ]


@functools.cache
def collectes(fichier: Path) -> frozenset[str]:
    """Names of the test functions that pytest collects from a file: `test_*.py` below the `tests` of a suite."""
    dossier = next((d for d in fichier.parents if d.name == "tests"), None)
    configure = dossier is not None and "[tool.pytest.ini_options]" in _lu(dossier.parent / "pyproject.toml")
    if not (configure and fichier.name.startswith("test_") and fichier.suffix == ".py" and fichier.is_file()):
        return frozenset()
    arbre = ast.parse(fichier.read_text())
    return frozenset(n.name for n in arbre.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_"))


def _lu(fichier: Path) -> str:
    return fichier.read_text() if fichier.is_file() else ""


def ecarts(page: str, dossier: Path = PAGE.parent) -> list[str]:
    """What the page lacks, repeats, or says wrongly."""
    garanties = lire(page)
    vus = [g.numero for g in garanties]
    fautes = [f"{n}: not on the page" for n in NUMEROS if n not in vus]
    fautes += [f"{n}: twice on the page" for n in sorted(set(vus)) if vus.count(n) > 1]
    for garantie in garanties:
        fautes += [f"{garantie.numero}: {faute}" for faute in _ecarts_d_une(garantie, dossier)]
    return fautes


def _ecarts_d_une(garantie: Garantie, dossier: Path) -> list[str]:
    fautes = [f"{lien} does not exist" for _, lien in garantie.mecanismes if not (dossier / lien).resolve().is_file()]
    if not garantie.mecanismes:
        fautes.append("no mechanism")
    if not garantie.tests:
        fautes.append("no test")
    for nom, lien in garantie.tests:
        if nom not in collectes((dossier / lien).resolve()):
            fautes.append(f"{nom} is not a test of {lien}")
        elif garantie.numero.startswith("F") and not re.search(rf"_{garantie.numero}_", nom):
            fautes.append(f"{nom} does not quote {garantie.numero}")
    return fautes


def test_every_guarantee_has_its_mechanism_and_tests_that_exist() -> None:
    assert ecarts(PAGE.read_text()) == []


_BONNE = (
    "| F1 | once | [the barrier](../socle/src/socle/barriere/barriere.py) | "
    "[test_F1_the_same_action_in_turn_has_one_effect_and_identical_answers]"
    "(../socle/tests/integration/test_barriere.py) |"
)


def sur(page: str) -> list[str]:
    """What is wrong with the one row of this page (every other number is missing, of course)."""
    return [e for e in ecarts(page) if e == "F1: not on the page" or not e.endswith("not on the page")]


def test_a_good_row_has_nothing_wrong() -> None:
    assert sur(_BONNE) == []


@pytest.mark.parametrize(
    ("avant", "apres", "ecart"),
    [
        ("| F1 |", "| F99 |", "F1: not on the page"),
        ("barriere/barriere.py", "barriere/absent.py", "F1: ../socle/src/socle/barriere/absent.py does not exist"),
        ("in_turn", "in_time", "is not a test of"),
        ("test_barriere.py", "outils.py", "is not a test of"),
        ("socle/tests/integration/test_barriere", "docs/test_barriere", "is not a test of"),
        ("| F1 |", "| F2 |", "does not quote F2"),
        (_BONNE, f"{_BONNE}\n{_BONNE}", "F1: twice on the page"),
        (" | [test", " | test", "F1: no test"),
    ],
)
def test_a_page_that_has_rotted_is_seen(avant: str, apres: str, ecart: str) -> None:
    assert any(ecart in e for e in sur(_BONNE.replace(avant, apres)))
