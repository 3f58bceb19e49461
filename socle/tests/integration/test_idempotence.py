"""`Idempotency-Key` on every kind of view, with the first request held open, killed or rolled back."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from socle.idempotence import CONSERVATION_JOURS
from socle.idempotence.middleware import PURGE_LOT
from tests.integration import routes_essai
from tests.integration.outils import Fil, attendre_un_verrou, brute, reglage_de_la_base, sql, total

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.integration.routes_essai")]

Lancer = Callable[[Callable[[], Any]], Fil]
VUES = ["/drf/", "/rapide/", "/simple/", "/fonction/"]


def envoyer(client: Client, chemin: str = "/drf/", corps: object = None, cle: str = "k", methode: str = "post") -> Any:
    octets = corps if isinstance(corps, bytes) else json.dumps({} if corps is None else corps)
    return getattr(client, methode)(
        chemin, octets, content_type="application/json", headers={"Idempotency-Key": cle} if cle else {}
    )


def cles() -> list[tuple[Any, ...]]:
    return sql("SELECT cle, statut FROM idempotence_cles ORDER BY cle")


@pytest.fixture
def porte() -> Iterator[routes_essai.Porte]:
    """The next request stops inside its view."""
    routes_essai.porte = neuve = routes_essai.Porte()
    neuve.fermee = True
    yield neuve
    neuve.ouvrir.set()


@pytest.mark.parametrize("chemin", VUES)
@pytest.mark.parametrize("methode", ["post", "put", "patch", "delete"])
def test_every_kind_of_view_and_writing_method_answers_the_same_bytes(
    client: Client, chemin: str, methode: str
) -> None:
    premiere, seconde = (envoyer(client, chemin, {"a": 1}, methode=methode) for _ in range(2))
    assert (premiere.status_code, premiere.content) == (201, b'{"total":1}')
    assert (seconde.status_code, seconde.content, seconde["Content-Type"]) == (201, b'{"total":1}', "application/json")
    assert ("Idempotency-Replayed" in premiere, seconde["Idempotency-Replayed"], total()) == (False, "true", 1)


@pytest.mark.parametrize("chemin", VUES)
@pytest.mark.parametrize(
    ("corps", "statut"),
    [
        ({"statut": 200}, 200),
        ({"statut": 202}, 202),
        ({"erreur": "refus"}, 400),
        ({"erreur": "introuvable"}, 404),
        ({"erreur": "conflit"}, 409),
    ],
)
def test_answers_and_business_refusals_are_stored(client: Client, chemin: str, corps: object, statut: int) -> None:
    premiere, seconde = envoyer(client, chemin, corps), envoyer(client, chemin, corps)
    assert (premiere.status_code, seconde.status_code) == (statut, statut)
    assert premiere.content == seconde.content
    assert seconde["Idempotency-Replayed"] == "true"
    assert cles() == [("k", statut)]
    assert total() == (1 if statut < 300 else 0)


@pytest.mark.parametrize("chemin", VUES)
@pytest.mark.parametrize(
    ("corps", "statut"),
    [
        *[({"statut": s}, s) for s in (401, 403, 408, 425, 429, 500, 502, 503, 504)],
        ({"erreur": "indisponible"}, 503),
        ({"erreur": "en_cours"}, 409),
        ({"erreur": "schema"}, 400),
        ({"erreur": "interdit"}, 403),
        ({"erreur": "panne"}, 500),
        ({"tuer": 1}, 503),
        (b"{", 400),
    ],
)
def test_what_a_retry_could_change_is_never_stored_and_leaves_no_write(
    client: Client, chemin: str, corps: object, statut: int
) -> None:
    for _ in range(2):
        reponse = envoyer(client, chemin, corps)
        assert reponse.status_code == statut, reponse.content
        assert "Idempotency-Replayed" not in reponse
    assert (cles(), total()) == ([], 0)
    assert envoyer(client, chemin).status_code == 201


def test_two_creations_of_one_unique_thing_at_once_are_a_conflict_not_a_500(client: Client) -> None:
    assert envoyer(client, corps={"doublon": 1}).json()["code"] == "conflit"
    assert total() == 0


@pytest.mark.parametrize("cle", ["x" * 256, "a b", "é", "\t"])
def test_F43_a_malformed_key_is_a_400_that_names_it(client: Client, cle: str) -> None:
    reponse = envoyer(client, cle=cle)
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, ["Idempotency-Key"])
    assert (cles(), total()) == ([], 0)


def test_a_key_of_255_visible_characters_is_accepted(client: Client) -> None:
    assert envoyer(client, cle="~" * 255).status_code == 201
    assert cles() == [("~" * 255, 201)]


@pytest.mark.parametrize("corps", [b'{"reference":' + b"[" * 100_000, b"[" * 100_000, b"\xff", b'{"reference": 1e999}'])
def test_F43_a_hostile_body_under_a_key_is_a_400(client: Client, corps: bytes) -> None:
    assert envoyer(client, corps=corps).status_code == 400
    assert (cles(), total()) == ([], 0)


@pytest.mark.parametrize(
    ("autre", "statut"),
    [(b'{"b": 2, "a": 1.50}', 201), (b'{"a": 1.5, "b": 3}', 422), (b'{"a": "1.5", "b": 2}', 422)],
)
def test_the_order_of_members_does_not_count_their_values_do(client: Client, autre: bytes, statut: int) -> None:
    envoyer(client, corps=b'{"a": 1.5, "b": 2}')
    assert envoyer(client, corps=autre).status_code == statut
    assert total() == 1


def test_one_key_on_another_path_or_method_is_another_request(client: Client) -> None:
    envoyer(client)
    assert envoyer(client, "/rapide/").status_code == 422
    assert envoyer(client, methode="put").status_code == 422
    assert envoyer(client, "/drf/?x=1").status_code == 422
    assert total() == 1


def test_a_view_that_keeps_its_own_keys_runs_outside_of_a_transaction(client: Client) -> None:
    for _ in range(2):
        assert envoyer(client, "/metier/").status_code == 201
    assert (cles(), total()) == ([], 2)


def test_without_a_key_or_with_a_reference_nothing_is_written(client: Client) -> None:
    envoyer(client, cle="")
    envoyer(client, corps={"reference": "r"})
    assert (cles(), total()) == ([], 2)


def test_the_second_of_two_simultaneous_requests_waits_and_gets_the_first_answer(
    client: Client, porte: routes_essai.Porte, en_parallele: Lancer
) -> None:
    premiere = en_parallele(lambda: envoyer(Client()))
    assert porte.dedans.wait(10)
    seconde = en_parallele(lambda: envoyer(Client()))
    attendre_un_verrou()
    porte.ouvrir.set()
    assert premiere.resultat().content == seconde.resultat().content == b'{"total":1}'
    assert seconde.resultat()["Idempotency-Replayed"] == "true"
    assert total() == 1


def test_a_second_request_that_waited_too_long_is_a_409_with_retry_after(
    client: Client, porte: routes_essai.Porte, en_parallele: Lancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`lock_timeout` does bound the wait for another transaction's uncommitted unique row."""
    monkeypatch.setattr("socle.idempotence.middleware.ATTENTE_MS", 300)
    premiere = en_parallele(lambda: envoyer(Client()))
    assert porte.dedans.wait(10)
    debut = time.monotonic()
    seconde = envoyer(client)
    duree = time.monotonic() - debut
    assert (seconde.status_code, seconde.json()["code"], seconde["Retry-After"]) == (409, "en_cours", "1")
    assert 0.3 <= duree < 1.5
    porte.ouvrir.set()
    assert premiere.resultat().status_code == 201
    assert envoyer(client).content == b'{"total":1}'
    assert total() == 1


