"""`./labo doctor`: what could keep the laboratory from starting, one verdict each."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local import demarrage, passerelle, postgres, prometheus, valkey
from local.composants import ACCESSOIRES, BUDGET_CONNEXIONS, Service, connexions, ports
from local.lieux import Lieux
from local.processus import ErreurLabo, port_occupe
from local.superviseur import Superviseur, restes

_CLONE_NEWUSER = 0x10000000


@dataclass(frozen=True)
class Verdict:
    """One thing examined: whether it is good, and what was found."""

    sujet: str
    bon: bool
    constat: str


def examiner(lieux: Lieux, services: Sequence[Service]) -> list[Verdict]:
    """Every verdict. Changes nothing."""
    return [
        _python(),
        *_versions(lieux),
        _espace_utilisateur(),
        _disque(lieux),
        _etat(lieux),
        *_ports(lieux, services),
        _connexions(services),
        _prometheus(),
    ]


def _python() -> Verdict:
    version = ".".join(map(str, sys.version_info[:3]))
    return Verdict("Python", sys.version_info >= (3, 11), f"{version} ({sys.executable})")


def _versions(lieux: Lieux) -> list[Verdict]:
    lignes: dict[str, Callable[[], list[str]]] = {
        "PostgreSQL": lambda: [postgres.binaire("postgres"), "--version"],
        "Valkey": lambda: [*_programme(valkey.commande(lieux.redis, 1)), "--version"],
        "Passerelle": lambda: [*_programme(passerelle.commande(lieux.run)), "-v"],
    }
    return [_version(sujet, ligne) for sujet, ligne in lignes.items()]


def _programme(ligne: list[str]) -> list[str]:
    """The program that a launcher's command line runs."""
    return [ligne[ligne.index("--") + 1]]


def _version(sujet: str, ligne: Callable[[], list[str]]) -> Verdict:
    try:
        resultat = subprocess.run(ligne(), capture_output=True, text=True, timeout=10, check=True)
    except (ErreurLabo, OSError, subprocess.SubprocessError) as cause:
        return Verdict(sujet, False, f"ne s'exécute pas ici ({cause}).")
    return Verdict(sujet, True, resultat.stdout.splitlines()[0])


def _espace_utilisateur() -> Verdict:
    if os.geteuid() != 0:
        return Verdict("Espaces utilisateur", True, "inutiles : vous n'êtes pas root.")
    essai = os.fork()
    if essai == 0:
        os._exit(0 if ctypes.CDLL(None).unshare(_CLONE_NEWUSER) == 0 else 1)
    permis = os.waitpid(essai, 0)[1] == 0
    suite = "permis." if permis else "interdits : PostgreSQL tournera sous l'uid 65534, ses données lui seront données."
    return Verdict("Espaces utilisateur", True, suite)


def _disque(lieux: Lieux) -> Verdict:
    existant = next(dossier for dossier in (lieux.maison, *lieux.maison.parents) if dossier.exists())
    libre = shutil.disk_usage(existant).free
    return Verdict("Disque", libre >= demarrage.ESPACE_MINIMAL, f"{libre >> 20} Mio libres dans {existant}")


def _etat(lieux: Lieux) -> Verdict:
    if Superviseur(lieux).repond():
        return Verdict("Laboratoire", True, f"en marche ({lieux.maison})")
    laisses = restes(lieux)
    if laisses:
        pids = ", ".join(str(processus.pid) for processus in laisses)
        return Verdict("Laboratoire", True, f"restes d'un arrêt brutal (pid {pids}) : le prochain up les nettoie.")
    return Verdict("Laboratoire", True, f"arrêté ({lieux.maison})")


def _ports(lieux: Lieux, services: Sequence[Service]) -> list[Verdict]:
    if Superviseur(lieux).repond():
        return []
    tous = ports(services, lieux.decalage)
    pris = [
        Verdict(f"Port {port} ({nom})", False, f"déjà pris{demarrage.occupant(port)}.")
        for nom, port in tous.items()
        if nom not in ACCESSOIRES and port_occupe(port)
    ]
    return pris or [Verdict("Ports", True, f"libres, de {min(tous.values())} à {max(tous.values())}")]


def _connexions(services: Sequence[Service]) -> Verdict:
    total = connexions(services)
    return Verdict("Connexions PostgreSQL", total < BUDGET_CONNEXIONS, f"{total} au plus, budget {BUDGET_CONNEXIONS}")


def _prometheus() -> Verdict:
    outils = prometheus.trouver()
    constat = str(outils.prometheus) if outils else "absent ; ./labo up essaiera de l'obtenir, et s'en passera sinon."
    return Verdict("Prometheus", True, constat)
