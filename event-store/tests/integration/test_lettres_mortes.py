"""Dead letters of every group: two databases of other services, entered with what their owners grant, one list."""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg2
import pytest
from flask.testing import FlaskClient

from event_store.interfaces.vues import ROUTES
from event_store.settings import Config
from socle.evenements import lettres_mortes
from socle.evenements.lettres_mortes import LettreMorte
from socle.evenements.tables import CREATION
from tests.conftest import JETON, interne, superutilisateur

BASE = "/api/event-store"
INTERNE = {"X-Internal-Token": JETON}


@dataclass(frozen=True)
class Depot:
    """The database of a service that consumes the stream; `curseur` works there as its owner."""

    nom: str
    curseur: Any

    def deposer(self, groupe: str, cle: str | None = None) -> str:
        """One new letter; its id."""
        cle = cle or str(uuid.uuid4())
        lettre = LettreMorte(
            groupe=groupe, stream="s", event_id=str(uuid.uuid4()), type="StockReserved", cle=cle, position="1-0",
            cause="illisible", essais=5, evenement={"type": "StockReserved"},
        )  # fmt: skip
        lettres_mortes.deposer(self.curseur, [lettre])
        return str(uuid.uuid5(uuid.UUID(lettre.event_id), groupe))

    def traiter(self, identifiant: str) -> None:
        """Its group has processed the letter."""
        self.curseur.execute("SELECT groupe, event_id::text FROM lettres_mortes WHERE id = %s", [identifiant])
        groupe, event_id = self.curseur.fetchone()
        lettres_mortes.conclure(self.curseur, groupe, [event_id])


@contextlib.contextmanager
def depot(nom: str, role: str) -> Iterator[Depot]:
    with contextlib.closing(superutilisateur()) as admin, admin.cursor() as curseur:
        curseur.execute(f"CREATE DATABASE {nom}")
        curseur.execute(f"REVOKE CONNECT ON DATABASE {nom} FROM PUBLIC")
        curseur.execute(f"GRANT CONNECT ON DATABASE {nom} TO {role}")
        try:
            with contextlib.closing(superutilisateur(nom)) as lien, lien.cursor() as chez_lui:
                chez_lui.execute(CREATION)
                lettres_mortes.confier(chez_lui, role)
                yield Depot(nom, chez_lui)
        finally:
            curseur.execute(f"DROP DATABASE {nom} WITH (FORCE)")


@pytest.fixture
def workers(client: FlaskClient, config: Config) -> Iterator[Depot]:
    with depot(config.workers_postgres_db, config.postgres_user) as ouvert:
        yield ouvert


@pytest.fixture
def ecommerce(client: FlaskClient, config: Config) -> Iterator[Depot]:
    with depot(config.ecommerce_postgres_db, config.postgres_user) as ouvert:
        yield ouvert


def lister(client: FlaskClient, criteres: str = "") -> tuple[list[str], int]:
    corps = client.get(f"{BASE}/lettres-mortes{criteres}", headers=INTERNE).json
    return [lettre["id"] for lettre in corps["lettres_mortes"]], corps["total"]


def lire(client: FlaskClient, identifiant: str) -> Any:
    return client.get(f"{BASE}/lettres-mortes/{identifiant}", headers=INTERNE).json


def test_letters_of_every_database_are_one_list_in_the_order_of_arrival(
    client: FlaskClient, workers: Depot, ecommerce: Depot
) -> None:
    checkout = str(uuid.uuid4())
    attendus = [
        workers.deposer("choreo-order"),
        ecommerce.deposer("choreo-suivi", checkout),
        workers.deposer("choreo-cqrs", checkout),
        ecommerce.deposer("choreo-suivi"),
        workers.deposer("choreo-order"),
    ]
    assert lister(client) == (attendus, 5)
    assert [lister(client, f"?page={n}&page_size=2") for n in (1, 2, 3, 4)] == [
        (attendus[:2], 5), (attendus[2:4], 5), (attendus[4:], 5), ([], 5),
    ]  # fmt: skip
    assert lister(client, "?groupe=choreo-suivi") == ([attendus[1], attendus[3]], 2)
    assert lister(client, f"?checkout_id={checkout.upper()}&etat=en_attente") == (attendus[1:3], 2)
    assert lister(client, "?type=CheckoutFailed") == ([], 0)
    decrite = next(r for r in ROUTES if r.nom == "get_lister_lettres").reponses[200].corps["lettres_mortes"][0]
    assert set(client.get("/lettres-mortes", headers=INTERNE).json["lettres_mortes"][0]) == set(decrite)
    for identifiant in attendus:
        assert lire(client, identifiant)["evenement"] == {"type": "StockReserved"}


