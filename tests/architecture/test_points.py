"""Fault points: the code, the catalogue and docs/fautes.md know the same ones."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from tests.architecture.regles import RACINE, Fichier, fichiers_suivis

PAGE = RACINE / "docs" / "fautes.md"
_LIGNE = re.compile(r"^\| `([a-z_]+\.[^`]+)` \| ([^|]+) \| (✓|) ?\|$", re.MULTILINE)

Declares = dict[str, tuple[str, bool]]
"""Moment and whether the effect can be doubled, by name."""


def code() -> list[Fichier]:
    """Python that runs in production."""
    debuts = ("socle/src/", "service-", "event-store/", "lab7-workers/")
    return [
        f for f in fichiers_suivis() if f.chemin.startswith(debuts) and f.chemin.endswith(".py") and not f.est_un_test
    ]


def appeles(fichiers: list[Fichier]) -> Counter[str]:
    """Names given to `fautes.point(…)`; what varies in one is `{}`."""
    noms: Counter[str] = Counter()
    for noeud in (n for f in fichiers if "point(" in f.texte for n in ast.walk(f.arbre)):
        if isinstance(noeud, ast.Call) and ast.unparse(noeud.func) == "fautes.point":
            noms.update(_noms(noeud.args[0]))
    return noms


def _noms(argument: ast.expr) -> list[str]:
    if isinstance(argument, ast.IfExp):
        return [*_noms(argument.body), *_noms(argument.orelse)]
    if isinstance(argument, ast.JoinedStr):
        return ["".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in argument.values)]
    return [ast.literal_eval(argument)]


def declares(fichiers: list[Fichier]) -> Declares:
    """`Point(name, moment, double=…)` of every `points.py`."""
    points: Declares = {}
    for noeud in (n for f in fichiers if f.parties[-1] == "points.py" for n in ast.walk(f.arbre)):
        if isinstance(noeud, ast.Call) and ast.unparse(noeud.func) == "Point":
            nom, moment = (ast.literal_eval(a) for a in noeud.args)
            assert nom not in points, f"{nom} is declared twice"
            points[nom] = (moment, any(m.arg == "double" and ast.literal_eval(m.value) for m in noeud.keywords))
    return points


def ecarts(fichiers: list[Fichier]) -> list[str]:
    """Points met and not declared, or declared and met nowhere."""
    du_code, connus = set(appeles(fichiers)), declares(fichiers)
    ouverts = [n for n in du_code if not any(_couvre(connu, n) for connu in connus)]
    vides = [connu for connu in connus if not any(_couvre(connu, n) for n in du_code)]
    return [f"{n}: not declared" for n in sorted(ouverts)] + [f"{n}: met nowhere" for n in sorted(vides)]


def _couvre(declare: str, appele: str) -> bool:
    """`saga.avant_{}.{}` of the code stands for every declared point of that form."""
    motif = re.escape(appele).replace(r"\{\}", r"(\{\w+\}|[a-z_]+)")
    return re.fullmatch(motif, declare) is not None


def test_every_point_of_the_code_is_declared_once_and_every_declared_point_is_met() -> None:
    assert ecarts(code()) == []


def test_the_page_lists_the_catalogue_and_nothing_else() -> None:
    page = [(nom, (moment, bool(double))) for nom, moment, double in _LIGNE.findall(PAGE.read_text())]
    assert len(page) == len(dict(page))
    assert dict(page) == declares(code())


@pytest.mark.parametrize(
    ("declare", "appele", "ecart"),
    [
        ("a.b", "fautes.point('a.c')", ["a.c: not declared", "a.b: met nowhere"]),
        ("a.{x}", "fautes.point(f'a.{nom}')", []),
        ("a.{x}", "fautes.point(f'a.b.{nom}')", ["a.b.{}: not declared", "a.{x}: met nowhere"]),
        ("a.b", "fautes.point('a.b' if x else 'a.c')", ["a.c: not declared"]),
    ],
)
def test_a_difference_is_seen(declare: str, appele: str, ecart: list[str]) -> None:
    table = Fichier("service-x/x/points.py", f"declarer(Point({declare!r}, 'm'))")
    assert ecarts([table, Fichier("service-x/x/a.py", appele)]) == ecart


def test_a_point_declared_twice_is_seen() -> None:
    table = Fichier("service-x/x/points.py", "declarer(Point('a.b', 'm'), Point('a.b', 'n'))")
    with pytest.raises(AssertionError, match=r"a\.b is declared twice"):
        declares([table])
