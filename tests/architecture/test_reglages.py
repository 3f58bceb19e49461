"""docs/reglages.md names every setting with its default, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.regles import Fichier, fichiers_suivis

RACINE = Path(__file__).resolve().parents[2]
PAGE = RACINE / "docs" / "reglages.md"
PROGRAMMES = ("lab7-workers/", "event-store/")
_LIGNE = re.compile(r"^\| (`[A-Z][^|]*) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_VARIABLE = re.compile(r"`([A-Z][A-Z0-9_]+)`")


def documentes(page: str) -> dict[str, str]:
    """Cell of the defaults by variable, over every table of the page (a variable may have two lines)."""
    cellules: dict[str, str] = {}
    for noms, defaut, _sens in _LIGNE.findall(page):
        for nom in _VARIABLE.findall(noms):
            cellules[nom] = cellules.get(nom, "") + " " + defaut
    return cellules


def champs(fichier: Fichier) -> Iterator[tuple[str, str]]:
    """(variable, default as text) of every field of a `Config…` class; `required` for one without a default."""
    for classe in ast.walk(fichier.arbre):
        if isinstance(classe, ast.ClassDef) and classe.name.startswith("Config"):
            for membre in classe.body:
                if isinstance(membre, ast.AnnAssign) and isinstance(membre.target, ast.Name):
                    yield membre.target.id.upper(), _defaut(membre.value)


def _defaut(valeur: ast.expr | None) -> str:
    """The literal behind `x`, `Field(x, …)`, `SecretStr(x)` or `UUID(x)`."""
    if isinstance(valeur, ast.Call):
        return _defaut(valeur.args[0] if valeur.args else None)
    if valeur is None:
        return "required"
    return str(ast.literal_eval(valeur)) or "empty"


def lues(fichier: Fichier) -> set[str]:
    """Variables a file reads by `os.environ` (a WSGI environment is none), the system's own excepted."""
    return set(re.findall(r"os\.environ(?:\.get\(|\[|\.setdefault\()\s*\"([A-Z][A-Z0-9_]+)\"", fichier.texte)) - {
        "PATH"
    }


def code() -> list[Fichier]:
    """Python of the services, of the workers, of the event store and of the socle that the platform runs."""
    racines = (*(p.name + "/" for p in RACINE.glob("service-*")), *PROGRAMMES, "socle/src/", "local/")
    return [
        f for f in fichiers_suivis() if f.chemin.startswith(racines) and f.chemin.endswith(".py") and not f.est_un_test
    ]


def ecarts(page: str, fichiers: list[Fichier]) -> list[str]:
    """What the page lacks or says wrongly about the settings of these files."""
    connus = documentes(page)
    fautes = []
    for fichier in fichiers:
        for nom in sorted(lues(fichier) - set(connus)):
            fautes.append(f"{fichier.chemin} reads {nom}: not on the page")
        for nom, defaut in champs(fichier):
            # A base class asks each service for its own database: the services' lines say which.
            ecrit = defaut if defaut in ("empty", "required") else f"`{defaut}`"
            if nom not in connus or (ecrit not in connus[nom] and defaut != "required"):
                fautes.append(f"{fichier.chemin}: {nom} = {defaut} is not on the page")
    return fautes


def test_every_setting_is_documented_with_its_default() -> None:
    assert ecarts(PAGE.read_text(), code()) == []


def test_every_program_has_settings_that_the_page_is_checked_against() -> None:
    avec = {fichier.chemin.split("/")[0] for fichier in code() if list(champs(fichier))}
    programmes = {p.name for p in RACINE.glob("service-*")} | {nom.rstrip("/") for nom in PROGRAMMES} | {"socle"}
    assert avec == programmes


def test_the_page_names_no_setting_that_does_not_exist() -> None:
    texte = "\n".join(
        f.texte
        for f in fichiers_suivis()
        if f.chemin.startswith(("local/", "socle/", "service-", *PROGRAMMES, "kong/"))
    )
    inconnues = [nom for nom in documentes(PAGE.read_text()) if nom not in texte and nom.lower() not in texte]
    assert inconnues == []


@pytest.mark.parametrize(
    "source",
    [
        "class Config(ConfigDjango):\n    nouveau_reglage: int = 3",
        "class ConfigX(ConfigBase):\n    max_retries: Annotated[int, Field(ge=0)] = 7",
        'VALEUR = os.environ.get("NOUVEAU_REGLAGE", "")',
    ],
)
def test_an_undocumented_setting_or_default_is_seen(source: str) -> None:
    assert len(ecarts(PAGE.read_text(), [Fichier("service-x/x/settings.py", source)])) == 1
