"""The import rules of `.importlinter` hold, and each of them can fail: a planted violation breaks exactly it."""

from __future__ import annotations

import configparser
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RACINE = Path(__file__).resolve().parents[2]
REGLES = RACINE / ".importlinter"
CHEMINS = [RACINE / "socle" / "src", *sorted(RACINE.glob("service-*")), RACINE]
_ENTETE = "importlinter:contract:"


def contrats() -> set[str]:
    """Ids of the rules."""
    lecteur = configparser.ConfigParser()
    lecteur.read(REGLES)
    return {section.removeprefix(_ENTETE) for section in lecteur.sections() if section.startswith(_ENTETE)}


def verifier(*devant: Path, contrat: str = "") -> subprocess.CompletedProcess[str]:
    """Run the rules on the project, the packages below `devant` shadowing its own."""
    programme = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    options = ["--config", str(REGLES), "--no-cache", *(["--contract", contrat] if contrat else [])]
    return subprocess.run(
        [sys.executable, "-c", programme, *options],
        cwd=RACINE,
        env={**os.environ, "PYTHONPATH": ":".join(map(str, [*devant, *CHEMINS])), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )


def test_every_import_rule_holds() -> None:
    resultat = verifier()
    assert resultat.returncode == 0, resultat.stdout + resultat.stderr
    assert f"Contracts: {len(contrats())} kept, 0 broken." in resultat.stdout


# (rule, file to add to a copy of the package it lies in, its content)
VIOLATIONS = [
    ("domaine-pur", "catalogue/domain/intrus.py", "from django.db import models"),
    ("domaine-pur", "inventaire/domain/intrus.py", "import requests"),
    ("domaine-pur", "commandes/domain/intrus.py", "from socle.http import ClientHttp"),  # pycurl, through a helper
    ("domaine-pur", "ecommerce/domain/intrus.py", "import redis"),
    ("domaine-pur", "saga_orchestrator/domain/intrus.py", "import psycopg2.extras"),
    ("couches", "catalogue/domain/intrus.py", "from catalogue.application import ajouter"),
    ("couches", "inventaire/application/intrus.py", "from inventaire import infrastructure"),
    ("couches", "commandes/application/intrus.py", "import commandes.interfaces"),
    ("couches", "ecommerce/application/intrus.py", "from ecommerce import bootstrap"),
    ("couches", "saga_orchestrator/infrastructure/intrus.py", "from saga_orchestrator.interfaces import urls"),
    ("application-sans-cadre", "catalogue/application/intrus.py", "from django.conf import settings"),
    ("application-sans-cadre", "ecommerce/application/intrus.py", "def f() -> None:\n    import redis"),
    ("application-sans-cadre", "saga_orchestrator/application/intrus.py", "from socle.django import vues"),
    (
        "bootstrap-seul-choisit",
        "catalogue/interfaces/intrus.py",
        "from catalogue.infrastructure.models import ProduitLigne",
    ),
    (
        "bootstrap-seul-choisit",
        "saga_orchestrator/interfaces/intrus.py",
        "import saga_orchestrator.infrastructure.lectures",
    ),
    ("services-independants", "commandes/infrastructure/intrus.py", "from inventaire.domain import erreurs"),
    ("services-independants", "supply_chain/application/intrus.py", "from saga_orchestrator.domain import etats"),
    ("services-independants", "ecommerce/interfaces/intrus.py", "import saga_orchestrator.domain.etats"),
    ("socle-sans-metier", "socle/saga/intrus.py", "from saga_orchestrator.domain import etats"),
    ("socle-sans-metier", "socle/intrus.py", "from local import composants"),
    ("services-sans-labo", "commandes/interfaces/intrus.py", "from local import composants"),
    ("moteur-pur", "socle/saga/moteur.py", "from django.db import connection"),
    ("moteur-pur", "socle/saga/definition.py", "from socle import http"),
]


@pytest.mark.parametrize(("contrat", "fichier", "source"), VIOLATIONS)
def test_a_planted_import_breaks_its_rule(contrat: str, fichier: str, source: str, tmp_path: Path) -> None:
    paquet = fichier.split("/")[0]
    origine = next(chemin / paquet for chemin in CHEMINS if (chemin / paquet / "__init__.py").exists())
    shutil.copytree(origine, tmp_path / paquet, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / fichier).open("a") as plante:
        plante.write(f"\n{source}\n")
    resultat = verifier(tmp_path, contrat=contrat)
    assert resultat.returncode == 1, resultat.stdout + resultat.stderr
    assert "BROKEN" in resultat.stdout
    assert fichier.removesuffix(".py").replace("/", ".") in resultat.stdout.replace("\n", "")


def test_every_rule_has_a_planted_violation() -> None:
    assert {contrat for contrat, _, _ in VIOLATIONS} == contrats()


def test_every_service_is_under_the_rules() -> None:
    lecteur = configparser.ConfigParser()
    lecteur.read(REGLES)
    racines = set(lecteur["importlinter"]["root_packages"].split())
    services = {p.parent.name for p in RACINE.glob("service-*/*/settings.py")}
    assert services
    assert services <= racines
    for section in ("couches", "services-independants", "services-sans-labo"):
        valeurs = lecteur[_ENTETE + section]
        assert services <= set(" ".join(valeurs.values()).split()), section


def test_the_packages_checked_are_those_of_this_project() -> None:
    """An installed package of the same name would be checked in place of ours."""
    for paquet in ("socle", "local"):
        trouve = importlib.util.find_spec(paquet)
        assert trouve is not None
        assert Path(str(trouve.origin)).is_relative_to(RACINE)
