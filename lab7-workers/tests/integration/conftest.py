"""Six real worker processes over real PostgreSQL, a Valkey that may be stopped, real HTTP neighbours and a mail server.

The test plays ecommerce: its outbox, its relay, and its group `choreo-suivi`, which records every terminal event.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from local.processus import arreter, port_libre
from local.valkey import ServeurDeTest
from local.voisins import CLIENT, Voisins
from socle import fautes
from socle.evenements import outbox
from socle.evenements.base import Base
from socle.evenements.bus import Bus, ouvrir
from socle.evenements.consommateur import Consommateur, Reglages
from socle.evenements.enveloppe import Evenement
from socle.evenements.flux import FLUX, GROUPES
from socle.evenements.outbox import Relais
from socle.evenements.reactions import Table
from socle.evenements.tables import CREATION
from tests.conftest import SCHEMAS, attendre, initie
from tests.smtp import ServeurSmtp
from workers.config import Config
from workers.programme import PORTS, amorcer

RACINE = Path(__file__).parents[3]
FINS = ("CheckoutSucceeded", "CheckoutFailed")
ECHEANCE_S = 3.0


class Worker:
    """One `python -m workers NAME` process."""

    def __init__(self, nom: str, environnement: dict[str, str], dossier: Path, instance: str = "") -> None:
        self.nom, self.instance = nom, instance or nom
        self.port = port_libre()
        self.journal = dossier / f"{self.instance}.log"
        self._env = {**environnement, "INSTANCE_ID": self.instance, "METRICS_PORT": str(self.port)}
        self._fautes = dossier / "fautes" / f"{self.instance}.json"
        self.processus: subprocess.Popen[bytes] | None = None

    def demarrer(self) -> Worker:
        with self.journal.open("ab") as sortie:
            self.processus = subprocess.Popen(
                [sys.executable, "-m", "workers", self.nom], env=self._env, stdout=sortie, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, cwd=RACINE / "lab7-workers",
            )  # fmt: skip
        return self

    def attendre_pret(self) -> Worker:
        attendre(lambda: "worker_pending" in self.metriques(), f"{self.instance} is at work", 30)
        return self

    def signaler(self, numero: signal.Signals) -> None:
        assert self.processus is not None
        self.processus.send_signal(numero)

    def attendre_la_mort(self) -> int:
        assert self.processus is not None
        return self.processus.wait(20)

    def arreter(self) -> None:
        if self.processus is not None and self.processus.poll() is None:
            self.signaler(signal.SIGCONT)
            arreter(self.processus, signal.SIGTERM, 20)

    def armer(self, point: str, genre: fautes.Genre = "crash", secondes: float = 0.0) -> None:
        fautes.Tableau(self._fautes).ecrire([fautes.Faute(point=point, genre=genre, secondes=secondes)])

    def metriques(self) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=2) as page:
                return str(page.read().decode())
        except OSError:
            return ""

    def lignes(self) -> list[dict[str, Any]]:
        """Its log, parsed: every line is JSON, but for what libpq itself says of a session that was cut."""
        lignes = self.journal.read_text().splitlines()
        return [json.loads(ligne) for ligne in lignes if not ligne.startswith("FATAL:  terminating connection")]


class Labo:
    """The choreography around the workers, and what a test asks of it."""

    def __init__(self, dossier: Path, passerelle: str, voisins: Voisins) -> None:
        self.dossier, self.voisins = dossier, voisins
        self.valkey = ServeurDeTest(dossier)
        self.valkey.demarrer()
        self.smtp = ServeurSmtp()
        self.smtp.ouvrir()
        self._bases = {nom: f"{nom}_{uuid.uuid4().hex[:8]}" for nom in ("workers", "ecommerce")}
        self._admin("CREATE DATABASE {}")
        self.environnement = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(RACINE / "socle/src"), str(RACINE / "lab7-workers")]),
            "KONG_GATEWAY_URL": passerelle,
            "POSTGRES_DB": self._bases["workers"],
            "REDIS_URL": self.valkey.url,
            "LABO_FAUTES": "1",
            "LABO_FAUTES_REPERTOIRE": str(dossier / "fautes"),
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "INFO",
            "HTTP_CONNEXION_S": "0.2",
            "HTTP_LECTURE_S": "1.0",
            "ECHEANCE_S": str(ECHEANCE_S),
            "RECLAMATION_S": "2",
            "ATTENTE_MAX_S": "0.3",
            "NOTIFICATION_CANAL": "smtp",
            "SMTP_PORT": str(self.smtp.port),
        }
        config = Config(postgres_db=self._bases["workers"], redis_url=self.valkey.url)
        amorcer(config)
        amorcer(config)
        with self.base("ecommerce").transaction() as curseur:
            curseur.execute(CREATION)
        self.redis = ouvrir(self.valkey.url)
        self.bus = Bus(self.redis, FLUX)
        self.workers = {nom: self.worker(nom) for nom in PORTS}
        self._extras: list[Worker] = []
        self.fins: dict[str, list[str]] = defaultdict(list)
        self._arret = threading.Event()
        self._relais = Relais(self.base("ecommerce"), self.bus, groupes=GROUPES)
        self._suivi = Consommateur(
            Table(groupe="choreo-suivi", reactions=dict.fromkeys(FINS, self._noter)),
            base=self.base("ecommerce"), bus=self.bus, nom="suivi", reglages=Reglages(lecture_s=0.1),
        )  # fmt: skip
        self._fils = [
            threading.Thread(target=self._relais.tourner, args=(self._arret,), daemon=True),
            threading.Thread(target=self._suivi.tourner, daemon=True),
        ]
        for fil in self._fils:
            fil.start()

    def _admin(self, requete: str) -> None:
        lien = psycopg2.connect(**self._acces("postgres"))
        lien.autocommit = True
        with lien.cursor() as curseur:
            for nom in self._bases.values():
                curseur.execute(requete.format(nom))
        lien.close()

    @staticmethod
    def _acces(base: str) -> dict[str, Any]:
        noms = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
        return {nom: os.environ[f"POSTGRES_{variable}"] for nom, variable in noms.items()} | {"dbname": base}

    def base(self, nom: str) -> Base:
        return Base(nom="essai", **self._acces(self._bases[nom]))

    def worker(self, nom: str, instance: str = "") -> Worker:
        return Worker(nom, self.environnement, self.dossier, instance)

    def en_plus(self, nom: str, instance: str) -> Worker:
        """A second member of a worker's group, for this test."""
        worker = self.worker(nom, instance).demarrer()
        self._extras.append(worker)
        return worker

    def _noter(self, evenement: Evenement) -> list[Evenement]:
        self.fins[evenement.cle].append(evenement.type)
        return []

    def sql(self, requete: str, *parametres: Any, base: str = "workers") -> list[tuple[Any, ...]]:
        connexion = self.base(base)
        with connexion.transaction() as curseur:
            curseur.execute(requete, list(parametres))
            lignes = curseur.fetchall() if curseur.description else []
        connexion.fermer()
        return lignes

    # -- what ecommerce does ----------------------------------------------------------------------------------------

    def accepter(self, **panier: Any) -> str:
        """A checkout begins: one transaction of ecommerce. Returns its id."""
        ((maintenant,),) = self.sql("SELECT clock_timestamp()", base="ecommerce")
        evenement = initie(maintenant.isoformat(), **panier)
        self.deposer(evenement)
        return evenement.cle

    def deposer(self, *evenements: Evenement) -> None:
        connexion = self.base("ecommerce")
        with connexion.transaction() as curseur:
            outbox.deposer(curseur, FLUX, evenements)
        connexion.fermer()

    # -- what a test asks -------------------------------------------------------------------------------------------

    def attendre_fin(self, *checkouts: str, delai_s: float = 20.0) -> None:
        attendre(
            lambda: all(self.fins.get(checkout) for checkout in checkouts),
            f"the end of {[c for c in checkouts if c not in self.fins]}",
            delai_s,
        )

    def evenements(self, checkout: str) -> list[dict[str, str]]:
        """What the workers brought about for a checkout, from their own outbox."""
        lignes = self.sql("SELECT champs FROM outbox WHERE cle = %s ORDER BY seq", checkout)
        return [json.loads(champs) for (champs,) in lignes]

    def types(self, checkout: str) -> list[str]:
        return [champs["type"] for champs in self.evenements(checkout)]

    def fins_prises_en_compte(self) -> int:
        """How many terminal events took effect in ecommerce's group since the test began."""
        return int(self.sql("SELECT count(*) FROM inbox WHERE groupe = 'choreo-suivi'", base="ecommerce")[0][0])

    def a_fini(self, groupe: str) -> bool:
        """Whether the group has nothing left to do."""
        etat = self.bus.etat_des_groupes().get(groupe)
        return etat is not None and etat["pending"] == 0 and self.bus.retard(etat) == 0

    def verifier(self) -> None:
        """What must hold after every test, whatever happened in it."""
        attendre(lambda: all(self.a_fini(groupe) for groupe in GROUPES), "every group is done", 20)
        fins: dict[str, set[str]] = defaultdict(set)
        for _, champs in self.redis.xrange(FLUX):
            if champs["type"] in FINS:
                fins[json.loads(champs["payload"])["checkout_id"]].add(champs["type"])
        assert [c for c, types in fins.items() if len(types) > 1] == [], "two opposite ends"
        # What a flush took before audit had read it comes again with the next sweep of its relay.
        deposes = {event_id for (event_id,) in self.sql("SELECT event_id::text FROM outbox")}
        attendre(lambda: deposes <= set(self.voisins.historique), "every event is stored", 10)
        attendre(lambda: deposes <= self.voisins.pliees, "every event is folded", 10)
        for (champs,) in self.sql("SELECT champs FROM outbox"):
            SCHEMAS.valider(json.loads(champs))
        reservees = {r for r, v in self.voisins.reservations.items() if v["etat"] == "RESERVEE"}
        vendues = {r for r, v in self.voisins.ventes.items() if v["statut"] == "active"}
        assert reservees == vendues, "stock is held for something else than a sale"
        prises = sum(sum(self.voisins.reservations[r]["prises"].values()) for r in reservees)
        assert sum(500 - quantite for quantite in self.voisins.stock.values()) == prises

    def vider(self) -> None:
        """Between two tests: the workers stay, everything they know goes."""
        for worker in self._extras:
            worker.arreter()
        self._extras = []
        self.voisins.vider()
        self.voisins.clients[CLIENT] = {"id": CLIENT, "email": "ada@example.com", "actif": True}
        self.smtp.recus.clear()
        self.fins.clear()
        for base in self._bases:
            self.sql("TRUNCATE outbox, inbox, lettres_mortes", base=base)
        for worker in self.workers.values():
            if worker.processus is None or worker.processus.poll() is not None:
                worker.demarrer()
        attendre(lambda: set(self.bus.etat_des_groupes()) == set(GROUPES), "every group exists", 30)

    def fermer(self) -> None:
        for worker in (*self.workers.values(), *self._extras):
            if worker.processus is not None and worker.processus.poll() is None:
                worker.signaler(signal.SIGTERM)
        for worker in (*self.workers.values(), *self._extras):
            worker.arreter()
        self._arret.set()
        self._suivi.arreter()
        for fil in self._fils:
            fil.join(10)
        self.redis.close()
        self.valkey.arreter()
        self.smtp.fermer()
        self._admin("DROP DATABASE {} WITH (FORCE)")


@pytest.fixture(scope="session")
def _labo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labo]:
    from tests.conftest import _PASSERELLE, _VOISINS

    labo = Labo(tmp_path_factory.mktemp("workers"), _PASSERELLE, _VOISINS)
    yield labo
    labo.fermer()


@pytest.fixture
def labo(_labo: Labo) -> Iterator[Labo]:
    _labo.vider()
    yield _labo
    _labo.verifier()
