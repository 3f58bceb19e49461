"""Child processes and ports: the few system calls shared by the servers, the platform and the tests."""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

ADRESSE = "127.0.0.1"
_LANCEUR = Path(__file__).with_name("lanceur.py")


class ErreurLabo(Exception):
    """Something the user can act on; its text is one complete sentence, shown without a traceback."""


def dossier_du_paquet(nom: str) -> Path:
    """Folder of an installed package, without importing it (importing may start things)."""
    trouve = importlib.util.find_spec(nom)
    if trouve is None or not trouve.submodule_search_locations:
        raise ErreurLabo(f"Le paquet Python « {nom} » manque dans l'environnement : relancez ./labo doctor.")
    return Path(next(iter(trouve.submodule_search_locations)))


def ligne_de_lancement(
    programme: list[str],
    *,
    sans_root: bool = False,
    donnees: list[Path] | None = None,
    verrou: Path | None = None,
    fin: signal.Signals = signal.SIGKILL,
    courtoisie: int = 0,
) -> list[str]:
    """Command line that runs `programme` through the launcher: it gets signal `fin` when its parent dies.

    `courtoisie`: steps of lower scheduling priority (see nice(1)).
    """
    options = ["--signal", fin.name]
    if courtoisie:
        options += ["--courtoisie", str(courtoisie)]
    if sans_root:
        options += ["--sans-root", *(f"--donnees={dossier}" for dossier in donnees or [])]
    if verrou:
        options += ["--verrou", str(verrou)]
    return [sys.executable, "-ISB", str(_LANCEUR), *options, "--", *programme]


def lancer(
    ligne: list[str],
    sortie: IO[bytes] | int = subprocess.DEVNULL,
    environnement: dict[str, str] | None = None,
    dossier: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command made by `ligne_de_lancement`, in a session of its own: a Ctrl-C reaches only us."""
    return subprocess.Popen(
        ligne,
        stdin=subprocess.DEVNULL,
        stdout=sortie,
        stderr=subprocess.STDOUT,
        env=environnement,
        cwd=dossier,
        start_new_session=True,
    )


def arreter(processus: subprocess.Popen[bytes], numero: signal.Signals = signal.SIGTERM, delai: float = 10.0) -> None:
    """End a child within `delai` seconds, by force if it does not obey. Harmless when it is dead."""
    with contextlib.suppress(ProcessLookupError):
        processus.send_signal(numero)
    try:
        processus.wait(delai)
    except subprocess.TimeoutExpired:
        processus.kill()
        processus.wait()


def port_libre() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as prise:
        prise.bind((ADRESSE, 0))
        return int(prise.getsockname()[1])


def port_occupe(port: int) -> bool:
    """True when a program listens on this loopback port."""
    with socket.socket() as prise:
        prise.settimeout(0.5)
        return prise.connect_ex((ADRESSE, port)) == 0


def attendre(condition: Callable[[], bool], delai: float, quoi: str, pas: float = 0.02) -> None:
    """Poll `condition` until it is true; `ErreurLabo` naming `quoi` after `delai` seconds."""
    fin = time.monotonic() + delai
    while not condition():
        if time.monotonic() > fin:
            raise ErreurLabo(f"{quoi} : pas prêt après {delai:g} s.")
        time.sleep(pas)
