"""Each guided lab is played on a running platform, command by command, and shows what its page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local import fautes
from local.cli import application
from local.composants import SERVICES, ports
from local.labs import LABS
from local.lieux import RACINE
from local.processus import ErreurLabo
from socle import points
from tests.commun.monde import Monde
from tests.e2e.conftest import attendre_le_calme, remettre_en_etat
from tests.fautes.interrupteurs import Interrupteurs
from tests.labs.pages import DOSSIER, Regard, commandes, pages, regard, script

SECTIONS = ["Set up", "Play", "What to look at", "What to understand", "How it is guaranteed"]
LENTS = {
    "01-order-service-down.md",
    "04-flush-redis.md",
    "05-past-the-lease.md",
    "08-breaker.md",
    "09-stuck-compensation.md",
}

_METRIQUE = re.compile(r'(?:Counter|Gauge|Histogram|GaugeMetricFamily)\(\s*"(\w+)"')
_RESOUDRE = """
import sys, django
django.setup()
from django.urls import Resolver404, resolve
for chemin in sys.argv[1:]:
    try:
        resolve(chemin)
    except Resolver404:
        print(chemin)
"""


def metriques_declarees() -> set[str]:
    """Names of the metrics that the code makes."""
    dossiers = ["socle/src", *(f"{service.dossier}/{service.paquet}" for service in SERVICES)]
    return {nom for d in dossiers for f in (RACINE / d).rglob("*.py") for nom in _METRIQUE.findall(f.read_text())}


def sans_route(chemins: list[str]) -> list[str]:
    """Those of these paths that magasin has no route for."""
    reglages = {"DJANGO_SETTINGS_MODULE": "magasin.settings", "PYTHONPATH": f"{RACINE}/socle/src:{RACINE}"}
    secrets = dict.fromkeys(("INTERNAL_TOKEN", "SECRET_KEY", "POSTGRES_PASSWORD"), "secret-de-seize-lettres")
    fait = subprocess.run(
        [sys.executable, "-c", _RESOUDRE, *chemins],
        cwd=RACINE / "service-magasin", env={**os.environ, **reglages, **secrets}, capture_output=True, text=True,
    )  # fmt: skip
    assert fait.returncode == 0, fait.stderr
    return fait.stdout.split()


def noms_absents(regards: list[Regard]) -> list[str]:
    """What these tell to look at and does not exist: routes of the console, metrics, addresses where they are shown."""
    programmes = {port: nom for nom, port in ports(SERVICES, 0).items()}
    consoles = [urlsplit(re.sub(r"\$\w+", str(uuid.uuid4()), regard.console)) for regard in regards]
    absents = [console.geturl() for console in consoles if programmes.get(console.port or 0) != "magasin"]
    absents += sans_route([console.path for console in consoles])
    absents += sorted({regard.metrique for regard in regards} - metriques_declarees())
    exposees = [urlsplit(regard.exposee) for regard in regards]
    return absents + [e.geturl() for e in exposees if e.port not in programmes or e.path != "/metrics"]


@pytest.fixture
def labo(monde: Monde) -> Iterator[Monde]:
    """Whatever the lab broke is mended."""
    yield monde
    Interrupteurs(monde.plateforme).eteindre()
    remettre_en_etat(monde)
    attendre_le_calme(monde)


@pytest.mark.parametrize(
    "page", [pytest.param(p, id=p.stem, marks=pytest.mark.long if p.name in LENTS else ()) for p in pages()]
)
def test_the_lab_shows_what_its_page_says(page: Path, labo: Monde, tmp_path: Path) -> None:
    lieux = labo.plateforme.lieux
    environnement = {
        **os.environ,
        "LABO_HOME": str(lieux.maison),
        "LABO_PORT_OFFSET": str(lieux.decalage),
        "PYTHONPATH": f"{RACINE}/socle/src:{RACINE}",
        "COLUMNS": "200",
    }
    joue = subprocess.run(
        ["bash", "-c", script(page, f"{sys.executable} -m local", tmp_path, lieux.decalage)],
        cwd=RACINE, env=environnement, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert joue.returncode == 0, f"{joue.stdout[-3000:]}\n{joue.stderr[-1000:]}"


def test_the_command_arms_shows_and_refuses_points(labo: Monde) -> None:
    plateforme = labo.plateforme
    fautes.armer(plateforme, "saga-reprise-1", "relais.avant_xadd", "delai", nombre=3, secondes=0.1)
    armees = fautes.armer(plateforme, "saga-1", "saga.apres_fin", "erreur", nombre=1, secondes=0)["fautes"]
    assert [(f["point"], f["nombre"]) for f in armees] == [("relais.avant_xadd", 3), ("saga.apres_fin", 1)]
    for programme, point in (
        ("saga-1", "saga.apres_la_fin"),
        ("postgres", "saga.apres_fin"),
        ("rien", "saga.apres_fin"),
    ):
        with pytest.raises(ErreurLabo):
            fautes.armer(plateforme, programme, point, "erreur", nombre=1, secondes=0)
    fautes.eteindre(plateforme, "saga-1")
    assert fautes.lire(plateforme, "saga-reprise-1")["fautes"] == []


def test_every_lab_has_its_page_and_every_page_its_lab() -> None:
    assert sorted(lab.page for lab in LABS.values()) == [p.name for p in pages()]
    assert len(LABS) >= 8
    accueil = (DOSSIER / "README.md").read_text()
    for nom, lab in LABS.items():
        premiere = commandes(DOSSIER / lab.page)[0]
        assert premiere.ligne == f'eval "$(./labo lab {nom})"', f"{lab.page}: one command sets up"
        assert f"]({lab.page})" in accueil


@pytest.mark.parametrize("page", pages(), ids=lambda p: p.stem)
def test_a_page_has_its_sections_links_that_exist_and_commands_that_exist(page: Path) -> None:
    texte = page.read_text()
    assert re.findall(r"^## (.+)$", texte, re.MULTILINE) == SECTIONS
    for lien in re.findall(r"\]\(([^)]+)\)", texte):
        assert (page.parent / lien).resolve().is_file(), lien
    garantie = texte.split("## How it is guaranteed")[1]
    assert re.search(r"\.\./\.\./\S+\.py\)", garantie), "no link to the code"
    connues = {c.name or (c.callback.__name__ if c.callback else "") for c in application.registered_commands}
    lues = commandes(page)
    for mot in {m for c in lues for m in re.findall(r"\./labo (\w+)", c.ligne)}:
        assert mot in connues, f"./labo {mot}"
    for point in re.findall(r"\./labo faute \S+ ([a-z_]+\.[\w.]+)", texte):
        assert points.trouver(point), point
    assert sum(bool(c.attendu) for c in lues) >= 2, "a lab shows something"
    assert subprocess.run(["bash", "-n", "-c", script(page, "labo", DOSSIER)], check=False).returncode == 0


def test_what_a_page_tells_to_look_at_exists() -> None:
    assert noms_absents([regard(page) for page in pages()]) == []


def test_what_a_page_tells_to_look_at_and_does_not_exist_is_seen() -> None:
    bon = regard(pages()[0])
    faux = replace(
        bon, console="http://localhost:8001/console/absente/", metrique="absente_total", exposee="http://localhost:8999/metrics"
    )  # fmt: skip
    assert noms_absents([bon, faux]) == [
        "http://localhost:8001/console/absente/", "/console/absente/", "absente_total", "http://localhost:8999/metrics",
    ]  # fmt: skip
