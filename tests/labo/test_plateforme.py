"""A whole laboratory on free ports, with small services: start, breakage, crash of everything, restart, stop."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.composants import Fond, Service, Web
from local.lieux import RACINE
from local.plateforme import Plateforme

SERVICES = (
    Service(
        nom="catalogue",
        dossier="service-temoin",
        paquet="temoin",
        base="produits",
        route="/api/catalogue",
        rang=1,
        webs=tuple(Web(nom=f"catalogue-{n}", port=port) for n, port in ((1, 8001), (2, 8006), (3, 8007))),
    ),
    Service(
        nom="inventaire",
        dossier="service-temoin",
        paquet="temoin",
        base="inventaire",
        route="/api/inventaire",
        rang=2,
        consommateur="inventaire",
        webs=(Web(nom="inventaire", port=8002, classe="gthread", fils=2),),
        fonds=(Fond(nom="fond", commande="fond", instance="inventaire"),),
    ),
)


@pytest.fixture(scope="module")
def racine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A code tree with the witness service in place of the real ones."""
    dossier = tmp_path_factory.mktemp("racine")
    shutil.copytree(Path(__file__).parent / "temoins" / "service-temoin", dossier / "service-temoin")
    (dossier / "kong").symlink_to(RACINE / "kong")
    (dossier / "socle").symlink_to(RACINE / "socle")
    return dossier


@pytest.fixture(scope="module")
def plateforme(racine: Path) -> Iterator[Plateforme]:
    with Plateforme.ephemere(SERVICES, racine) as montee:
        yield montee


def appeler(plateforme: Plateforme, chemin: str) -> requests.Response:
    return requests.get(plateforme.urls["gateway"] + chemin, headers={"X-API-Key": plateforme.cle()}, timeout=5)


def test_everything_is_ready_through_the_gateway_when_start_returns(plateforme: Plateforme) -> None:
    vues = {appeler(plateforme, "/api/catalogue/x").json()["instance"] for _ in range(6)}
    assert vues == {"catalogue-1", "catalogue-2", "catalogue-3"}
    assert appeler(plateforme, "/api/inventaire/x").json() == {"instance": "inventaire", "passages": 1}
    assert all(plateforme.pret(nom) for nom in plateforme.superviseur.etats())
