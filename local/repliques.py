"""Real processes of a service that runs sagas: gunicorn replicas and recovery loops, to be killed, frozen and started
again. For the tests of these services; the database is the test's."""

# ruff: noqa: S101, S310 -- only tests import it, and it calls nothing but its own programs

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, ClassVar, Self

from django.db import connection

from local.processus import attendre, port_libre

_RACINE = Path(__file__).parents[1]


class Replique:
    """One program of the platform. `web` replicas listen on `port`; `reprise` loops do not.

    A subclass names its service's folder and package, and the route that `poster` calls.
    """

    service: ClassVar[str]
    paquet: ClassVar[str]
    route: ClassVar[str] = ""

    def __init__(self, genre: str, instance: str, dossier: Path) -> None:
        self.genre, self.instance = genre, instance
        self.port = port_libre()
        self.fautes = dossier / f"{instance}.json"
        self._journal = (dossier / f"{instance}-{genre}.log").open("ab")
        self._dossier = dossier
        self.processus: subprocess.Popen[bytes] | None = None

    def demarrer(self) -> Self:
        lien = connection.settings_dict
        chemins = [str(_RACINE / "socle/src"), str(_RACINE / self.service), str(_RACINE)]
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(chemins),
            "DJANGO_SETTINGS_MODULE": f"{self.paquet}.settings",
            "POSTGRES_DB": lien["NAME"],
            "INSTANCE_ID": self.instance,
            "LABO_FAUTES_REPERTOIRE": str(self._dossier),
            "BIND": f"127.0.0.1:{self.port}",
            "WORKERS": "1",
            "THREADS": "16",
            "WORKER_CLASS": "gthread",
            "SOCLE_AVANT_DEMARRAGE": "socle.saga.proprietaire:annoncer",
        }
        env.pop("PROMETHEUS_MULTIPROC_DIR", None)
        if self.genre == "web":
            commande = ["-m", "gunicorn", "-c", "python:socle.gunicorn", f"{self.paquet}.wsgi:application"]
        else:
            commande = ["-m", "django", "reprise"]
        self.processus = subprocess.Popen(
            [sys.executable, *commande],
            env=env, stdin=subprocess.DEVNULL, stdout=self._journal, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        return self

    def attendre_pret(self) -> Self:
        attendre(lambda: self.lire("/health/ready")[0] == 200, 30, self.instance)
        return self

    def signaler(self, numero: signal.Signals) -> None:
        """To the whole group: master and workers."""
        assert self.processus is not None
        os.killpg(self.processus.pid, numero)

    def tuer(self) -> None:
        self.signaler(signal.SIGKILL)
        assert self.processus is not None
        self.processus.wait(10)

    def finir(self) -> None:
        """The test is over: at once, draining is the business of the tests that say so."""
        if self.processus is not None and self.processus.poll() is None:
            self.tuer()
        self._journal.close()

    def armer(self, point: str, genre: str = "crash", secondes: float = 0.0) -> None:
        """Switch one fault point of this program on, once."""
        provisoire = self.fautes.with_suffix(".tmp")
        provisoire.write_text(json.dumps([{"point": point, "genre": genre, "nombre": 1, "secondes": secondes}]))
        provisoire.replace(self.fautes)

    def lire(self, chemin: str) -> tuple[int, Any]:
        return self.appeler("GET", chemin)

    def poster(self, corps: Any, chemin: str = "", **entetes: str) -> tuple[int, Any]:
        return self.appeler("POST", chemin or self.route, corps, entetes)

    def appeler(
        self, methode: str, chemin: str, corps: Any = None, entetes: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and body bytes; (0, b"") when the connection broke."""
        requete = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{chemin}",
            data=None if corps is None else json.dumps(corps).encode(),
            headers={"Content-Type": "application/json", **(entetes or {})},
            method=methode,
        )
        try:
            with urllib.request.urlopen(requete, timeout=15) as reponse:
                return reponse.status, reponse.read()
        except urllib.error.HTTPError as erreur:
            return erreur.code, erreur.read()
        except OSError:
            return 0, b""


class Envoi(threading.Thread):
    """A request in a thread of its own."""

    def __init__(self, programme: Replique, corps: Any, chemin: str = "", **entetes: str) -> None:
        super().__init__(daemon=True)
        self._arguments = (programme, corps, chemin, entetes)
        self.reponse: tuple[int, Any] | None = None
        self.start()

    def run(self) -> None:
        programme, corps, chemin, entetes = self._arguments
        self.reponse = programme.poster(corps, chemin, **entetes)

    def resultat(self, secondes: float = 15) -> tuple[int, Any]:
        self.join(secondes)
        assert self.reponse is not None
        return self.reponse
