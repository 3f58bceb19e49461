"""The documentation as a site: a strict build, in which every link leads somewhere."""

from __future__ import annotations

import importlib.util
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from local import site
from local.lieux import RACINE
from local.processus import ErreurLabo

DOCS = RACINE / "docs"


class Page(HTMLParser):
    """Where a built page leads to, and what can be led to in it."""

    def __init__(self, fichier: Path) -> None:
        super().__init__()
        self.cibles: set[str] = set()
        self.ancres: set[str] = set()
        self.feed(fichier.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for nom, valeur in attrs:
            if nom in ("href", "src") and valeur:
                self.cibles.add(valeur)
            elif nom == "id" and valeur:
                self.ancres.add(valeur)


def mortes(racine: Path) -> list[str]:
    """`page -> target` for every link inside the site that leads nowhere."""
    pages = {fichier: Page(fichier) for fichier in sorted(racine.rglob("*.html"))}
    return [
        f"{fichier.relative_to(racine)} -> {cible}"
        for fichier, page in pages.items()
        for cible in sorted(page.cibles)
        if not _mene_quelque_part(racine, fichier, cible, pages)
    ]


def _mene_quelque_part(racine: Path, fichier: Path, cible: str, pages: dict[Path, Page]) -> bool:
    lu = urlsplit(cible)
    if lu.scheme or lu.netloc:
        return True
    chemin = unquote(lu.path)
    vise = racine / chemin.lstrip("/") if chemin.startswith("/") else fichier.parent / chemin
    vise = (vise if chemin else fichier).resolve()
    if vise.is_dir():
        vise /= "index.html"
    if not vise.is_file() or not vise.is_relative_to(racine):
        return False
    return vise not in pages or not lu.fragment or unquote(lu.fragment) in pages[vise].ancres


@pytest.fixture(scope="module")
def maison() -> Path:
    """The environment of `./labo docs`, made at its first use."""
    maison = RACINE / ".labo"
    try:
        site.interprete(maison)
    except ErreurLabo as erreur:
        pytest.skip(f"MkDocs cannot be had here: {erreur}")
    return maison


def test_every_link_of_the_site_leads_somewhere(maison: Path, tmp_path: Path) -> None:
    premiere = site.construire(maison, tmp_path / "site")
    assert premiere.is_file()
    assert mortes(tmp_path / "site") == []


@pytest.mark.parametrize("cible", ["absent.md", "../kong/absent.yml", "index.md#nulle-part", "/api/", "kong/"])
def test_a_page_with_a_dead_link_is_not_built(maison: Path, tmp_path: Path, cible: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(f"# Page\n\n[x]({cible})\n")
    reglages = tmp_path / "mkdocs.yml"
    reglages.write_text(f"INHERIT: {site.REGLAGES}\nhooks: [{DOCS / 'liens.py'}]\nnav: [index.md]\n")
    with pytest.raises(ErreurLabo, match=r"WARNING +- +Doc file 'index.md' contains"):
        site.construire(maison, tmp_path / "site", reglages)


@pytest.mark.parametrize("cible", ["absent/", "../dehors.html", "#nulle-part", "autre.html#nulle-part", "/absent.css"])
def test_a_dead_link_of_a_site_is_seen(tmp_path: Path, cible: str) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "dehors.html").touch()
    (tmp_path / "site" / "autre.html").write_text('<p id="ici"></p>')
    (tmp_path / "site" / "index.html").write_text(f'<a href="{cible}"></a><a href="autre.html#ici"></a>')
    assert mortes(tmp_path / "site") == [f"index.html -> {cible}"]


def ecrire(markdown: str, depot: str | None = None) -> str:
    """What the hook makes of a text of docs/labs."""
    modele = importlib.util.spec_from_file_location("liens", DOCS / "liens.py")
    assert modele is not None
    assert modele.loader is not None
    liens: Any = importlib.util.module_from_spec(modele)
    modele.loader.exec_module(liens)
    page = SimpleNamespace(file=SimpleNamespace(src_path="labs/x.md"))
    config = {"docs_dir": str(DOCS), "repo_url": depot}
    return str(liens.on_page_markdown(markdown, page=page, config=config, files=None))


@pytest.mark.parametrize(
    ("markdown", "attendu"),
    [
        ("[the gateway](../../kong/kong.yml)", "the gateway (`kong/kong.yml`)"),
        ("[kong.yml](../../kong/kong.yml) [a](../../labo)", "`kong/kong.yml` a (`labo`)"),
        ("[the command](../../README.md#the-command)", "the command (`README.md`)"),
    ],
)
def test_a_link_out_of_the_documentation_becomes_the_path_of_its_file(markdown: str, attendu: str) -> None:
    assert ecrire(markdown) == attendu


def test_a_link_out_of_the_documentation_leads_to_the_repository_where_there_is_one() -> None:
    depot = "https://git.example.org/sagas/"
    assert ecrire("[x](../../README.md#layout)", depot) == f"[x]({depot}blob/HEAD/README.md#layout)"


@pytest.mark.parametrize(
    "markdown",
    [
        "[in it](../api.md) [here](#x) [away](https://example.org/)",
        "[dead](../../kong/absent.yml) [dead too](../absent.md)",
        "`[x](../../kong/kong.yml)`",
        "```text\n[x](../../kong/kong.yml)\n```",
    ],
)
def test_everything_else_is_left_to_mkdocs(markdown: str) -> None:
    assert ecrire(markdown) == markdown