def test_the_limit_of_the_wait_does_not_leak_into_the_view(
    client: Client, porte: routes_essai.Porte, monkeypatch: pytest.MonkeyPatch
) -> None:
    vues: list[str] = []
    monkeypatch.setattr(porte, "passer", lambda: vues.append(sql("SHOW lock_timeout")[0][0]))
    with reglage_de_la_base("lock_timeout", "7s"):
        assert envoyer(client).status_code == 201
    assert vues == ["7s"]


def test_F20_when_the_first_rolls_back_the_second_proceeds(
    client: Client, porte: routes_essai.Porte, en_parallele: Lancer
) -> None:
    premiere = en_parallele(lambda: envoyer(Client(raise_request_exception=False), corps={"erreur": "indisponible"}))
    assert porte.dedans.wait(10)
    seconde = en_parallele(lambda: envoyer(Client(), corps={"erreur": "refus"}))
    attendre_un_verrou()
    porte.ouvrir.set()
    assert premiere.resultat().status_code == 503
    assert seconde.resultat().status_code == 400
    assert cles() == [("k", 400)]


def test_F14_a_session_cut_under_a_request_that_is_then_refused_is_a_503_and_stores_nothing(
    client: Client, porte: routes_essai.Porte, en_parallele: Lancer
) -> None:
    refus = en_parallele(lambda: envoyer(Client(raise_request_exception=False), corps={"statut": 400}))
    assert porte.dedans.wait(10)
    with closing(brute()) as lien, lien.cursor() as curseur:
        curseur.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        assert curseur.fetchall() == [(True,)]
    porte.ouvrir.set()
    reponse = refus.resultat()
    assert (reponse.status_code, reponse.json()["code"]) == (503, "base_indisponible")
    assert int(reponse["Retry-After"]) > 0
    assert (cles(), total()) == ([], 0)


