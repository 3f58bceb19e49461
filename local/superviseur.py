"""Supervisor: its configuration, its start, and its XML-RPC socket."""

from __future__ import annotations

import contextlib
import http.client
import shlex
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

from local.lieux import RACINE, Lieux
from local.processus import ErreurLabo, attendre, lancer, ligne_de_lancement
from local.programmes import MARQUE, Programme, environnement_de_base

VIVANT = {"RUNNING", "STARTING", "BACKOFF"}
TOURNE = {"RUNNING", "STARTING"}
"""States with a live process: "starting" only means younger than `startsecs`."""
_ETATS_ARRETES = {"STOPPED", "EXITED", "FATAL", "UNKNOWN"}


_PAR_TUBE = ("gateway",)
"""HAProxy takes O_APPEND off its standard output: its log could not be cut. The supervisor writes and rotates it."""


def _protege(texte: str) -> str:
    """Supervisor expands %(…)s in its values."""
    return texte.replace("%", "%%")


def _cite(texte: str) -> str:
    """Supervisor knows both quotes, and no escape."""
    if not {'"', "'"} <= set(texte):
        return f"'{texte}'" if '"' in texte else f'"{texte}"'
    raise ErreurLabo(f"Une variable d'environnement ne peut contenir à la fois ' et \" : {texte}")


def configuration(lieux: Lieux, programmes: Iterable[Programme]) -> str:
    """supervisord.conf: nothing starts by itself, everything that dies is started again, logs are kept bounded."""
    entete = f"""[supervisord]
nodaemon = true
identifier = labo
logfile = {_protege(str(lieux.logs / "supervisord.log"))}
logfile_maxbytes = 5MB
logfile_backups = 1
pidfile = {_protege(str(lieux.run / "supervisord.pid"))}

[unix_http_server]
file = {_protege(str(lieux.prise))}
chmod = 0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[rpcinterface:journaux]
supervisor.rpcinterface_factory = local.supervision:brancher
logs = {_protege(str(lieux.logs))}

[include]
files = {_protege(str(lieux.accessoires))}
"""
    return "\n".join([entete, *(section(lieux, programme) for programme in programmes)])


def section(lieux: Lieux, programme: Programme) -> str:
    """The lines of one program, which its launcher makes write to its log, unless it must write through a pipe."""
    journal = str(lieux.journal(programme.nom))
    variables = {**programme.variables, MARQUE: programme.nom}
    if programme.nom in _PAR_TUBE:
        sortie = f"{_protege(journal)}\nstdout_logfile_maxbytes = 10MB\nstdout_logfile_backups = 2"
    else:
        sortie = "NONE"
        variables["LABO_JOURNAL"] = journal
    environnement = ",".join(f"{nom}={_cite(_protege(valeur))}" for nom, valeur in variables.items())
    return f"""[program:{programme.nom}]
command = {_protege(shlex.join(programme.ligne))}
directory = {_protege(str(programme.dossier))}
environment = {environnement}
autostart = false
autorestart = true
startsecs = 1
startretries = 20
stopsignal = {programme.signal_arret}
stopwaitsecs = {programme.delai_arret}
killasgroup = true
redirect_stderr = true
stdout_logfile = {sortie}
"""


class _ConnexionUnix(http.client.HTTPConnection):
    def __init__(self, chemin: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._chemin = str(chemin)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._chemin)


class _Transport(xmlrpc.client.Transport):
    def __init__(self, chemin: Path) -> None:
        super().__init__()
        self._chemin = chemin

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _ConnexionUnix(self._chemin)


