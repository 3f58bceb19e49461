"""First step of `./labo`: the virtual environment, exactly as the lock says. Standard library only.

Prints the environment's folder on stdout; progress and errors go to stderr. Done once per content of the lock; two runs
at the same time wait for each other; interrupted, it leaves nothing that a next run could take for finished.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

_VERROU = "requirements.lock"
_ESPACE_MINIMAL = 700 * 2**20


def _installer(racine: Path, dossier: Path) -> None:
    """Create the environment in `dossier`; uv first, by pip and with its hash, then everything else by uv."""
    shutil.rmtree(dossier, ignore_errors=True)
    venv.create(dossier, with_pip=True)
    python = dossier / "bin" / "python"
    verrou = racine / _VERROU
    seul_uv = dossier / "uv.lock"
    seul_uv.write_text(_extrait(verrou.read_text(), "uv"))
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    subprocess.run([python, "-m", "pip", "install", *options, "-r", seul_uv], check=True, stdout=sys.stderr)
    variables = {**os.environ, "VIRTUAL_ENV": str(dossier), "UV_PYTHON_DOWNLOADS": "never"}
    subprocess.run(
        [dossier / "bin" / "uv", "pip", "sync", "--quiet", "--require-hashes", verrou],
        check=True,
        stdout=sys.stderr,
        env=variables,
    )


def _extrait(texte: str, paquet: str) -> str:
    """The lines of the lock that belong to one package: its requirement and the hashes that follow."""
    lignes: list[str] = []
    dedans = False
    for ligne in texte.splitlines():
        if not ligne.startswith((" ", "\t")):
            dedans = ligne.startswith(f"{paquet}==")
        if dedans:
            lignes.append(ligne)
    if not lignes:
        sys.exit(f"{_VERROU} ne contient pas {paquet}.")
    return "\n".join(lignes) + "\n"


def preparer(racine: Path) -> Path:
    """The environment's folder, made or brought up to date if need be. Exits with one sentence when it cannot."""
    etat = racine / ".labo"
    dossier = etat / "venv"
    temoin = dossier / "fait"
    empreinte = hashlib.sha256((racine / _VERROU).read_bytes() + sys.version.encode()).hexdigest()
    etat.mkdir(exist_ok=True, mode=0o700)
    with (etat / "venv.lock").open("w") as verrou:
        fcntl.flock(verrou, fcntl.LOCK_EX)
        if temoin.exists() and temoin.read_text() == empreinte:
            return dossier
        if shutil.disk_usage(etat).free < _ESPACE_MINIMAL:
            sys.exit(f"Pas assez de place dans {etat} : il faut {_ESPACE_MINIMAL >> 20} Mio libres.")
        print("Préparation de l'environnement Python (une seule fois)…", file=sys.stderr)
        _installer(racine, dossier)
        temoin.write_text(empreinte)
    return dossier


def main() -> None:
    try:
        print(preparer(Path(sys.argv[1])))
    except subprocess.CalledProcessError:
        sys.exit("L'installation des paquets a échoué (voir ci-dessus) : vérifiez l'accès à l'index de paquets.")
    except ImportError as erreur:
        sys.exit(f"Le module venv de Python manque ({erreur}) : installez le paquet python3-venv du système.")
    except OSError as erreur:
        sys.exit(f"L'environnement Python ne peut pas être créé : {erreur}.")
    except KeyboardInterrupt:
        sys.exit("Interrompu.")


if __name__ == "__main__":
    main()
