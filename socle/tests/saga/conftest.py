import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.db import connection, connections

from socle.saga import moteur
from socle.saga.definition import Appel, DefinitionSaga, Registre
from socle.saga.depot import Conclusion, Creation, Proprietaire, Saga
from socle.saga.depot_postgres import DepotPostgres, Tables
from socle.saga.executeur import Executeur, Observateur, Reglages
from tests.saga.exemple import definition

TABLES = Tables("essai_sagas", "essai_evenements", "saga_proprietaires")
MOI = Proprietaire("saga-1", 1)
AUTRE = Proprietaire("saga-2", 1)


@pytest.fixture(scope="session")
def _tables_creees(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    from tests.saga import modeles

    with django_db_blocker.unblock(), connection.schema_editor() as editeur:
        for modele in (modeles.Saga, modeles.Evenement, modeles.Proprietaire):
            modele._meta.managed = True
            editeur.create_model(modele)
            modele._meta.managed = False
    yield
    with django_db_blocker.unblock():
        # Renewal threads are daemons that keep a connection for as long as their process lives.
        sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()")  # fmt: skip


@pytest.fixture
def depot(_tables_creees: None, transactional_db: None) -> DepotPostgres:
    return DepotPostgres(TABLES)


def sql(texte: str, *parametres: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as curseur:
        curseur.execute(texte, parametres)
        return curseur.fetchall() if curseur.description else []


def vieillir(saga_id: str, secondes: float) -> None:
    """Make the lease of a saga end `secondes` ago, by the database clock."""
    sql("UPDATE essai_sagas SET bail_expire = clock_timestamp() - %s * interval '1 second' WHERE saga_id = %s",
        secondes, saga_id)  # fmt: skip


def creation(saga_id: str = "", **suite: Any) -> Creation:
    return Creation(
        **{
            "saga_id": saga_id or str(uuid.uuid4()),
            "nom": "essai",
            "version": 1,
            "etat": moteur.initial(definition()),
            "donnees": {"panier": [1]},
            "empreinte": "e1",
            "consommateur": "magasin-app",
            "correlation_id": "corr-1",
            **suite,
        }
    )


def historique(saga_id: str) -> list[str]:
    return [t for (t,) in sql("SELECT type FROM essai_evenements WHERE saga_id = %s ORDER BY numero", saga_id)]


class Ports:
    """Scripted participants: `regles[nom]` is called (it may raise or wait); every call is noted in order."""

    def __init__(self) -> None:
        self.regles: dict[str, Callable[[Appel], Mapping[str, Any] | None]] = {}
        self.appels: list[str] = []
        self.cles: list[str] = []

    def agir(self, nom: str, appel: Appel) -> Mapping[str, Any] | None:
        self.appels.append(nom)
        self.cles.append(appel.cle)
        regle = self.regles.get(nom)
        return regle(appel) if regle else {nom: appel.tentative}


def conclure(saga: Saga) -> Conclusion:
    return Conclusion(statut=201 if saga.etat.etat == "SAGA_TERMINEE" else 400, corps=f"{saga.etat.etat} {saga.numero}")


@pytest.fixture
def ports() -> Ports:
    return Ports()


Fabrique = Callable[..., Executeur]


@pytest.fixture
def fabrique(depot: DepotPostgres, ports: Ports) -> Fabrique:
    """Runners over the same store and participants; keywords change the owner, definitions and limits."""

    def fabriquer(
        proprietaire: Proprietaire = MOI,
        definitions: tuple[DefinitionSaga, ...] = (definition(),),
        observateur: Observateur | None = None,
        **reglages: float,
    ) -> Executeur:
        return Executeur(
            depot=depot,
            registre=Registre(*definitions),
            ports=ports,
            conclure=conclure,
            proprietaire=lambda: proprietaire,
            observateur=observateur,
            reglages=Reglages(**reglages),
        )

    return fabriquer


def attendre_que(condition: Callable[[], bool], secondes: float = 5.0) -> None:
    limite = time.monotonic() + secondes
    while not condition():
        assert time.monotonic() < limite, "condition never met"
        time.sleep(0.005)


@pytest.fixture
def en_parallele() -> Iterator[Callable[[Callable[[], Any]], "Tache"]]:
    """Run a callable in a thread with a database connection of its own; joined at the end of the test."""
    taches: list[Tache] = []

    def lancer(fonction: Callable[[], Any]) -> Tache:
        taches.append(Tache(fonction))
        return taches[-1]

    yield lancer
    for tache in taches:
        tache.join(10)
        assert not tache.is_alive()


class Tache(threading.Thread):
    def __init__(self, fonction: Callable[[], Any]) -> None:
        super().__init__()
        self._fonction, self._resultat, self._erreur = fonction, None, None
        self.start()

    def run(self) -> None:
        try:
            self._resultat = self._fonction()
        except BaseException as erreur:
            self._erreur = erreur
        finally:
            connections.close_all()

    def resultat(self, secondes: float = 10) -> Any:
        self.join(secondes)
        assert not self.is_alive()
        if self._erreur is not None:
            raise self._erreur
        return self._resultat