class Superviseur:
    """The supervisor of one laboratory. Every call is a new connection, so it may be used from several threads."""

    def __init__(self, lieux: Lieux) -> None:
        self._lieux = lieux

    def _appeler(self, methode: str, *arguments: Any) -> Any:
        mandataire = xmlrpc.client.ServerProxy("http://labo", transport=_Transport(self._lieux.prise))
        with mandataire:
            return getattr(mandataire.supervisor, methode)(*arguments)

    def repond(self) -> bool:
        """True when a supervisor answers on the socket."""
        try:
            return bool(self._appeler("getState")["statename"] == "RUNNING")
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False

    def etats(self) -> dict[str, dict[str, Any]]:
        """Supervisor's record of every program, by name; `ErreurLabo` when no supervisor answers."""
        try:
            return {info["name"]: info for info in self._appeler("getAllProcessInfo")}
        except (OSError, http.client.HTTPException) as cause:
            raise ErreurLabo("Le laboratoire n'est pas démarré : lancez ./labo up.") from cause

    def etat(self, nom: str) -> dict[str, Any]:
        """Record of one program; `ErreurLabo` naming the known ones when there is none of that name."""
        etats = self.etats()
        if nom not in etats:
            raise ErreurLabo(f"Programme inconnu : « {nom} ». Connus : {', '.join(etats)}.")
        return etats[nom]

    def demarrer(self, nom: str) -> None:
        """Start a program unless it runs; returns at once."""
        if self.etat(nom)["statename"] == "STOPPING":
            attendre(lambda: self.etat(nom)["statename"] != "STOPPING", 30, nom)
        with contextlib.suppress(xmlrpc.client.Fault):  # ALREADY_STARTED
            self._appeler("startProcess", nom, False)

    def ajouter(self, nom: str) -> None:
        """Take in a program whose lines have just been written to `Lieux.accessoires`; it does not start by itself.

        Idempotent.
        """
        self._appeler("reloadConfig")
        with contextlib.suppress(xmlrpc.client.Fault):  # ALREADY_ADDED
            self._appeler("addProcessGroup", nom)

    def demander_arret(self, nom: str) -> None:
        """Ask a program to stop; returns at once. Harmless when it is stopped."""
        self.etat(nom)
        with contextlib.suppress(xmlrpc.client.Fault):  # NOT_RUNNING
            self._appeler("stopProcess", nom, False)

    def arreter(self, *noms: str, delai: float = 30) -> None:
        """Stop programs together and wait until they are; the supervisor kills those that take too long."""
        for nom in noms:
            self.demander_arret(nom)
        attendre(
            lambda: all(self.etats()[nom]["statename"] in _ETATS_ARRETES for nom in noms),
            delai,
            "Arrêt de " + ", ".join(noms),
        )

    def pid(self, nom: str) -> int:
        """Pid of a program, which is also its process group; `ErreurLabo` when it does not run."""
        pid = int(self.etat(nom)["pid"])
        if pid == 0:
            raise ErreurLabo(f"« {nom} » ne tourne pas.")
        return pid

    def eteindre(self) -> None:
        """End the supervisor itself (its programs first, if some still run) and wait for it."""
        pid = _pid_du_fichier(self._lieux)
        with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
            self._appeler("shutdown")
        if pid is not None:
            attendre(lambda: not _est_a_nous(pid, self._lieux), 40, "Arrêt du superviseur")


def demarrer(lieux: Lieux, *, avec_le_parent: bool) -> subprocess.Popen[bytes]:
    """Start supervisord in the background. With `avec_le_parent` it ends with us, as a test's platform must."""
    ligne = [sys.executable, "-m", "local.supervision", "-c", str(lieux.run / "supervisord.conf")]
    if avec_le_parent:
        ligne = ligne_de_lancement(ligne, fin=signal.SIGTERM)
    environnement = {**environnement_de_base(lieux), MARQUE: "supervisord"}
    processus = lancer(ligne, environnement=environnement, dossier=RACINE)
    superviseur = Superviseur(lieux)
    try:
        attendre(lambda: superviseur.repond() or processus.poll() is not None, 20, "supervisord")
        if processus.poll() is not None:
            journal = lieux.logs / "supervisord.log"
            raise ErreurLabo(f"supervisord s'est arrêté aussitôt : voyez {journal}.")
    except BaseException:
        processus.kill()
        processus.wait()
        raise
    return processus


def _pid_du_fichier(lieux: Lieux) -> int | None:
    try:
        return int((lieux.run / "supervisord.pid").read_text())
    except (OSError, ValueError):
        return None


def _est_a_nous(pid: int, lieux: Lieux) -> bool:
    try:
        processus = psutil.Process(pid)
        variables = processus.environ()
        vivant = processus.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False
    return vivant and MARQUE in variables and variables.get("LABO_HOME") == str(lieux.maison)


def restes(lieux: Lieux) -> list[psutil.Process]:
    """Processes that carry this laboratory's mark in their environment."""
    return [processus for processus in psutil.process_iter() if _est_a_nous(processus.pid, lieux)]


def nettoyer_restes(lieux: Lieux) -> int:
    """End what a crashed supervisor left behind, politely for 5 s; returns how many processes there were."""
    laisses = restes(lieux)
    for processus in laisses:
        with contextlib.suppress(psutil.Error):
            rapide = processus.environ().get(MARQUE) == "postgres"
            processus.send_signal(signal.SIGINT if rapide else signal.SIGTERM)
    fin = time.monotonic() + 5
    while (encore := restes(lieux)) and time.monotonic() < fin:
        time.sleep(0.05)
    for processus in encore:
        with contextlib.suppress(psutil.Error):
            processus.kill()
    lieux.prise.unlink(missing_ok=True)
    return len(laisses)
