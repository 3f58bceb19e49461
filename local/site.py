"""`./labo docs`: the documentation as a site, from docs/ and mkdocs.yml. Its packages are none of the platform's."""

from __future__ import annotations

import subprocess
from pathlib import Path

from local.annexe import interpreteur
from local.lieux import RACINE
from local.processus import ErreurLabo

VERROU = RACINE / "docs" / "requirements.lock"
REGLAGES = RACINE / "mkdocs.yml"
SORTIE = RACINE / "build" / "site"


def interprete(maison: Path) -> Path:
    """The Python that builds it, in an environment that `maison` holds. Raises `ErreurLabo` when it cannot be had."""
    return interpreteur(maison / "docs-venv", VERROU, "de la documentation")


def construire(maison: Path, sortie: Path = SORTIE, reglages: Path = REGLAGES) -> Path:
    """Build the site in `sortie`; its first page. Raises `ErreurLabo` when a page is wrong.

    MkDocs counts no warning that it was told not to write: with `--quiet`, `--strict` would let everything pass.
    """
    ligne = [str(interprete(maison)), "-m", "mkdocs", "build", "--strict"]
    ligne += ["--config-file", str(reglages), "--site-dir", str(sortie)]
    fait = subprocess.run(ligne, cwd=RACINE, capture_output=True, text=True)
    if fait.returncode != 0:
        raise ErreurLabo(f"Documentation : {fait.stderr.strip()[-1500:]}")
    return sortie / "index.html"
