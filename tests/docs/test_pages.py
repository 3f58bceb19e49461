"""The written record leads somewhere and says what can be run: links, anchors, snippets, pictures, decisions."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from local import cli
from local.lieux import RACINE
from tests.architecture.regles import fichiers_suivis

PAGES = sorted(RACINE / fichier.chemin for fichier in fichiers_suivis() if fichier.chemin.endswith(".md"))
DIAGRAMMES = sorted((RACINE / "docs" / "arc42" / "diagrammes").glob("*.puml"))
DECISIONS = sorted((RACINE / "docs" / "adr").glob("0*.md"))
_LIEN = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")
_BLOC = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def nom(page: Path) -> str:
    """A page as it is called in a report."""
    return page.relative_to(RACINE).as_posix()


@cache
def ancres(page: Path) -> set[str]:
    """The anchors of a page, as GitHub and MkDocs make them from its titles."""
    titres = re.findall(r"^#+ (.*)$", _sans_blocs(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", titre.lower()).strip().replace(" ", "-") for titre in titres}


def _sans_blocs(texte: str) -> str:
    return re.sub(r"^```.*?^```", "", texte, flags=re.MULTILINE | re.DOTALL)


def liens_morts(page: Path, texte: str) -> list[str]:
    """Targets of links inside the repository that do not exist."""
    morts = []
    for cible in _LIEN.findall(_sans_blocs(texte)):
        if re.match(r"[a-z]+:", cible):
            continue
        chemin, _, ancre = cible.partition("#")
        vise = (page.parent / chemin).resolve() if chemin else page
        if not vise.exists() or (ancre and vise.suffix == ".md" and ancre not in ancres(vise)):
            morts.append(cible)
    return morts


@pytest.mark.parametrize("page", PAGES, ids=nom)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert liens_morts(page, page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("cible", ["absent.md", "../adr/0099-x.md", "#nulle-part", "index.md#nulle-part"])
def test_a_dead_link_is_seen(cible: str) -> None:
    assert liens_morts(RACINE / "docs" / "index.md", f"[x]({cible})") == [cible]


@pytest.mark.parametrize("page", PAGES, ids=nom)
def test_every_snippet_is_what_it_says_it_is(page: Path) -> None:
    for langue, code in _BLOC.findall(page.read_text(encoding="utf-8")):
        if langue in ("bash", "sh"):
            verdict = subprocess.run(["bash", "-n"], input=code, text=True, capture_output=True)
            assert verdict.returncode == 0, verdict.stderr
        elif langue == "python":
            ast.parse(code)
        elif langue == "json":
            json.loads(code)
        elif langue in ("yaml", "yml"):
            yaml.safe_load(code)


@pytest.mark.parametrize("page", PAGES, ids=nom)
def test_every_command_named_exists(page: Path) -> None:
    texte = page.read_text(encoding="utf-8")
    connues = {c.name or c.callback.__name__ for c in cli.application.registered_commands if c.callback}
    connues |= {groupe.name for groupe in cli.application.registered_groups}
    assert set(re.findall(r"\./labo ([a-z][a-z-]+)", texte)) <= connues
    modules = set(re.findall(r"python -m ((?:local|tests|monitoring)(?:\.\w+)*)", texte))
    assert [m for m in modules if not _module(m)] == []
    scripts = set(re.findall(r"(?:sh|python) ((?:docker|tests|kong)/[\w./-]+)", texte))
    assert [chemin for chemin in scripts if not (RACINE / chemin).is_file()] == []


def _module(nom_du_module: str) -> bool:
    chemin = RACINE / nom_du_module.replace(".", "/")
    return chemin.with_suffix(".py").is_file() or (chemin / "__main__.py").is_file()


@pytest.mark.parametrize("source", DIAGRAMMES, ids=lambda source: source.stem)
def test_a_picture_is_that_of_its_source(source: Path) -> None:
    """PlantUML writes the source it drew into the picture."""
    image = source.with_suffix(".svg").read_text(encoding="utf-8")
    dessinee = _sans_espaces(re.findall(r"@startuml.*?@enduml", image, re.DOTALL)[0])
    assert dessinee == _sans_espaces(source.read_text(encoding="utf-8")), "docs/arc42/diagrammes/rendre.sh"


def _sans_espaces(texte: str) -> str:
    return re.sub(r"[\s-]+", "", texte)


def test_the_report_has_its_twelve_sections_and_shows_every_picture() -> None:
    texte = (RACINE / "docs" / "arc42" / "index.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d+)\.", texte, re.MULTILINE) == [str(n) for n in range(1, 13)]
    assert set(re.findall(r"diagrammes/([\w-]+)\.svg", texte)) == {source.stem for source in DIAGRAMMES}


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_its_price(page: Path) -> None:
    texte = page.read_text(encoding="utf-8")
    assert re.findall(r"^\*\*(\w+)\.\*\*", texte, re.MULTILINE) == ["Context", "Options", "Decision", "Consequences"]
    assert "Good:" in texte
    assert "Bad:" in texte
    assert f"]({page.name})" in (page.parent / "README.md").read_text(encoding="utf-8")


def test_numbers_of_decisions_follow_each_other() -> None:
    assert [page.name[:4] for page in DECISIONS] == [f"{n:04d}" for n in range(1, len(DECISIONS) + 1)]


def test_the_navigation_names_pages_that_exist() -> None:
    texte = (RACINE / "mkdocs.yml").read_text(encoding="utf-8")
    nommees = set(re.findall(r": ([\w./-]+\.md)$|- ([\w./-]+\.md)$", texte, re.MULTILINE))
    pages = {un or autre for un, autre in nommees}
    assert {page for page in pages if not (RACINE / "docs" / page).is_file()} == set()


def test_the_changelog_names_the_version_of_the_contract() -> None:
    from local.documents import VERSION

    assert f"## {VERSION}\n" in (RACINE / "CHANGELOG.md").read_text(encoding="utf-8")
