"""A database with the tables of `socle.evenements`, a stream of its own for each test, and members run in threads."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from local.valkey import ServeurDeTest
from socle.evenements import outbox
from socle.evenements.base import Base
from socle.evenements.bus import Bus, ouvrir
from socle.evenements.consommateur import Consommateur, Reglages
from socle.evenements.enveloppe import Evenement
from socle.evenements.outbox import Relais
from socle.evenements.reactions import Table
from socle.evenements.tables import CREATION

RAPIDE = Reglages(
    lecture_s=0.05, reclamation_s=0.6, essais_max=3, patience_s=1.0, attente_min_s=0.02, attente_max_s=0.2, drainage_s=2
)


def _parametres(base: str) -> dict[str, Any]:
    return {
        "host": os.environ["POSTGRES_HOST"],
        "port": os.environ["POSTGRES_PORT"],
        "user": os.environ["POSTGRES_USER"],
        "password": os.environ["POSTGRES_PASSWORD"],
        "dbname": base,
    }


@pytest.fixture(scope="session")
def nom_base() -> Iterator[str]:
    nom = f"evenements_{uuid.uuid4().hex[:8]}"
    admin = psycopg2.connect(**_parametres("postgres"))
    admin.autocommit = True
    with admin.cursor() as curseur:
        curseur.execute(f"CREATE DATABASE {nom}")
    with psycopg2.connect(**_parametres(nom)) as connexion, connexion.cursor() as curseur:
        curseur.execute(CREATION)
    connexion.close()
    yield nom
    with admin.cursor() as curseur:
        curseur.execute(f"DROP DATABASE {nom} WITH (FORCE)")
    admin.close()


class Banc:
    """What a test of the bus needs: bases, the bus, members and relays in threads, and bounded polling."""

    def __init__(self, nom_base: str, url: str) -> None:
        self._nom_base = nom_base
        self.flux = f"flux.{uuid.uuid4().hex[:8]}"
        self.redis = ouvrir(url)
        self.bus = Bus(self.redis, self.flux)

    def base(self, nom: str = "test") -> Base:
        return Base(nom=nom, **_parametres(self._nom_base))

    def sql(self, requete: str, *parametres: Any) -> list[tuple[Any, ...]]:
        base = self.base()
        with base.transaction() as curseur:
            curseur.execute(requete, list(parametres))
            lignes = curseur.fetchall() if curseur.description else []
        base.fermer()
        return lignes

    def evenement(self, type_: str = "Fait", cle: str | None = None, **payload: Any) -> Evenement:
        cle = cle or str(uuid.uuid4())
        return Evenement(id=uuid.uuid4(), type=type_, cle=cle, source="test", payload={"checkout_id": cle, **payload})

    def publier(self, *evenements: Evenement) -> None:
        self.bus.publier([e.champs() for e in evenements])

    @contextmanager
    def membre(self, table: Table, nom: str = "m1", reglages: Reglages = RAPIDE) -> Iterator[Consommateur]:
        consommateur = Consommateur(table, base=self.base(nom), bus=self.bus, nom=nom, reglages=reglages)
        fil = threading.Thread(target=consommateur.tourner, daemon=True)
        fil.start()
        try:
            yield consommateur
        finally:
            consommateur.arreter()
            fil.join(10)
            assert not fil.is_alive(), "the member did not stop"

    @contextmanager
    def relais(self, groupes: list[str], age_s: float = 0.0, cadence_s: float = 0.0) -> Iterator[Relais]:
        relais = Relais(self.base("relais"), self.bus, groupes=groupes, age_s=age_s, cadence_s=cadence_s)
        arret = threading.Event()
        fil = threading.Thread(target=relais.tourner, args=(arret,), kwargs={"intervalle_s": 0.05}, daemon=True)
        fil.start()
        try:
            yield relais
        finally:
            arret.set()
            fil.join(10)
            assert not fil.is_alive(), "the relay did not stop"

    def deposer(self, *evenements: Evenement) -> None:
        base = self.base()
        with base.transaction() as curseur:
            outbox.deposer(curseur, self.flux, evenements)
        base.fermer()

    def publies(self) -> list[str]:
        """Event ids in stream order."""
        return [champs["id"] for _, champs in self.redis.xrange(self.flux)]

    def en_attente(self, groupe: str = "g") -> int:
        """Entries delivered to the group and not acknowledged; -1 while there is no group."""
        etat = self.bus.etat_des_groupes().get(groupe)
        return int(etat["pending"]) if etat else -1

    def laisser(self, *evenements: Evenement, membre: str, livraisons: int = 1, groupe: str = "g") -> None:
        """Publish, and have `membre` take them and die, for the `livraisons`-th time."""
        self.publier(*evenements)
        self.bus.assurer_groupe(groupe)
        recues = self.bus.lire(groupe, membre, nombre=1000, attente_ms=None)
        assert len(recues) == len(evenements)
        self.bus.tenir(groupe, membre, [recue.entree for recue in recues], livraisons=livraisons)


@pytest.fixture
def banc(nom_base: str) -> Iterator[Banc]:
    banc = Banc(nom_base, os.environ["REDIS_URL"])
    yield banc
    banc.sql("TRUNCATE outbox, outbox_flux, inbox, points_de_reprise, lettres_mortes")
    banc.redis.delete(banc.flux, f"{banc.flux}:identite")
    banc.redis.close()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ServeurDeTest]:
    serveur = ServeurDeTest(tmp_path)
    serveur.demarrer()
    yield serveur
    serveur.arreter()


@pytest.fixture
def banc_a_part(nom_base: str, valkey: ServeurDeTest) -> Iterator[Banc]:
    """Over a Valkey of the test's own."""
    banc = Banc(nom_base, valkey.url)
    yield banc
    banc.sql("TRUNCATE outbox, outbox_flux, inbox, points_de_reprise, lettres_mortes")
    banc.redis.close()


def attendre(condition: Callable[[], bool], quoi: str = "", delai_s: float = 8.0) -> None:
    """Bounded polling."""
    limite = time.monotonic() + delai_s
    while not condition():
        if time.monotonic() > limite:
            pytest.fail(f"not within {delai_s} s: {quoi}")
        time.sleep(0.01)
