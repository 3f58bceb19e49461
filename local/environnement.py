"""First step of `./labo`: the virtual environment, exactly as the lock says. Standard library only.

It is made with the fastest Python of this machine: a Python compiled without profile-guided optimisation, as version
managers leave it, needs a third more CPU than the distribution's for the same program. `LABO_PYTHON` names another one.

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
from collections.abc import Iterator
from pathlib import Path

_VERROU = "requirements.lock"
_ESPACE_MINIMAL = 700 * 2**20
_MARGE = 1.15
"""How many times faster another Python must be to be preferred to the one `python3` names."""
_RONDES = 3
"""Each is timed that often, in turn with the others: a machine that is slow for a moment must not choose."""

_EPREUVE = """
import os, sys, time
import ensurepip, venv
if not (3, 11) <= sys.version_info[:2] <= (3, 14):
    sys.exit(1)
class A:
    pass
def tour():
    for i in range(20000):
        a = A()
        a.x = {"n": [str(i), i * 2]}
        a.x["n"].append(len(a.x))
meilleur = 9.0
for _ in range(7):
    debut = time.process_time()
    tour()
    meilleur = min(meilleur, time.process_time() - debut)
print(meilleur, os.path.realpath(sys.executable))
"""


def _candidats() -> Iterator[str]:
    """The interpreter that runs this, then every other one by its usual names."""
    yield sys.executable
    dossiers = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/local/bin", "/usr/bin"]
    for nom in ("python3", *(f"python3.{mineure}" for mineure in range(11, 15))):
        for dossier in dict.fromkeys(d for d in dossiers if d):
            chemin = os.path.join(dossier, nom)
            if os.access(chemin, os.X_OK):
                yield chemin


def mesurer(python: str) -> tuple[float, str] | None:
    """CPU seconds of a small program, and the interpreter itself; None for one that cannot be used here."""
    try:
        fait = subprocess.run([python, "-IBc", _EPREUVE], capture_output=True, text=True, timeout=20, check=True)
        duree, reel = fait.stdout.rstrip("\n").split(" ", 1)
        return float(duree), reel
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def choisir_python() -> str:
    """`LABO_PYTHON`, else the fastest usable interpreter. Raises `ImportError` when none has venv and pip."""
    if voulu := os.environ.get("LABO_PYTHON"):
        return voulu
    durees: dict[str, float] = {}
    candidats = list(dict.fromkeys(_candidats()))
    for _ in range(_RONDES):
        for candidat in candidats:
            if mesure := mesurer(candidat):
                durees[mesure[1]] = min(mesure[0], durees.get(mesure[1], mesure[0]))
        candidats = list(durees)  # several names are one interpreter
    if not durees:
        raise ImportError("venv, ensurepip")
    courant = os.path.realpath(sys.executable)
    meilleur = min(durees, key=lambda reel: durees[reel] * (_MARGE if reel != courant else 1.0))
    if courant in durees and meilleur != courant:
        rapport = durees[courant] / durees[meilleur]
        print(f"Python retenu : {meilleur}, {rapport:.1f} fois plus rapide ici que {courant}.", file=sys.stderr)
    return meilleur


def _installer(racine: Path, dossier: Path) -> None:
    """Create the environment in `dossier`; uv first, by pip and with its hash, then everything else by uv."""
    shutil.rmtree(dossier, ignore_errors=True)
    subprocess.run([choisir_python(), "-m", "venv", dossier], check=True, stdout=sys.stderr)
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
    empreinte = hashlib.sha256(
        (racine / _VERROU).read_bytes() + f"{sys.version}{os.environ.get('LABO_PYTHON', '')}".encode()
    ).hexdigest()
    etat.mkdir(exist_ok=True, mode=0o700)
    with (etat / "venv.lock").open("w") as verrou:
        fcntl.flock(verrou, fcntl.LOCK_EX)
        if temoin.exists() and temoin.read_text() == empreinte and (dossier / "bin" / "python").exists():
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
