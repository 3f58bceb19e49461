"""`./labo docs`: the documentation as a site, from docs/ and mkdocs.yml.

Its packages are none of the platform's: they have a lock of their own and an environment of their own, made at the
first use and again when the lock changes.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from local.lieux import RACINE
from local.processus import ErreurLabo

VERROU = RACINE / "docs" / "requirements.lock"


def construire(maison: Path) -> Path:
    """Build the site; its first page. `maison` holds the environment. Raises `ErreurLabo` when a page is wrong."""
    python = _environnement(maison / "docs-venv")
    sortie = RACINE / "build" / "site"
    ligne = [str(python), "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(sortie)]
    fait = subprocess.run(ligne, cwd=RACINE, capture_output=True, text=True)
    if fait.returncode != 0:
        raise ErreurLabo(f"Documentation : {fait.stderr.strip()[-1500:]}")
    return sortie / "index.html"


def _environnement(dossier: Path) -> Path:
    """Its interpreter, with exactly the packages of the lock."""
    python, fait = dossier / "bin" / "python", dossier / "verrou"
    empreinte = hashlib.sha256(VERROU.read_bytes()).hexdigest()
    if not fait.exists() or fait.read_text() != empreinte:
        uv = [sys.executable, "-m", "uv"]
        commun = {"check": True, "capture_output": True, "text": True}
        try:
            subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(dossier)], **commun)  # type: ignore[call-overload]
            ligne = [*uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(VERROU)]
            subprocess.run(ligne, **commun)  # type: ignore[call-overload]
        except subprocess.CalledProcessError as erreur:
            raise ErreurLabo(f"Paquets de la documentation : {erreur.stderr.strip()[-500:]}") from erreur
        fait.write_text(empreinte)
    return python