@pytest.mark.parametrize("groupe", ["choreo-order", "choreo-suivi"])
def test_F32_redrive_and_drop_wherever_the_letter_is(
    client: FlaskClient, workers: Depot, ecommerce: Depot, groupe: str
) -> None:
    chez = ecommerce if groupe == "choreo-suivi" else workers
    relancee, abandonnee, temoin = (chez.deposer(groupe) for _ in range(3))
    premiere = interne(client, f"lettres-mortes/{relancee}/redrive")
    assert (premiere.status_code, premiere.json["etat"]) == (200, "relancee")
    assert interne(client, f"lettres-mortes/{relancee}/redrive").json == premiere.json

    sans_motif = interne(client, f"lettres-mortes/{abandonnee}/drop")
    assert (sans_motif.status_code, list(sans_motif.json["champs"])) == (400, ["motif"])
    lachee = interne(client, f"lettres-mortes/{abandonnee}/drop", {"motif": "checkout de test"})
    assert [lachee.json[nom] for nom in ("etat", "motif", "cause")] == ["abandonnee", "checkout de test", "illisible"]
    assert interne(client, f"lettres-mortes/{abandonnee}/drop", {"motif": "encore"}).json == lachee.json
    croise = interne(client, f"lettres-mortes/{abandonnee}/redrive")
    assert (croise.status_code, croise.json["code"], croise.json["etat"]) == (409, "lettre_close", "abandonnee")
    assert lister(client, "?etat=en_attente") == ([temoin], 1)


def test_F32_a_letter_that_was_processed_says_so(client: FlaskClient, workers: Depot, ecommerce: Depot) -> None:
    identifiant = ecommerce.deposer("choreo-suivi")
    interne(client, f"lettres-mortes/{identifiant}/redrive")
    ecommerce.traiter(identifiant)
    assert lister(client, "?etat=traitee") == ([identifiant], 1)
    encore = interne(client, f"lettres-mortes/{identifiant}/redrive")
    assert (encore.status_code, encore.json["etat"]) == (200, "traitee")
    tard = interne(client, f"lettres-mortes/{identifiant}/drop", {"motif": "trop tard"})
    assert (tard.status_code, tard.json["code"], tard.json["etat"]) == (409, "lettre_close", "traitee")
    assert lire(client, identifiant)["motif"] == ""


def test_a_redriven_letter_may_still_be_dropped(client: FlaskClient, workers: Depot, ecommerce: Depot) -> None:
    identifiant = workers.deposer("choreo-order")
    interne(client, f"lettres-mortes/{identifiant}/redrive")
    lachee = interne(client, f"lettres-mortes/{identifiant}/drop", {"motif": "finalement non"})
    assert (lachee.status_code, lachee.json["etat"]) == (200, "abandonnee")


def test_unknown_letters_and_criteria(client: FlaskClient, workers: Depot, ecommerce: Depot) -> None:
    for chemin in ("redrive", "drop"):
        refus = interne(client, f"lettres-mortes/{uuid.uuid4()}/{chemin}", {"motif": "essai"})
        assert (refus.status_code, refus.json["code"]) == (404, "lettre_inconnue")
    assert client.get(f"{BASE}/lettres-mortes/{uuid.uuid4()}", headers=INTERNE).status_code == 404
    assert client.get(f"{BASE}/lettres-mortes?etat=x", headers=INTERNE).status_code == 400
    for chemin in ("", f"/{uuid.uuid4()}"):
        refus = client.get(f"{BASE}/lettres-mortes{chemin}")
        assert (refus.status_code, refus.json["code"]) == (403, "jeton_interne_requis")


def test_letters_without_one_of_their_databases_or_without_the_right_to_it_are_503(
    client: FlaskClient, workers: Depot, config: Config
) -> None:
    """Half a list would look like a whole one."""
    identifiant = workers.deposer("choreo-order")

    def refus(chemin: str) -> tuple[int, Any]:
        reponse = client.get(f"{BASE}/lettres-mortes{chemin}", headers=INTERNE)
        return reponse.status_code, reponse.json.get("code")

    assert refus("") == (503, "base_indisponible")
    assert refus(f"/{identifiant}") == (200, None)
    with depot(config.ecommerce_postgres_db, config.postgres_user) as autre:
        assert refus("") == (200, None)
        autre.curseur.execute(f"REVOKE ALL ON lettres_mortes FROM {config.postgres_user}")
        assert refus("") == (503, "base_indisponible")
    assert client.get("/projections").status_code == 200


def test_no_session_stays_in_the_databases_of_others(client: FlaskClient, workers: Depot, ecommerce: Depot) -> None:
    assert lister(client) == ([], 0)
    with contextlib.closing(superutilisateur()) as admin, admin.cursor() as curseur:
        curseur.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = ANY(%s) AND usename <> %s",
            [[workers.nom, ecommerce.nom], admin.info.user],
        )
        assert curseur.fetchone() == (0,)


def test_the_service_may_not_touch_anything_else_there(workers: Depot, config: Config) -> None:
    with contextlib.closing(
        psycopg2.connect(
            host=config.postgres_host, port=config.postgres_port, dbname=workers.nom, user=config.postgres_user,
            password="secret",
        )
    ) as lien, lien.cursor() as curseur, pytest.raises(psycopg2.errors.InsufficientPrivilege):  # fmt: skip
        curseur.execute("DELETE FROM lettres_mortes")
