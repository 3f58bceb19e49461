"""The table of planted defects in docs/garanties.md: each mechanism, each defect, and none that has rotted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.lieux import RACINE
from tests.architecture.test_garanties import collectes, lire
from tests.mutations.defauts import DEFAUTS, Defaut

PAGE = RACINE / "docs" / "garanties.md"
NOMS = {defaut.nom for defaut in DEFAUTS}
_LIGNE = re.compile(r"^\| \[([^\]]+)\]\(([^)]+)\) \| (.+) \|$", re.MULTILINE)
_DEFAUT = re.compile(r"\*([^*]+)\*")
_LIEN = re.compile(r"\[(\w+)\]\(([^)]+)\)")


@dataclass(frozen=True)
class Rangee:
    """One row: the mechanism (text, link), the defects it names, the tests it names instead."""

    mecanisme: tuple[str, str]
    defauts: list[str]
    tests: list[tuple[str, str]]


def rangees(page: str) -> list[Rangee]:
    """The rows of the table."""
    return [Rangee((nom, lien), _DEFAUT.findall(dit), _LIEN.findall(dit)) for nom, lien, dit in _LIGNE.findall(page)]


def ecarts(page: str, dossier: Path = PAGE.parent) -> list[str]:
    """What the table lacks, repeats, or says wrongly."""
    lues = rangees(page)
    mecanismes = [rangee.mecanisme for rangee in lues]
    attendus = {mecanisme for garantie in lire(page) for mecanisme in garantie.mecanismes}
    nommes = [nom for rangee in lues for nom in rangee.defauts]
    fautes = [f"{nom}: no row" for nom, _ in sorted(attendus - set(mecanismes))]
    fautes += [f"{nom}: not a mechanism of the page" for nom, _ in sorted(set(mecanismes) - attendus)]
    fautes += [f"{nom}: two rows" for nom, _ in sorted(set(mecanismes)) if [m[0] for m in mecanismes].count(nom) > 1]
    fautes += [f"{nom}: no such defect" for nom in sorted(set(nommes) - NOMS)]
    fautes += [f"{nom}: a defect of no mechanism" for nom in sorted(NOMS - set(nommes))]
    fautes += [f"{r.mecanisme[0]}: neither a defect nor a test" for r in lues if not r.defauts and not r.tests]
    fautes += [
        f"{test} is not a test of {lien}"
        for rangee in lues
        for test, lien in rangee.tests
        if test not in collectes((dossier / lien).resolve())
    ]
    return fautes


def test_every_mechanism_has_a_planted_defect_or_says_which_test_stands_for_it() -> None:
    assert ecarts(PAGE.read_text()) == []


@pytest.mark.parametrize(
    ("avant", "apres", "ecart"),
    [
        ("\n| [the barrier](", "\n| [a wall](", "the barrier: no row"),
        ("\n| [the barrier](", "\n| [a wall](", "a wall: not a mechanism of the page"),
        ("\n| [the tracker](", "\n| [the inbox](../x.py) | y |\n| [the tracker](", "the inbox: two rows"),
        ("*the inbox remembers nothing*", "*the inbox forgets*", "the inbox forgets: no such defect"),
        ("*each batch begins a chain of its own*", "nothing", "each batch begins a chain of its own: a defect of no"),
        ("*each batch begins a chain of its own*", "nothing", "hash chain: neither a defect nor a test"),
        ("[test_F43_any_bytes_are_read_or_refused]", "[test_F43_any_bytes]", "test_F43_any_bytes is not a test of"),
    ],
)
def test_a_table_that_has_rotted_is_seen(avant: str, apres: str, ecart: str) -> None:
    page = PAGE.read_text()
    assert avant in page
    assert any(ecart in e for e in ecarts(page.replace(avant, apres)))


@pytest.mark.parametrize("defaut", DEFAUTS, ids=lambda defaut: defaut.nom)
def test_the_code_is_still_what_each_defect_was_written_against(defaut: Defaut, tmp_path: Path) -> None:
    for nom in {nom for nom, _, _ in defaut.coupes}:
        copie = tmp_path / nom
        copie.parent.mkdir(parents=True, exist_ok=True)
        copie.write_text((RACINE / nom).read_text())
    defaut.planter(tmp_path)
