"""kong.yml as a document: no secret in it, one key for each caller, and an environment that must complete it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kong.rendre import ErreurRendu, rendre
from local import composants, passerelle
from local.coffre import CONSOMMATEURS as INTERNES
from local.coffre import variable_cle
from local.processus import ErreurLabo
from tests.labo.conftest import CONSOMMATEURS, KONG, RACINE, environnement

TEXTE = KONG.read_text()


@pytest.fixture
def document() -> dict[str, Any]:
    return yaml.safe_load(rendre(TEXTE, environnement()))


def test_every_key_is_a_placeholder_and_every_caller_has_its_own() -> None:
    cles = re.findall(r"- key: (.*)", TEXTE)
    assert cles == [f'"${{{variable_cle(nom)}}}"' for nom in CONSOMMATEURS]
    assert [*INTERNES] == CONSOMMATEURS[1:]


def test_the_lab_key_is_written_in_one_place_of_the_code() -> None:
    suivis = subprocess.run(
        ["git", "grep", "-l", composants.CLE_DU_LABO, "--", "*.py", "*.yml", "*.j2", "labo"],
        cwd=RACINE,
        capture_output=True,
        text=True,
        check=False,
    )
    # The second is a program of its own, which anyone may run against any platform without this repository.
    assert suivis.stdout.split() == ["local/composants.py", "tests/test_saga_integration.py"]


def test_rendering_names_every_missing_variable() -> None:
    incomplet = environnement()
    del incomplet["KONG_KEY_WORKERS"]
    incomplet["KONG_KEY_MAGASIN"] = ""
    with pytest.raises(ErreurRendu, match=r"manquante : KONG_KEY_WORKERS, KONG_KEY_MAGASIN\.$"):
        rendre(TEXTE, incomplet)


def test_rendering_refuses_a_value_that_could_change_the_document_and_does_not_show_it() -> None:
    douteux = environnement() | {"KONG_KEY_WORKERS": 'x"\n- key: "autre'}
    with pytest.raises(ErreurRendu, match="KONG_KEY_WORKERS") as erreur:
        rendre(TEXTE, douteux)
    assert "autre" not in str(erreur.value)


def test_the_renderer_is_a_program_of_its_own(tmp_path: Path) -> None:
    ligne = [sys.executable, "-I", str(RACINE / "kong" / "rendre.py"), str(KONG)]
    bon = subprocess.run(ligne, env=environnement(), capture_output=True, text=True, check=True)
    assert bon.stdout == rendre(TEXTE, environnement())
    mauvais = subprocess.run(ligne, env={}, capture_output=True, text=True, check=False)
    assert mauvais.returncode == 1
    assert mauvais.stdout == ""
    assert mauvais.stderr.startswith("Variable d'environnement manquante : KONG_KEY_MAGASIN_APP,")


def test_only_the_public_consumer_is_limited(document: dict[str, Any]) -> None:
    limites = {
        c["username"]: greffon["config"]["minute"] for c in document["consumers"] for greffon in c.get("plugins", ())
    }
    assert limites == {"magasin-app": 60_000}


def test_a_key_is_required_everywhere_but_on_documentation(document: dict[str, Any]) -> None:
    assert [g["config"].get("anonymous") for g in document["plugins"] if g["name"] == "key-auth"] == [None]
    ouvertes = {
        route["name"]: (route["methods"], route["paths"])
        for service in document["services"]
        for route in service["routes"]
        for greffon in route.get("plugins", ())
        if greffon["name"] == "key-auth"
    }
    apis = ("catalogue", "inventaire", "commandes", "supply-chain", "ecommerce", "saga", "event-store")
    assert list(ouvertes) == [f"{nom}-documentation" for nom in apis]
    for methodes, chemins in ouvertes.values():
        assert methodes == ["GET", "HEAD", "OPTIONS"]
        assert all(chemin.startswith("~/api/") and chemin.endswith("$") for chemin in chemins)


def test_every_native_web_program_with_a_route_is_a_target_of_the_gateway(document: dict[str, Any]) -> None:
    cibles = {c["target"] for amont in document["upstreams"] for c in amont["targets"]}
    cibles |= {f"{service['host']}:{service['port']}" for service in document["services"] if "port" in service}
    natives = set(composants.adresses([service for service in composants.SERVICES if service.route], 0, {}))
    assert cibles == natives


def test_the_gateway_waits_longer_than_any_caller(document: dict[str, Any]) -> None:
    delais = {(s["connect_timeout"], s["read_timeout"], s["write_timeout"]) for s in document["services"]}
    assert delais == {(500, 60_000, 60_000)}


@pytest.mark.parametrize(
    ("avant", "apres", "attendu"),
    [
        ("name: file-log", "name: ip-restriction", "ip-restriction"),
        ("          policy: local", "          policy: local\n          hour: 3", "par minute"),
        ("hide_credentials: true\n  - name: req", "hide_credentials: false\n  - name: req", "cacher"),
        ("algorithm: round-robin", "algorithm: consistent-hashing", "round-robin"),
        ("preserve_host: true", "preserve_host: false", "preserve_host"),
        ("$(uri_captures.page or '')", "$(headers.x)", "transformation"),
    ],
)
def test_what_the_local_gateway_cannot_reproduce_is_an_error(avant: str, apres: str, attendu: str) -> None:
    assert avant in TEXTE
    with pytest.raises(ErreurLabo, match=attendu):
        passerelle.lire(rendre(TEXTE.replace(avant, apres, 1), environnement()), {})
