"""Environments beside the platform's: what it does not need itself has a lock and a virtual environment of its own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from local.processus import ErreurLabo


def interpreteur(dossier: Path, verrou: Path, quoi: str) -> Path:
    """Its Python, with exactly the packages of the lock: made at the first use, and again when the lock changes.

    `quoi` says what they are for in the `ErreurLabo` that is raised when they cannot be had.
    """
    python, fait = dossier / "bin" / "python", dossier / "verrou"
    empreinte = hashlib.sha256(verrou.read_bytes()).hexdigest()
    if not fait.exists() or fait.read_text() != empreinte:
        uv = [sys.executable, "-m", "uv"]
        commun = {"check": True, "capture_output": True, "text": True}
        try:
            subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(dossier)], **commun)  # type: ignore[call-overload]
            ligne = [*uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(verrou)]
            subprocess.run(ligne, **commun)  # type: ignore[call-overload]
        except subprocess.CalledProcessError as erreur:
            raise ErreurLabo(f"Paquets {quoi} : {erreur.stderr.strip()[-500:]}") from erreur
        fait.write_text(empreinte)
    return python