def test_F20_when_the_first_is_killed_there_is_no_eternal_409(
    client: Client, porte: routes_essai.Porte, en_parallele: Lancer
) -> None:
    """Its session ends as when its process dies: the row vanishes, the waiting second proceeds at once."""
    en_parallele(lambda: envoyer(Client(raise_request_exception=False)))
    assert porte.dedans.wait(10)
    seconde = en_parallele(lambda: envoyer(Client()))
    attendre_un_verrou()
    with closing(brute()) as lien, lien.cursor() as curseur:
        curseur.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        assert curseur.fetchall() == [(True,)]
    assert seconde.resultat().status_code == 201
    porte.ouvrir.set()
    assert envoyer(client).content == b'{"total":1}'
    assert total() == 1


def test_F19_simultaneous_requests_with_one_key_have_one_effect(client: Client, en_parallele: Lancer) -> None:
    depart = threading.Barrier(12)

    def partir() -> Any:
        depart.wait()
        return envoyer(Client())

    reponses = [fil.resultat() for fil in [en_parallele(partir) for _ in range(12)]]
    assert {(r.status_code, r.content) for r in reponses} == {(201, b'{"total":1}')}
    assert total() == 1


def test_a_new_key_costs_these_statements_and_a_replay_those(client: Client) -> None:
    with CaptureQueriesContext(connection) as premiere:
        envoyer(client)
    with CaptureQueriesContext(connection) as seconde:
        envoyer(client)
    assert [r["sql"].split()[0] for r in premiere] == [
        "BEGIN", "SET", "INSERT", "SET", "SAVEPOINT", "UPDATE", "RELEASE", "WITH", "COMMIT",
    ]  # fmt: skip
    assert [r["sql"].split()[0] for r in seconde] == ["BEGIN", "SET", "INSERT", "SELECT", "COMMIT"]


def vieillir(motif: str, jours: float) -> None:
    sql("UPDATE idempotence_cles SET cree_le = now() - %s * interval '1 day' WHERE cle LIKE %s", jours, motif)


def test_keys_live_at_least_seven_days_and_leave_when_later_answers_are_stored(client: Client) -> None:
    envoyer(client, cle="recente")
    envoyer(client, cle="ancienne")
    vieillir("recente", 7.95)
    vieillir("ancienne", CONSERVATION_JOURS + 0.01)
    assert envoyer(client, cle="ancienne")["Idempotency-Replayed"] == "true"
    envoyer(client, cle="nouvelle")
    assert cles() == [("nouvelle", 201), ("recente", 201)]
    assert envoyer(client, cle="recente")["Idempotency-Replayed"] == "true"


def test_a_bounded_number_of_old_keys_leaves_with_one_answer_the_oldest_first(client: Client) -> None:
    sql("INSERT INTO idempotence_cles (consommateur, cle, empreinte, cree_le) "
        "SELECT '', 'vieille-' || n, 'x', now() - n * interval '10 days' FROM generate_series(1, %s) n",
        PURGE_LOT + 2)  # fmt: skip
    envoyer(client, cle="nouvelle")
    assert [cle for cle, _ in cles()] == ["nouvelle", "vieille-1", "vieille-2"]


def test_an_old_key_that_another_transaction_holds_is_left_to_it(client: Client) -> None:
    envoyer(client, cle="ancienne")
    vieillir("ancienne", 100)
    with closing(brute()) as lien, lien.cursor() as curseur:
        curseur.execute("BEGIN; SELECT 1 FROM idempotence_cles WHERE cle = 'ancienne' FOR UPDATE")
        assert envoyer(client, cle="nouvelle").status_code == 201
        curseur.execute("ROLLBACK")
    assert [cle for cle, _ in cles()] == ["ancienne", "nouvelle"]
