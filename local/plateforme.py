"""A running platform seen from outside: for tests, the demonstration and the commands that look at it or break it."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import requests

from local import coffre, postgres, programmes, valkey
from local.composants import SERVICES, Service, Web, ports
from local.lieux import RACINE, Lieux, depuis_environnement
from local.processus import ADRESSE, ErreurLabo, arreter, attendre, lancer, port_occupe
from local.superviseur import TOURNE, Superviseur


def repond_200(url: str, entetes: dict[str, str] | None = None, delai: float = 2.0) -> bool:
    """True when a GET on `url` answers 200 within `delai` seconds."""
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the user's shell has no business on the loopback
        try:
            return session.get(url, headers=entetes, timeout=delai, allow_redirects=False).status_code == 200
        except requests.RequestException:
            return False


class Plateforme:
    """One laboratory. `Plateforme()` is the user's own; `Plateforme.ephemere()` makes one for a test.

    `urls`: base URL of each web program and of `gateway`; `ports`: loopback port of every program; `secrets`: every
    secret by variable name (gateway keys: `cle("magasin-app")`). Programs are named as in `./labo status`.
    """

    def __init__(self, lieux: Lieux | None = None, services: Sequence[Service] = SERVICES) -> None:
        self.lieux = lieux or depuis_environnement()
        self.services = tuple(services)
        self.ports = ports(self.services, self.lieux.decalage)
        self.urls = {
            nom: f"http://{ADRESSE}:{port}" for nom, port in self.ports.items() if nom not in ("postgres", "redis")
        }
        self.superviseur = Superviseur(self.lieux)

    @classmethod
    @contextlib.contextmanager
    def ephemere(
        cls,
        services: Sequence[Service] = SERVICES,
        racine: Path = RACINE,
        detourner: Callable[[int], Mapping[str, int]] = lambda _: {},
    ) -> Iterator[Plateforme]:
        """A whole platform of its own, in a temporary folder and on free ports; nothing of it remains afterwards.

        It also ends when this process dies, whatever the way. `detourner`: its detours, given the shift of its ports.
        """
        from local import demarrage  # it is written in terms of this class

        maison = Path(tempfile.mkdtemp(prefix=f"labo-{os.getpid()}-"))
        decalage = decalage_libre(services)
        plateforme = cls(Lieux(maison, decalage, racine, detourner(decalage)), services)
        try:
            demarrage.demarrer(plateforme.lieux, plateforme.services, dire=demarrage.silence, avec_le_parent=True)
            yield plateforme
        finally:
            demarrage.arreter(plateforme.lieux, plateforme.services)
            shutil.rmtree(maison, ignore_errors=True)

    @property
    def secrets(self) -> dict[str, str]:
        """Every secret by variable name; `ErreurLabo` before the first start, which generates them."""
        if not self.lieux.secrets.exists():
            raise ErreurLabo("Ce laboratoire n'a jamais été démarré : lancez ./labo up.")
        return coffre.ouvrir(self.lieux.secrets, self.services)

    def cle(self, consommateur: str = "magasin-app") -> str:
        """Gateway key of a consumer."""
        return self.secrets[coffre.variable_cle(consommateur)]

    def arreter(self, nom: str) -> None:
        """Stop a program gracefully; it stays stopped until `demarrer`. Returns when it is stopped."""
        self.superviseur.arreter(nom)

    def demarrer(self, nom: str) -> None:
        """Start a stopped program; returns at once (see `attendre_pret`)."""
        self.superviseur.demarrer(nom)

    def redemarrer(self, nom: str) -> None:
        """Stop gracefully, then start; returns when it is ready."""
        self.arreter(nom)
        self.demarrer(nom)
        self.attendre_pret(nom)

    def tuer(self, nom: str, *, relancer: bool = True) -> int:
        """SIGKILL a program and its worker processes; returns the pid that died.

        The supervisor starts it again at once, unless `relancer` is false: then it stays dead until `demarrer`.
        """
        pid = self.pid(nom)
        if not relancer:
            # Frozen first, so that the supervisor's polite signal is never handled: it dies in the middle of its work.
            os.killpg(pid, signal.SIGSTOP)
            self.superviseur.demander_arret(nom)
        os.killpg(pid, signal.SIGKILL)
        attendre(lambda: not psutil.pid_exists(pid), 10, f"Mort de {nom}")
        return pid

    def programmes(self) -> list[str]:
        """Names of the programs that run now."""
        return [nom for nom, info in self.superviseur.etats().items() if info["statename"] in TOURNE]

    def signal(self, nom: str, numero: int) -> None:
        """Send a signal (SIGSTOP, SIGCONT, …) to a program and its worker processes."""
        os.killpg(self.pid(nom), numero)

    def figer(self, nom: str) -> None:
        """SIGSTOP: the program keeps its connections and answers nothing, until `reveiller`."""
        self.signal(nom, signal.SIGSTOP)

    def reveiller(self, nom: str) -> None:
        """SIGCONT."""
        self.signal(nom, signal.SIGCONT)

    def pid(self, nom: str) -> int:
        """Pid of a running program."""
        return self.superviseur.pid(nom)

    @contextlib.contextmanager
    def regler(self, nom: str, **variables: str) -> Iterator[None]:
        """For the time of the block the program runs with these settings; afterwards it is its usual self, ready.

        Another process stands in for it, which dies with ours; the supervisor shows the program as stopped meanwhile.
        """
        tous = programmes.programmes_des_services(self.services, self.lieux, self.secrets)
        usuel = next(programme for programme in tous if programme.nom == nom)
        environnement = {**programmes.environnement_de_base(self.lieux), **usuel.variables, **variables}
        self.arreter(nom)
        try:
            with self.lieux.journal(nom).open("ab") as sortie:
                remplacant = lancer(usuel.ligne, sortie, {**environnement, programmes.MARQUE: nom}, usuel.dossier)
            try:
                attendre(self._sondes().get(nom, lambda: remplacant.poll() is None), 30, nom, pas=0.05)
                yield
            finally:
                arreter(remplacant, signal.SIGTERM, usuel.delai_arret)
        finally:
            self.demarrer(nom)
            self.attendre_pret(nom)

    def pret(self, nom: str) -> bool:
        """True when the program runs and answers as ready."""
        if self.superviseur.etat(nom)["statename"] not in TOURNE:
            return False
        return self._sondes().get(nom, self._tourne(nom))()

    def attendre_pret(self, nom: str, delai: float = 30.0) -> None:
        """Wait until `pret`; `ErreurLabo` after `delai` seconds."""
        attendre(lambda: self.pret(nom), delai, nom, pas=0.05)

    def sql(
        self, service: str, requete: str, params: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run one statement in a service's database, as its owner, committed; the rows it returns."""
        with self.transaction(service) as curseur:
            curseur.execute(requete, params)
            return curseur.fetchall() if curseur.description else []

    @contextlib.contextmanager
    def transaction(self, service: str) -> Iterator[Any]:
        """A cursor in one transaction of a service's database, as its owner; `psycopg2.OperationalError` within 3 s."""
        choisi = next(s for s in self.services if s.nom == service)
        lien = psycopg2.connect(
            host=ADRESSE,
            port=self.ports["postgres"],
            dbname=choisi.nom_base,
            user=choisi.proprietaire,
            password=self.secrets[coffre.variable_proprietaire(choisi)],
            connect_timeout=3,
        )
        with contextlib.closing(lien), lien, lien.cursor() as curseur:
            yield curseur

    def journal(self, nom: str) -> str:
        """Everything a program has said since its log was last rotated."""
        fichier = self.lieux.journal(nom)
        return fichier.read_text(errors="replace") if fichier.exists() else ""

    def _tourne(self, nom: str) -> Callable[[], bool]:
        return lambda: bool(self.superviseur.etat(nom)["statename"] == "RUNNING")

    def _sondes(self) -> dict[str, Callable[[], bool]]:
        webs = [web for service in self.services for web in service.programmes if isinstance(web, Web)]
        sondes: dict[str, Callable[[], bool]] = {
            web.nom: lambda nom=web.nom: repond_200(f"{self.urls[nom]}/health/ready") for web in webs
        }
        fonds = [fond for service in self.services for fond in service.fonds if fond.port is not None]
        sondes |= {fond.nom: lambda nom=fond.nom: repond_200(f"{self.urls[nom]}/metrics") for fond in fonds}
        return sondes | {
            "postgres": lambda: postgres.pret(self.ports["postgres"], self.secrets["POSTGRES_PASSWORD"]),
            "redis": lambda: valkey.pret(self.ports["redis"]),
            "gateway": lambda: repond_200(f"{self.urls['gateway-etat']}/status"),
            "prometheus": lambda: repond_200(f"{self.urls['prometheus']}/-/ready"),
        }

    def route_prete(self, service: Service) -> bool:
        """True when the gateway reaches a ready instance of the service."""
        return repond_200(f"{self.urls['gateway']}{service.route}/health/ready", {"X-API-Key": self.cle()})


def decalage_libre(services: Sequence[Service]) -> int:
    """A shift with which no port is taken now; drawn at random so that parallel runs rarely meet."""
    hasard = random.SystemRandom()
    for _ in range(50):
        decalage = hasard.randrange(1_000, 22_000)
        if not any(port_occupe(port) for port in ports(services, decalage).values()):
            return decalage
    raise ErreurLabo("Aucun décalage de ports libre n'a été trouvé.")
