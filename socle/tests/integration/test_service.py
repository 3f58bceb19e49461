"""The smallest service on the plumbing, over HTTP: errors, correlation, health, documentation, idempotency."""

import json

import pytest
from django.db import connection
from django.test import Client

from socle import correlation
from tests.integration.outils import total

pytestmark = pytest.mark.django_db(transaction=True)


def poster(client: Client, corps: object, **entetes: str):
    return client.post("/api/temoin/compteur/", json.dumps(corps), content_type="application/json", headers=entetes)


def test_an_answer_returns_the_correlation_id_it_received(client: Client) -> None:
    reponse = poster(client, {"texte": "a", "quantite": 2}, **{"X-Correlation-ID": "abc-1"})
    assert (reponse.status_code, reponse.json()["total"], reponse["X-Correlation-ID"]) == (201, 2, "abc-1")


def test_a_correlation_id_that_could_forge_a_log_line_is_replaced(client: Client) -> None:
    reponse = poster(client, {"texte": "a", "quantite": 2}, **{"X-Correlation-ID": "a\tb c"})
    assert reponse["X-Correlation-ID"] != "a\tb c"
    assert len(reponse["X-Correlation-ID"]) == 36


@pytest.mark.parametrize(
    ("corps", "champ"),
    [
        ({"texte": "a", "quantite": "3"}, "quantite"),
        ({"texte": "a", "quantite": 3.0}, "quantite"),
        ({"texte": "a", "quantite": True}, "quantite"),
        ({"texte": "a"}, "quantite"),
        ({"texte": 5, "quantite": 3}, "texte"),
        ({"texte": "a\x00b", "quantite": 3}, "texte"),
        ({"texte": "\ud800", "quantite": 3}, "texte"),
        ({"texte": "a", "quantite": 3, "prix": "1.00"}, "prix"),
        ({"texte": "a", "quantite": 3, "prix": 1.001}, "prix"),
        ([1], "corps"),
    ],
)
def test_F43_a_malformed_body_is_a_400_that_names_the_field_and_writes_nothing(
    client: Client, corps: object, champ: str
) -> None:
    reponse = poster(client, corps)
    assert reponse.status_code == 400, reponse.content
    assert list(reponse.json()["champs"]) == [champ]
    assert total() == 0


def test_money_is_exact_and_a_json_number(client: Client) -> None:
    reponse = client.post(
        "/api/temoin/compteur/",
        '{"texte": "a", "quantite": 1, "prix": 999999.99}',
        content_type="application/json",
    )
    assert reponse.content == b'{"total":1,"prix":999999.99}'


@pytest.mark.parametrize("brut", [b"", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000, b"9" * 5000])
def test_F43_malformed_json_is_a_json_400(client: Client, brut: bytes) -> None:
    reponse = client.post("/api/temoin/compteur/", brut, content_type="application/json")
    assert (reponse.status_code, reponse["Content-Type"]) == (400, "application/json")
    assert total() == 0


@pytest.mark.parametrize(
    ("methode", "chemin", "statut", "code"),
    [
        ("get", "/nulle/part", 404, "route_inconnue"),
        ("get", "/api/temoin/compteur", 404, "route_inconnue"),
        ("post", "/api/temoin/compteur-rapide/pas-un-uuid/", 404, "route_inconnue"),
        ("get", "/api/temoin/compteur/", 405, "methode_non_autorisee"),
        ("delete", "/api/temoin/panne/", 405, "methode_non_autorisee"),
        ("get", "/api/temoin/panne/", 500, "erreur_interne"),
        (
            "post",
            "/api/temoin/compteur-rapide/550e8400-E29B-41d4-a716-446655440001/",
            403,
            "jeton_interne_requis",
        ),
        ("get", "/health/?x=%00", 400, "adresse_invalide"),
    ],
)
def test_every_error_has_the_one_body(client: Client, methode: str, chemin: str, statut: int, code: str) -> None:
    reponse = getattr(client, methode)(chemin)
    corps = reponse.json()
    assert (reponse.status_code, corps["code"]) == (statut, code)
    assert set(corps) >= {"success", "error", "details", "code", "correlation_id"}
    assert "secret interne" not in reponse.content.decode()


