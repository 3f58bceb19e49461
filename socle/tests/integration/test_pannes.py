"""The database away, read-only or restarted: clear 503s, nothing half-written, recovery without a restart."""

import json
import select
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client

from local.processus import port_libre
from socle.django.base import fermer_les_coupees
from tests.integration.outils import Fil, brute, reglage_de_la_base, sql, total

pytestmark = pytest.mark.django_db(transaction=True)

COMPTEUR = "/api/temoin/compteur/"


def poster(client: Client, cle: str = "") -> Any:
    return client.post(
        COMPTEUR,
        json.dumps({"texte": "a", "quantite": 2}),
        content_type="application/json",
        headers={"Idempotency-Key": cle} if cle else {},
    )


@pytest.fixture
def base_absente(client: Client) -> Iterator[Callable[[], None]]:
    """The database does not answer, until the function given is called."""
    bon = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = str(port_libre())

    def revenir() -> None:
        connection.close()
        connection.settings_dict["PORT"] = bon

    yield revenir
    revenir()


@pytest.mark.parametrize("cle", ["", "k"])
def test_F42_a_read_only_database_is_a_503_and_nothing_is_half_written(client: Client, cle: str) -> None:
    with reglage_de_la_base("default_transaction_read_only", "on"):
        reponse = poster(client, cle)
        assert (reponse.status_code, reponse.json()["code"]) == (503, "base_indisponible")
        assert reponse["Retry-After"] == "2"
        assert client.get("/health/").status_code == 200
    assert (total(), sql("SELECT count(*) FROM idempotence_cles")) == (0, [(0,)])
    assert poster(client, cle).status_code == 201


@pytest.fixture
def disque_plein() -> Iterator[Callable[[], None]]:
    """PostgreSQL's own error for a full disk (53100) at every write of the business, until the function is called."""
    sql(
        "CREATE FUNCTION plein() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
    )
    sql("CREATE TRIGGER plein AFTER UPDATE ON temoin FOR EACH ROW EXECUTE FUNCTION plein()")

    def vider() -> None:
        sql("DROP FUNCTION IF EXISTS plein CASCADE")

    yield vider
    vider()


@pytest.mark.parametrize("cle", ["", "k"])
def test_F42_a_full_disk_is_a_503_and_nothing_is_half_written(
    client: Client, disque_plein: Callable[[], None], cle: str
) -> None:
    reponse = poster(client, cle)
    assert (reponse.status_code, reponse.json()["code"], reponse["Retry-After"]) == (503, "base_indisponible", "2")
    assert b"space left" not in reponse.content
    assert (total(), sql("SELECT count(*) FROM idempotence_cles")) == (0, [(0,)])
    disque_plein()
    assert poster(client, cle).status_code == 201


@pytest.mark.parametrize("cle", ["", "k"])
def test_F15_a_database_that_is_away_is_a_503_then_everything_works_again(
    client: Client, base_absente: Callable[[], None], cle: str
) -> None:
    for _ in range(2):
        reponse = poster(client, cle)
        assert (reponse.status_code, reponse.json()["code"]) == (503, "base_indisponible")
        assert reponse["Retry-After"] == "2"
    base_absente()
    assert poster(client, cle).status_code == 201
    assert total() == 2


def test_without_its_database_a_service_lives_is_not_ready_and_still_shows_its_metrics(
    client: Client, base_absente: Callable[[], None]
) -> None:
    assert client.get("/health/live").status_code == 200
    for chemin in ("/health/", "/health/ready", "/api/temoin/health/"):
        reponse = client.get(chemin)
        assert (reponse.status_code, reponse["Retry-After"]) == (503, "2")
        assert reponse.json()["verifications"] == {"base_de_donnees": "indisponible"}
    assert client.get("/metrics").status_code == 200
    assert client.get("/swagger.json").status_code == 200
    base_absente()
    assert client.get("/health/ready").status_code == 200


def couper_ma_session() -> None:
    """What a restart of PostgreSQL does to an idle session; returns when its socket says so."""
    sql("SELECT 1")
    brut = connection.connection
    with closing(brute()) as lien, lien.cursor() as curseur:
        curseur.execute("SELECT pg_terminate_backend(%s)", [brut.info.backend_pid])
    assert select.select([brut.fileno()], [], [], 10)[0]


@pytest.mark.parametrize("cle", ["", "k"])
def test_F14_after_its_session_was_cut_even_the_first_request_of_a_connection_succeeds(
    client: Client, cle: str
) -> None:
    couper_ma_session()
    assert poster(client, cle).status_code == 201
    assert total() == 2


def test_F14_a_session_cut_during_a_request_costs_that_request_only(
    client: Client, settings: Any, en_parallele: Callable[[Callable[[], Any]], Fil]
) -> None:
    """In a thread of its own, with Django's own end-of-request signal, as in a gunicorn worker."""
    settings.ROOT_URLCONF = "tests.integration.routes_essai"

    def requetes() -> list[int]:
        local = Client(raise_request_exception=False)
        return [
            local.post(chemin, corps, content_type="application/json").status_code
            for chemin, corps in (("/rapide/", "{}"), ("/rapide/", '{"tuer": 1}'), ("/rapide/", "{}"), ("/drf/", "{}"))
        ]

    assert en_parallele(requetes).resultat() == [201, 503, 201, 201]
    assert total() == 4  # without a key the view is in autocommit: what it wrote before the cut stays (I8)


def test_a_healthy_connection_is_kept(client: Client) -> None:
    assert poster(client).status_code == 201
    avant = connection.connection.info.backend_pid
    assert poster(client).status_code == 201
    fermer_les_coupees()
    assert connection.connection.info.backend_pid == avant


def test_a_connection_within_a_transaction_is_left_alone(client: Client) -> None:
    def dans_une_transaction() -> None:
        with transaction.atomic():
            sql("SELECT 1")
            couper_ma_session()
            fermer_les_coupees()
            sql("SELECT 1")  # a new connection here would silently forget the first half

    with pytest.raises(OperationalError):
        dans_une_transaction()
    connection.close()
