"""The distribution: what the wheel holds, and the README's own code running on nothing but the wheel."""

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from socle.http import ClientHttp
from tests.integration.outils import brute
from tests.serveur import couper, repondre, serveur

pytestmark = pytest.mark.django_db(transaction=True)

RACINE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def roue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network."""
    dossier = tmp_path_factory.mktemp("roue")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dossier)],
        cwd=RACINE, check=True, capture_output=True,
    )  # fmt: skip
    (fichier,) = dossier.glob("*.whl")
    return fichier


@pytest.fixture(scope="module")
def installe(roue: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an installer makes of it: a folder on the path."""
    dossier = tmp_path_factory.mktemp("installe")
    zipfile.ZipFile(roue).extractall(dossier)
    return dossier


def python(*arguments: str, chemin: Path, dossier: Path, **environnement: str) -> str:
    fini = subprocess.run(
        [sys.executable, *arguments],
        cwd=dossier,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(chemin), str(dossier))), **environnement},
        capture_output=True,
        text=True,
    )
    assert fini.returncode == 0, fini.stderr
    return fini.stdout


def blocs() -> dict[str, str]:
    """The README's Python blocks by the file name on their first line."""
    textes = re.findall(r"```python\n# (\S+)\n(.*?)```", (RACINE / "README.md").read_text(), re.S)
    return dict(textes)


def test_the_wheel_holds_types_and_migrations_and_no_test_of_ours(roue: Path) -> None:
    noms = set(zipfile.ZipFile(roue).namelist())
    assert noms >= {
        "socle/py.typed",
        "socle/django/management/commands/amorcer.py",
        "socle/barriere/migrations/0001_initial.py",
        "socle/idempotence/migrations/0001_initial.py",
    }
    assert not [n for n in noms if n.rpartition("/")[2].startswith("test_") or "__pycache__" in n]


def test_the_wheel_alone_can_be_imported(roue: Path, tmp_path: Path) -> None:
    sortie = python("-c", "import socle.django, socle.http; print(socle.__file__)", chemin=roue, dossier=tmp_path)
    assert sortie.strip() == str(roue / "socle" / "__init__.py")


@pytest.fixture
def base_neuve() -> Iterator[str]:
    """An empty database of its own."""
    nom = f"readme_{os.getpid()}"
    with closing(brute("postgres")) as lien, lien.cursor() as curseur:
        curseur.execute(f"CREATE DATABASE {nom}")
        yield nom
        curseur.execute(f"DROP DATABASE {nom} WITH (FORCE)")


def test_the_service_of_the_readme_works_as_it_says(installe: Path, tmp_path: Path, base_neuve: str) -> None:
    for nom, texte in blocs().items():
        fichier = tmp_path / nom
        fichier.parent.mkdir(parents=True, exist_ok=True)
        fichier.write_text(texte)
    for dossier in [d for d in (tmp_path / "reservations").rglob("*") if d.is_dir()] + [tmp_path / "reservations"]:
        (dossier / "__init__.py").touch()
    environnement = {"POSTGRES_DB": base_neuve, "POSTGRES_USER": connection.settings_dict["USER"]}
    reglages = ["--settings", "reservations.settings"]
    for _ in range(2):
        sortie = python("-m", "django", "amorcer", *reglages, chemin=installe, dossier=tmp_path, **environnement)
        assert sortie == "reservations : base à jour, données d'amorce présentes.\n"
    manquantes = python(
        "-m", "django", "makemigrations", "--check", "--dry-run", *reglages,
        chemin=installe, dossier=tmp_path, **environnement,
    )  # fmt: skip
    assert manquantes == "No changes detected\n"
    sortie = python("essai.py", chemin=installe, dossier=tmp_path, **environnement)
    assert sortie == "healthy\n"


def test_the_call_of_the_readme_says_what_happened() -> None:
    espace: dict[str, object] = {}
    exec(blocs()["appel.py"], espace)  # our own file
    reserver = espace["reserver"]
    assert callable(reserver)
    with serveur(repondre(201)) as voisin:
        espace["salle"] = ClientHttp(voisin.url, nom="reservations")
        assert reserver("r", 2) == {"fait": "oui"}
        assert (voisin.recues[0].entetes["idempotency-key"], voisin.recues[0].chemin) == ("r", "/reserver/")
        voisin.jouer(repondre(409))
        assert reserver("r", 2) == {"fait": "refusé"}
        voisin.jouer(couper)
        assert reserver("r", 2) == {"fait": "peut-être"}
    assert reserver("r", 2) == {"fait": "non"}