@pytest.mark.parametrize("racine", ["/", "/api/temoin/"])
@pytest.mark.parametrize("page", ["swagger/", "redoc/", "swagger.json", "swagger.yaml", "metrics", "metrics/"])
def test_common_pages_are_served_at_the_root_and_below_the_base(client: Client, racine: str, page: str) -> None:
    assert client.get(racine + page).status_code == 200


def test_the_document_follows_the_prefix_of_the_gateway(client: Client) -> None:
    direct = client.get("/swagger.json").json()
    derriere = client.get("/api/temoin/swagger.json", headers={"X-Forwarded-Prefix": "/api/t"}).json()
    assert (direct["basePath"], derriere["basePath"]) == ("/api/temoin", "/api/t")
    assert "/compteur/" in direct["paths"]
    accueil = client.get("/", headers={"X-Forwarded-Prefix": "/api/t"})
    assert (accueil.status_code, accueil["Location"]) == (302, "/api/t/swagger/")
    page = client.get("/api/temoin/swagger/", headers={"X-Forwarded-Prefix": "/api/t"}).content.decode()
    assert 'src="/api/t/static/drf-yasg/swagger-ui-dist/swagger-ui-bundle.js"' in page


@pytest.mark.parametrize("vu", ["/api/t", "/api/t/"])
def test_the_prefix_is_found_when_the_gateway_matched_by_a_regular_expression(client: Client, vu: str) -> None:
    accueil = client.get("/api/temoin/", headers={"X-Forwarded-Path": vu})
    assert accueil["Location"] == "/api/t/swagger/"
    document = client.get("/api/temoin/swagger.json", headers={"X-Forwarded-Path": "/api/t/swagger.json"}).json()
    assert document["basePath"] == "/api/t"
    autre = client.get("/api/temoin/swagger.json", headers={"X-Forwarded-Path": "/ailleurs"}).json()
    assert autre["basePath"] == "/api/temoin"


def test_assets_of_the_documentation_are_served_below_the_base(client: Client) -> None:
    reponse = client.get("/api/temoin/static/drf-yasg/swagger-ui-dist/swagger-ui.css")
    assert reponse.status_code == 200


@pytest.mark.parametrize("chemin", ["/health/", "/health/live", "/health/ready", "/api/temoin/health/"])
def test_health(client: Client, chemin: str) -> None:
    corps = client.get(chemin).json()
    assert (corps["status"], corps["service"]) == ("healthy", "tests.temoin")


def test_metrics_carry_route_patterns_never_raw_paths(client: Client) -> None:
    client.post("/api/temoin/compteur-rapide/550e8400-e29b-41d4-a716-446655440001/")
    texte = client.get("/metrics").content.decode()
    assert 'route="api/temoin/compteur-rapide/<identifiant:cle>/"' in texte
    assert "446655440001" not in texte


def test_an_answer_returns_the_trace_it_received_or_begins_one(client: Client) -> None:
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    assert client.get("/health/live", headers={"traceparent": trace})["traceparent"] == trace
    assert client.get("/health/live")["traceparent"].startswith("00-")


def test_ids_of_a_request_end_with_it(client: Client) -> None:
    client.get("/health/live", headers={"X-Correlation-ID": "abc-1"})
    assert (correlation.correlation_id(), correlation.traceparent()) == ("", "")


@pytest.mark.parametrize("chemin", ["/api/temoin/compteur/", "/api/temoin/panne/", "/health/"])
def test_F43_options_is_answered_by_every_kind_of_view(client: Client, chemin: str) -> None:
    reponse = client.options(chemin)
    assert reponse.status_code in (200, 204)
    assert "OPTIONS" in reponse["Allow"]


@pytest.mark.parametrize("type_mime", ["text/plain", "application/x-www-form-urlencoded", "image/png", ""])
def test_json_is_read_and_answered_whatever_the_headers_say(client: Client, type_mime: str) -> None:
    reponse = client.post(
        "/api/temoin/compteur/",
        '{"texte": "a", "quantite": 2}',
        content_type=type_mime,
        headers={"Accept": "text/html"},
    )
    assert (reponse.status_code, reponse["Content-Type"]) == (201, "application/json")


