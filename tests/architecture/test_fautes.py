"""Every fault of the list that this platform must survive has a test that quotes its number."""

from __future__ import annotations

import re

from tests.architecture.regles import Fichier, fichiers_suivis

FAUTES = [*range(1, 8), *range(9, 14), *range(16, 21), 22, 23, 25, 43]


def couvertes(fichiers: list[Fichier]) -> set[int]:
    """Numbers quoted in the names of tests."""
    tests = [f.texte for f in fichiers if f.est_un_test and f.chemin.endswith(".py")]
    return {int(n) for texte in tests for n in re.findall(r"^\s*def test_(?:\w*_)?F(\d+)_", texte, re.MULTILINE)}


def test_every_fault_has_a_test_named_after_it() -> None:
    assert sorted(set(FAUTES) - couvertes(fichiers_suivis())) == []


def test_a_fault_without_a_test_is_seen() -> None:
    assert couvertes([Fichier("tests/a.py", "def test_F11_crash(): ...\n# def test_F12_lost(): ...")]) == {11}
