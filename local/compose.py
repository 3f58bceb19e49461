"""The same platform on Docker Compose, seen through the same class as the native one: for `./labo compose-test`.

`Projet` drives `docker compose` on a project of its own (name, ports, secrets, volumes), so that it disturbs nothing
that runs. `PlateformeCompose` answers to what the tests ask of a `Plateforme`; its programs are containers. A SIGKILL
is sent to the container's process, as a crash would be: `docker kill` counts as a wish to stop; nothing restarts it.
Needs the engine on this machine and the right to signal its processes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg2
import yaml

from local import coffre
from local.composants import SERVICES
from local.lieux import RACINE, Lieux
from local.plateforme import Plateforme
from local.processus import ADRESSE, ErreurLabo, attendre
from local.superviseur import TOURNE

COMPOSE = RACINE / "docker-compose.yml"
ESSAI = RACINE / "docker" / "essai.yml"
PROJET = "sagas-essai"
IMAGES_DE_BASE = ("python:3.11-slim", "postgres:15", "redis:7.2-alpine")

# The gateway is Kong here, and a program like any other to those who test it.
_NOMS = {"kong": "gateway"}

# Compose's state of a container -> the supervisor's word for it.
_ETATS = {"running": "RUNNING", "restarting": "STARTING", "created": "STOPPED", "exited": "STOPPED", "dead": "FATAL"}


def moteur_absent(images: Sequence[str] = IMAGES_DE_BASE) -> str:
    """Why nothing can be tried here, in one French sentence; empty when an engine answers and has the base images.

    An image that it does not have is pulled, where that is possible.
    """
    if shutil.which("docker") is None:
        return "La commande docker n'est pas installée."
    if _docker("version").returncode != 0:
        return "Aucun moteur Docker ne répond."
    if _docker("compose", "version").returncode != 0:
        return "Docker Compose v2 n'est pas installé."
    manquantes = [image for image in images if not _obtenue(image)]
    return f"Images de base introuvables : {', '.join(manquantes)}." if manquantes else ""


def _obtenue(image: str) -> bool:
    return any(_docker(*mots, image).returncode == 0 for mots in (("image", "inspect"), ("pull", "--quiet")))


def _docker(*mots: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *mots], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def lire_compose(fichier: Path = COMPOSE) -> dict[str, Any]:
    """A Compose file as data: anchors and merges resolved, variables as they are written."""
    return dict(yaml.safe_load(fichier.read_text(encoding="utf-8")))


def decaler(document: Mapping[str, Any], decalage: int) -> str:
    """An override that publishes every port on loopback, shifted by `decalage`."""
    services = []
    for nom, service in document["services"].items():
        if ports := service.get("ports"):
            lignes = [f'      - "{ADRESSE}:{publie + decalage}:{interne}"' for publie, interne in map(_ports, ports)]
            services.append("\n".join([f"  {nom}:", "    ports: !override", *lignes]))
    return "services:\n" + "\n".join(services) + "\n"


def _ports(texte: str) -> tuple[int, int]:
    """(published, container's) of "address:published:container"; the address may be a variable."""
    _, publie, interne = texte.rsplit(":", 2)
    return int(publie), int(interne)


class Projet:
    """One Compose project with its own secrets and shifted ports, kept in the folder of `lieux`."""

    def __init__(self, lieux: Lieux, *, profil: str = "light", nom: str = PROJET) -> None:
        self.lieux, self.profil, self.nom = lieux, profil, nom

    @property
    def secrets(self) -> Path:
        """Its `.env`."""
        return self.lieux.maison / "compose.env"

    def preparer(self) -> None:
        """Write its secrets (once) and its override of ports."""
        self.lieux.maison.mkdir(parents=True, exist_ok=True, mode=0o700)
        subprocess.run(
            ["sh", str(RACINE / "docker" / "secrets.sh"), str(self.secrets)], check=True, capture_output=True
        )
        self._decalage.write_text(decaler(lire_compose(), self.lieux.decalage))

    @property
    def _decalage(self) -> Path:
        return self.lieux.maison / "ports.yml"

    def lancer(self, *mots: str, muet: bool = True) -> str:
        """`docker compose …` on this project; its output. Raises `ErreurLabo` with the end of it when it fails."""
        ligne = ["docker", "compose", "--project-name", self.nom, "--env-file", str(self.secrets)]
        ligne += [mot for fichier in (COMPOSE, ESSAI, self._decalage) for mot in ("--file", str(fichier))]
        ligne += ["--profile", self.profil, *mots]
        sortie = subprocess.PIPE if muet else None
        # There is nobody here to send traces to.
        variables = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": ""}
        fait = subprocess.run(
            ligne, stdout=sortie, stderr=sortie, text=True, stdin=subprocess.DEVNULL, cwd=RACINE, env=variables
        )
        if fait.returncode != 0:
            raise ErreurLabo(f"docker compose {mots[0]} : {(fait.stderr or fait.stdout or 'échec').strip()[-1500:]}")
        return fait.stdout or ""

    def conteneurs(self) -> dict[str, dict[str, Any]]:
        """Docker's record of the newest container of each service of the project, by service."""
        ids = _docker(
            "ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.nom}"
        ).stdout.split()
        if not ids:
            raise ErreurLabo("Le projet Compose n'est pas démarré.")
        decrits = json.loads(_docker("inspect", *ids).stdout)
        return {un["Config"]["Labels"]["com.docker.compose.service"]: un for un in decrits}


class Conteneurs:
    """What `local.superviseur.Superviseur` is natively: the programs, their states, start and stop."""

    def __init__(self, projet: Projet) -> None:
        self._projet = projet

    def etats(self) -> dict[str, dict[str, Any]]:
        """One record per container that is meant to run, in the supervisor's words."""
        return {
            _NOMS.get(nom, nom): {
                "name": nom,
                "id": un["Id"],
                "statename": _ETATS.get(un["State"]["Status"], "UNKNOWN"),
                "pid": un["State"]["Pid"],
                "reprises": un["RestartCount"],
            }
            for nom, un in self._projet.conteneurs().items()
            if un["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
        }

    def etat(self, nom: str) -> dict[str, Any]:
        """Record of one program; `ErreurLabo` naming the known ones when there is none of that name."""
        etats = self.etats()
        if nom not in etats:
            raise ErreurLabo(f"Programme inconnu : « {nom} ». Connus : {', '.join(etats)}.")
        return etats[nom]

    def demarrer(self, nom: str) -> None:
        """Start a container unless it runs."""
        _docker("start", self.etat(nom)["id"])

    def demander_arret(self, nom: str) -> None:
        """Ask a container to stop; returns at once."""
        threading.Thread(target=_docker, args=("stop", self.etat(nom)["id"]), daemon=True).start()

    def arreter(self, *noms: str, delai: float = 30) -> None:
        """Stop containers together and wait until they are."""
        _docker("stop", *(self.etat(nom)["id"] for nom in noms))
        attendre(lambda: not any(self.etat(nom)["pid"] for nom in noms), delai, "Arrêt de " + ", ".join(noms))

    def pid(self, nom: str) -> int:
        """Pid, on this machine, of a container's first process; `ErreurLabo` when it does not run."""
        if pid := int(self.etat(nom)["pid"]):
            return pid
        raise ErreurLabo(f"« {nom} » ne tourne pas.")


class PlateformeCompose(Plateforme):
    """A `Plateforme` whose programs are containers. What only the native one can do raises `ErreurLabo`."""

    def __init__(self, projet: Projet) -> None:
        super().__init__(projet.lieux, SERVICES)
        self.projet = projet
        self.superviseur = Conteneurs(projet)  # type: ignore[assignment]  # the same questions, other answers
        publies = {nom: _ports(s["ports"][0])[0] for nom, s in lire_compose()["services"].items() if s.get("ports")}
        self.bases = {
            s.nom: publies[f"postgres-{s.base.replace('_', '-')}"] + projet.lieux.decalage for s in self.services
        }

    @property
    def secrets(self) -> dict[str, str]:
        """Every secret by variable name, as in the project's `.env`."""
        return coffre.ouvrir(self.projet.secrets, self.services)

    def tuer(self, nom: str, *, relancer: bool = True) -> int:
        """SIGKILL the container's processes; Docker starts it again unless `relancer` is false."""
        pid = self.pid(nom)
        if not relancer:
            _docker("kill", self.superviseur.etat(nom)["id"])
            return pid
        os.kill(pid, signal.SIGKILL)  # the first process of its namespace: the others die with it
        attendre(lambda: self.superviseur.etat(nom)["pid"] != pid, 10, f"Mort de {nom}")
        return pid

    @contextlib.contextmanager
    def regler(self, nom: str, **variables: str) -> Iterator[None]:
        """Settings are part of a container: changed for a while only natively."""
        raise ErreurLabo(f"« {nom} » : les réglages d'un conteneur ne changent pas pendant qu'il vit.")
        yield

    def pret(self, nom: str) -> bool:
        """True when the container runs and answers as ready."""
        if self.superviseur.etat(nom)["statename"] not in TOURNE:
            return False
        return self._sondes().get(nom, lambda: True)()

    @contextlib.contextmanager
    def transaction(self, service: str) -> Iterator[Any]:
        """A cursor in one transaction of a service's database, on the service's own server, as its owner."""
        choisi = next(s for s in self.services if s.nom == service)
        lien = psycopg2.connect(
            host=ADRESSE,
            port=self.bases[service],
            dbname=choisi.nom_base,
            user=choisi.proprietaire,
            password=self.secrets[coffre.variable_proprietaire(choisi)],
            connect_timeout=3,
        )
        with contextlib.closing(lien), lien, lien.cursor() as curseur:
            yield curseur

    def journal(self, nom: str) -> str:
        """Everything a container has said."""
        fait = _docker("logs", self.superviseur.etat(nom)["id"])
        return fait.stdout + fait.stderr