@pytest.mark.parametrize(
    ("requete", "lus"),
    [
        ("", {"actifs_seulement": True}),
        ("actifs_seulement=&nom=&prix_max=", {"actifs_seulement": True}),
        (
            "actifs_seulement=false&nom=a&nom=b&prix_max=15.99",
            {"actifs_seulement": False, "nom": "b", "prix_max": 15.99},
        ),
    ],
)
def test_absent_and_empty_query_parameters_have_their_defaults(client: Client, requete: str, lus: object) -> None:
    assert client.get(f"/api/temoin/lignes/?{requete}").json() == [lus]


def test_F43_a_wrong_query_parameter_is_named(client: Client) -> None:
    reponse = client.get("/api/temoin/lignes/?prix_max=abc")
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, ["prix_max"])


def test_F43_a_body_over_the_limit_is_a_413(client: Client) -> None:
    reponse = poster(client, {"texte": "a" * 1_100_000, "quantite": 1})
    assert (reponse.status_code, reponse.json()["code"]) == (413, "corps_trop_grand")
    assert total() == 0


def test_what_escapes_from_a_middleware_is_logged_with_its_traceback_and_answered_in_json(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def casser(*_: object) -> None:
        raise ZeroDivisionError("secret interne")

    monkeypatch.setattr("socle.idempotence.middleware.IdempotenceMiddleware.__call__", casser)
    reponse = client.get("/health/live")
    assert (reponse.status_code, reponse.json()["code"]) == (500, "erreur_interne")
    assert "secret interne" not in reponse.content.decode()
    (trace,) = [ligne.exc_info for ligne in caplog.records if ligne.exc_info]
    assert trace[0] is ZeroDivisionError


def test_the_same_key_gives_the_first_answer_and_one_effect(client: Client) -> None:
    premiere = poster(client, {"texte": "a", "quantite": 2}, **{"Idempotency-Key": "k1"})
    seconde = poster(client, {"quantite": 2, "texte": "a"}, **{"Idempotency-Key": "k1"})
    assert (premiere.status_code, premiere.content) == (seconde.status_code, seconde.content)
    assert seconde["Idempotency-Replayed"] == "true"
    assert total() == 2


def test_the_same_key_with_another_body_is_a_422(client: Client) -> None:
    poster(client, {"texte": "a", "quantite": 2}, **{"Idempotency-Key": "k1"})
    assert poster(client, {"texte": "a", "quantite": 3}, **{"Idempotency-Key": "k1"}).status_code == 422
    assert total() == 2


def test_a_refusal_is_remembered_and_leaves_no_write(client: Client) -> None:
    premiere = poster(client, {"texte": "a", "quantite": 13}, **{"Idempotency-Key": "k1"})
    seconde = poster(client, {"texte": "a", "quantite": 13}, **{"Idempotency-Key": "k1"})
    assert (premiere.status_code, premiere.content) == (400, seconde.content)
    assert total() == 0


def test_a_schema_error_is_not_remembered(client: Client) -> None:
    assert poster(client, {"texte": "a"}, **{"Idempotency-Key": "k1"}).status_code == 400
    assert poster(client, {"texte": "a", "quantite": 2}, **{"Idempotency-Key": "k1"}).status_code == 201


def test_keys_of_two_consumers_do_not_meet(client: Client) -> None:
    for consommateur in ("a", "b"):
        entetes = {"Idempotency-Key": "k1", "X-Consumer-Username": consommateur}
        assert poster(client, {"texte": "a", "quantite": 2}, **entetes).status_code == 201
    assert total() == 4


def test_a_body_with_a_reference_writes_no_key_row(client: Client) -> None:
    poster(client, {"texte": "a", "quantite": 2, "reference": "r"}, **{"Idempotency-Key": "k1"})
    with connection.cursor() as curseur:
        curseur.execute("SELECT count(*) FROM idempotence_cles")
        assert curseur.fetchone() == (0,)
