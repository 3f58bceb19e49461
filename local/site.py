"""`./labo docs`: the documentation as a site, from docs/ and mkdocs.yml. Its packages are none of the platform's."""

from __future__ import annotations

import subprocess
from pathlib import Path

from local.annexe import interpreteur
from local.lieux import RACINE
from local.processus import ErreurLabo

VERROU = RACINE / "docs" / "requirements.lock"


def construire(maison: Path) -> Path:
    """Build the site; its first page. `maison` holds the environment. Raises `ErreurLabo` when a page is wrong."""
    python = interpreteur(maison / "docs-venv", VERROU, "de la documentation")
    sortie = RACINE / "build" / "site"
    ligne = [str(python), "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(sortie)]
    fait = subprocess.run(ligne, cwd=RACINE, capture_output=True, text=True)
    if fait.returncode != 0:
        raise ErreurLabo(f"Documentation : {fait.stderr.strip()[-1500:]}")
    return sortie / "index.html"
