"""The local gateway behaves as Kong 3.9 was observed to, on a real HAProxy in front of real servers."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import requests

from local.processus import attendre
from tests.labo.amonts import couper, repondre
from tests.labo.conftest import CLES, CONSOMMATEURS, Banc, FabriqueDeBanc

SANS_CLE = {"message": "No API key found in request"}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

ACHEMINEMENTS = [
    ("/api/catalogue/rechercher/?nom=a%2Fb&x=1", "catalogue-1", "/api/ddd/catalogue/rechercher/?nom=a%2Fb&x=1"),
    ("/api/catalogue/a%2Fb/c", "catalogue-1", "/api/ddd/catalogue/a%2Fb/c"),
    ("/api/catalogueX", "catalogue-1", "/api/ddd/catalogue/X"),
    ("/api/inventaire/stock-central/1/", "inventaire", "/api/ddd/inventaire/stock-central/1/"),
    ("/api/commandes/magasins/", "commandes", "/api/v1/magasins/"),
    ("/api/commandes/clients/1/checkout/", "ecommerce", "/api/commandes/clients/1/checkout/"),
    ("/api/ecommerce/clients/", "ecommerce", "/api/clients/"),
    ("/api/saga/commandes/1/", "saga-1", "/api/saga/commandes/1/"),
    ("/api/saga/api/saga/commandes/1/", "saga-1", "/api/saga/commandes/1/"),
    ("/api/event-store/replay/checkout/1?at=2", "event-store", "/api/event-store/replay/checkout/1?at=2"),
    ("/api/supply-chain/workflows/", "supply-chain", "/api/ddd/supply-chain/workflows/"),
]
CIBLES = (
    "catalogue-1:8001",
    "inventaire:8002",
    "commandes:8003",
    "supply-chain:8004",
    "ecommerce:8005",
    "saga-1:8009",
    "event-store:7010",
)


def sans_id(reponse: requests.Response) -> dict[str, Any]:
    """Kong's error body, its request id checked against the header and removed."""
    corps = reponse.json()
    assert corps.pop("request_id") == reponse.headers["X-Kong-Request-Id"]
    assert reponse.headers["Content-Type"].startswith("application/json")
    return corps


def test_routes_reach_their_service_at_its_own_path(monter: FabriqueDeBanc) -> None:
    banc = monter(*CIBLES)
    for chemin, amont, attendu in ACHEMINEMENTS:
        corps = banc.appeler("GET", chemin).json()
        assert (corps["amont"], corps["chemin"]) == (amont, attendu)


@pytest.mark.parametrize("methode", ["GET", "POST", "OPTIONS"])
def test_an_unknown_route_is_404_and_never_401(monter: FabriqueDeBanc, methode: str) -> None:
    banc = monter("inventaire:8002")
    reponse = banc.appeler(methode, "/api/inconnu", cle=None)
    assert (reponse.status_code, sans_id(reponse)) == (404, {"message": "no Route matched with those values"})


def test_without_a_valid_key_nothing_reaches_the_service(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002")
    attendus = [({}, SANS_CLE), ({"X-API-Key": ""}, SANS_CLE), ({"X-API-Key": "fausse"}, {"message": "Unauthorized"})]
    for entetes, corps in attendus:
        reponse = banc.appeler("GET", "/api/inventaire/x", cle=None, headers=entetes)
        assert (reponse.status_code, sans_id(reponse)) == (401, corps)
        assert reponse.headers["WWW-Authenticate"] == "Key"
        assert UUID.fullmatch(reponse.headers["X-Correlation-ID"])
        assert "X-RateLimit-Limit-Minute" not in reponse.headers
    assert banc.appeler("GET", "/api/inventaire/x?apikey=" + CLES["magasin-app"], cle=None).status_code == 401
    assert banc.amonts["inventaire"].recues == []


def test_two_keys_in_one_request_are_refused(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002")
    cle = CLES["magasin-app"]
    entetes = f"Host: g\r\nX-API-Key: {cle}\r\nX-API-Key: {cle}\r\nConnection: close\r\n"
    requete = f"GET /api/inventaire/x HTTP/1.1\r\n{entetes}\r\n"
    assert _brut(banc, requete.encode()).startswith(b"HTTP/1.1 401")
    assert banc.amonts["inventaire"].recues == []


@pytest.mark.parametrize("consommateur", CONSOMMATEURS)
def test_the_service_learns_who_calls_and_never_the_key(monter: FabriqueDeBanc, consommateur: str) -> None:
    banc = monter("inventaire:8002")
    mensonges = {
        "X-Consumer-Username": "root",
        "X-Consumer-ID": "0",
        "X-Consumer-Custom-ID": "root",
        "X-Credential-Identifier": "0",
        "X-Anonymous-Consumer": "true",
        "X-Kong-Request-Id": "0",
    }
    reponse = banc.appeler("GET", "/api/inventaire/x", cle=consommateur, headers=mensonges)
    entetes = reponse.json()["entetes"]
    assert entetes["x-consumer-username"] == entetes["x-consumer-custom-id"] == consommateur
    assert UUID.fullmatch(entetes["x-consumer-id"])
    assert UUID.fullmatch(entetes["x-credential-identifier"])
    assert entetes["x-kong-request-id"] == reponse.headers["X-Kong-Request-Id"]
    assert "x-anonymous-consumer" not in entetes
    assert "x-api-key" not in entetes


def test_forwarded_headers_describe_the_original_request(monter: FabriqueDeBanc) -> None:
    banc = monter("catalogue-1:8001")
    fausses = {"X-Forwarded-Prefix": "/faux", "X-Forwarded-Host": "faux", "X-Forwarded-Proto": "https"}
    entetes = banc.appeler("GET", "/api/catalogue/a/?b=c", headers=fausses).json()["entetes"]
    hote, port = banc.url.removeprefix("http://").split(":")
    assert {nom: entetes[nom] for nom in entetes if nom.startswith("x-forwarded") or nom in ("host", "x-real-ip")} == {
        "host": f"{hote}:{port}",
        "x-real-ip": "127.0.0.1",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "http",
        "x-forwarded-host": hote,
        "x-forwarded-port": port,
        "x-forwarded-path": "/api/catalogue/a/",
        "x-forwarded-prefix": "/api/catalogue",
    }


def test_the_correlation_id_is_kept_or_generated_forwarded_and_returned(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002")
    garde = banc.appeler("GET", "/api/inventaire/x", headers={"X-Correlation-ID": "abc"})
    assert garde.headers["X-Correlation-ID"] == garde.json()["entetes"]["x-correlation-id"] == "abc"
    for vide in ({}, {"X-Correlation-ID": ""}):
        genere = banc.appeler("GET", "/api/inventaire/x", headers=vide)
        assert UUID.fullmatch(genere.headers["X-Correlation-ID"])
        assert genere.json()["entetes"]["x-correlation-id"] == genere.headers["X-Correlation-ID"]


@pytest.mark.parametrize("page", ["", "/", "/swagger/", "/swagger.json", "/swagger.yaml", "/redoc/", "/static/a/b.js"])
def test_documentation_is_read_without_a_key(monter: FabriqueDeBanc, page: str) -> None:
    banc = monter(
        "catalogue-1:8001",
        "saga-1:8009",
        "ecommerce:8005",
        "commandes:8003",
        "inventaire:8002",
        "event-store:7010",
        "supply-chain:8004",
    )
    bases = {
        "/api/catalogue": "/api/ddd/catalogue",
        "/api/inventaire": "/api/ddd/inventaire",
        "/api/commandes": "/api/v1",
        "/api/supply-chain": "/api/ddd/supply-chain",
        "/api/ecommerce": "/api",
        "/api/saga": "/api/saga",
        "/api/saga/api/saga": "/api/saga",
        "/api/event-store": "/api/event-store",
    }
    for prefixe, base in bases.items():
        reponse = banc.appeler("GET", f"{prefixe}{page}?a=b", cle=None)
        assert reponse.status_code == 200
        corps = reponse.json()
        assert corps["chemin"] == f"{base}{page or '/'}?a=b"
        assert corps["entetes"]["x-consumer-username"] == "visiteur"
        assert corps["entetes"]["x-forwarded-path"] == f"{prefixe}{page}"


@pytest.mark.parametrize(
    ("methode", "chemin"),
    [
        ("POST", "/api/catalogue/swagger/"),
        ("GET", "/api/catalogue/swagger/../produits/"),
        ("GET", "/api/catalogue/swaggerX"),
        ("GET", "/api/catalogue/produits/?x=/swagger/"),
        ("GET", "/api/catalogue/health/"),
    ],
)
def test_what_only_resembles_documentation_needs_a_key(monter: FabriqueDeBanc, methode: str, chemin: str) -> None:
    banc = monter("catalogue-1:8001")
    requete = f"{methode} {chemin} HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    assert _brut(banc, requete.encode()).startswith(b"HTTP/1.1 401")
    assert banc.amonts["catalogue-1"].recues == []


def test_a_preflight_needs_no_key_and_is_answered_by_the_gateway(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002")
    entetes = {
        "Origin": "http://ailleurs",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "X-API-Key,Content-Type",
    }
    reponse = banc.appeler("OPTIONS", "/api/inventaire/x", cle=None, headers=entetes)
    assert (reponse.status_code, reponse.content) == (200, b"")
    assert reponse.headers["Access-Control-Allow-Origin"] == "*"
    assert reponse.headers["Access-Control-Allow-Methods"] == "GET,POST,PUT,PATCH,DELETE,OPTIONS"
    assert reponse.headers["Access-Control-Allow-Headers"] == "X-API-Key,Content-Type"
    assert reponse.headers["Access-Control-Max-Age"] == "3600"
    assert banc.appeler("OPTIONS", "/api/inventaire/x", cle=None).status_code == 401
    assert banc.amonts["inventaire"].recues == []
    simple = banc.appeler("GET", "/api/inventaire/x", headers={"Origin": "http://ailleurs"})
    assert simple.headers["Access-Control-Allow-Origin"] == "*"
    assert simple.headers["Access-Control-Expose-Headers"] == "X-Correlation-ID,Retry-After,Location"


def _debut_de_fenetre(secondes: float) -> None:
    """Windows are minutes of the clock: do not start counting at the end of one."""
    reste = 60 - time.time() % 60
    if reste < secondes:
        attendre(lambda: time.time() % 60 < 50, secondes + 5, "nouvelle minute", pas=0.1)


def test_the_rate_limit_counts_per_consumer_and_spares_internal_callers(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002", limite=3)
    _debut_de_fenetre(5)
    assert banc.appeler("GET", "/api/inventaire/x", cle=None).status_code == 401  # consumes nothing
    for reste in (2, 1, 0):
        reponse = banc.appeler("GET", "/api/inventaire/x")
        assert reponse.status_code == 200
        assert (reponse.headers["X-RateLimit-Limit-Minute"], reponse.headers["RateLimit-Limit"]) == ("3", "3")
        assert (reponse.headers["X-RateLimit-Remaining-Minute"], reponse.headers["RateLimit-Remaining"]) == (
            str(reste),
            str(reste),
        )
        assert 1 <= int(reponse.headers["RateLimit-Reset"]) <= 60
    trop = banc.appeler("GET", "/api/inventaire/x")
    assert (trop.status_code, sans_id(trop)) == (429, {"message": "API rate limit exceeded"})
    assert 1 <= int(trop.headers["Retry-After"]) <= 60
    assert trop.headers["X-RateLimit-Remaining-Minute"] == "0"
    interne = banc.appeler("GET", "/api/inventaire/x", cle="orchestrator")
    assert interne.status_code == 200
    assert "RateLimit-Limit" not in interne.headers
    assert len(banc.amonts["inventaire"].recues) == 4


def test_a_body_over_the_limit_is_413_and_never_sent(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002")
    juste = banc.appeler("POST", "/api/inventaire/x", data=b"x" * 2**20)
    assert juste.status_code == 200
    trop = banc.appeler("POST", "/api/inventaire/x", data=b"x" * (2**20 + 1))
    assert (trop.status_code, sans_id(trop)) == (413, {"message": "Request size limit exceeded"})

    def morceaux() -> Any:
        for _ in range(64):
            yield b"x" * 1024

    assert banc.appeler("POST", "/api/inventaire/x", data=morceaux()).status_code == 413
    assert len(banc.amonts["inventaire"].recues) == 1


def test_a_refused_connection_is_502_as_kong_says_it(monter: FabriqueDeBanc) -> None:
    banc = monter(refusees=("inventaire:8002",))
    reponse = banc.appeler("GET", "/api/inventaire/x")
    attendu = {"message": "An invalid response was received from the upstream server"}
    assert (reponse.status_code, sans_id(reponse)) == (502, attendu)
    assert reponse.headers["X-RateLimit-Limit-Minute"] == "60000"


def test_a_target_that_does_not_exist_here_is_503(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002")
    reponse = banc.appeler("GET", "/api/supply-chain/x")
    assert (reponse.status_code, sans_id(reponse)) == (503, {"message": "name resolution failed"})


def test_the_answer_of_a_service_passes_untouched_whatever_its_status(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002")
    for statut in (201, 302, 400, 404, 409, 422, 500, 502, 503, 504):
        banc.amonts["inventaire"].comportement = lambda g, _, s=statut: repondre(g, s, {"s": s}, Retry_After="2")
        reponse = banc.appeler("POST", "/api/inventaire/x", allow_redirects=False)
        assert (reponse.status_code, reponse.json(), reponse.headers["Retry-After"]) == (statut, {"s": statut}, "2")
    assert len(banc.amonts["inventaire"].recues) == 10


def test_a_read_timeout_is_504_and_a_post_is_not_sent_again(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002", modifier=lambda texte: texte.replace("read_timeout: 60000", "read_timeout: 300"))
    fin = threading.Event()

    def muet(g: BaseHTTPRequestHandler, rang: int) -> bool:
        fin.wait(5)
        return True

    banc.amonts["inventaire"].comportement = muet
    reponse = banc.appeler("POST", "/api/inventaire/x")
    assert (reponse.status_code, sans_id(reponse)) == (504, {"message": "The upstream server is timing out"})
    assert len(banc.amonts["inventaire"].recues) == 1
    assert banc.appeler("GET", "/api/inventaire/x").status_code == 504
    fin.set()
    assert len(banc.amonts["inventaire"].recues) == 3  # the read was tried twice


@pytest.mark.parametrize(
    ("methode", "cle_idempotence", "passages"),
    [("GET", None, 2), ("HEAD", None, 2), ("POST", None, 1), ("PUT", None, 1), ("POST", "k-1", 2), ("PATCH", "k-1", 2)],
)
def test_F22_only_harmless_requests_are_sent_again(
    monter: FabriqueDeBanc, methode: str, cle_idempotence: str | None, passages: int
) -> None:
    """The first copy is received, then the connection dies without an answer: it may have been processed."""
    banc = monter("inventaire:8002")
    banc.amonts["inventaire"].comportement = lambda g, rang: rang == 1 and couper(g)
    entetes = {"Idempotency-Key": cle_idempotence} if cle_idempotence else {}
    corps = None if methode in ("GET", "HEAD") else json.dumps({"a": 1})
    reponse = banc.appeler(methode, "/api/inventaire/x", headers=entetes, data=corps)
    recues = banc.amonts["inventaire"].recues
    assert len(recues) == passages
    assert reponse.status_code == (200 if passages == 2 else 502)
    assert all(recue["corps"] == (corps or "") for recue in recues)
    if cle_idempotence:
        assert [recue["entetes"]["idempotency-key"] for recue in recues] == ["k-1", "k-1"]
        assert recues[0]["entetes"]["x-kong-request-id"] == recues[1]["entetes"]["x-kong-request-id"]


def test_F22_a_post_that_was_never_sent_goes_to_another_target(monter: FabriqueDeBanc) -> None:
    banc = monter("saga-1:8009", refusees=("saga-2:8010",))
    for _ in range(6):
        assert banc.appeler("POST", "/api/saga/commandes/", data="{}").status_code == 200
    assert len(banc.amonts["saga-1"].recues) == 6


def test_F23_a_caller_that_repeats_itself_learns_that_its_request_reached_nobody(monter: FabriqueDeBanc) -> None:
    """Nothing to undo for a request that was never sent; an answer that was lost may hide an effect."""
    banc = monter("inventaire:8002", refusees=("commandes:8003",))
    entetes = {"Idempotency-Key": "k-1", "X-Gateway-Retry": "off"}
    refusee = banc.appeler("POST", "/api/commandes/x", headers=entetes, data="{}")
    assert (refusee.status_code, refusee.headers.get("X-Upstream-Reached")) == (502, "no")
    banc.amonts["inventaire"].comportement = lambda g, rang: rang == 1 and couper(g)
    perdue = banc.appeler("POST", "/api/inventaire/x", headers=entetes, data="{}")
    assert (perdue.status_code, perdue.headers.get("X-Upstream-Reached")) == (502, None)
    assert len(banc.amonts["inventaire"].recues) == 1
    assert "x-gateway-retry" not in banc.amonts["inventaire"].recues[0]["entetes"]


def test_F22_without_that_promise_the_gateway_does_not_say_whether_it_was_reached(monter: FabriqueDeBanc) -> None:
    banc = monter(refusees=("inventaire:8002",))
    reponse = banc.appeler("POST", "/api/inventaire/x", headers={"Idempotency-Key": "k-1"}, data="{}")
    assert (reponse.status_code, reponse.headers.get("X-Upstream-Reached")) == (502, None)


def test_catalogue_is_balanced_over_its_three_instances(monter: FabriqueDeBanc) -> None:
    banc = monter("catalogue-1:8001", "catalogue-2:8006", "catalogue-3:8007")
    for _ in range(9):
        assert banc.appeler("GET", "/api/catalogue/x").status_code == 200
    assert {nom: len(amont.recues) for nom, amont in banc.amonts.items()} == dict.fromkeys(banc.amonts, 3)


def test_F25_one_catalogue_instance_killed_fails_no_request(monter: FabriqueDeBanc) -> None:
    banc = monter("catalogue-1:8001", "catalogue-2:8006", "catalogue-3:8007")
    victime = banc.amonts["catalogue-2"]
    statuts = []
    for rang in range(60):
        if rang == 10:
            victime.tuer()
        statuts.append(banc.appeler("GET", "/api/catalogue/x").status_code)
    assert statuts == [200] * 60
    attendre(lambda: _vivantes(banc)["catalogue"] == 2, 5, "mise à l'écart")
    victime.ressusciter()
    attendre(lambda: _vivantes(banc)["catalogue"] == 3, 5, "retour")
    avant = len(victime.recues)
    for _ in range(6):
        assert banc.appeler("GET", "/api/catalogue/x").status_code == 200
    assert len(victime.recues) == avant + 2


def test_an_unhealthy_instance_is_set_aside_until_it_recovers(monter: FabriqueDeBanc) -> None:
    banc = monter("saga-1:8009", "saga-2:8010")
    banc.amonts["saga-1"].sante = 503
    attendre(lambda: _vivantes(banc)["saga"] == 1, 5, "mise à l'écart")
    avant = len(banc.amonts["saga-1"].recues)
    for _ in range(4):
        assert banc.appeler("GET", "/api/saga/x").json()["amont"] == "saga-2"
    banc.amonts["saga-2"].sante = 503
    attendre(lambda: _vivantes(banc)["saga"] == 0, 5, "tout est à l'écart")
    reponse = banc.appeler("POST", "/api/saga/x")
    attendu = {"message": "failure to get a peer from the ring-balancer"}
    assert (reponse.status_code, sans_id(reponse)) == (503, attendu)
    assert len(banc.amonts["saga-1"].recues) == avant
    banc.amonts["saga-1"].sante = 200
    attendre(lambda: _vivantes(banc)["saga"] == 1, 5, "retour")
    assert banc.appeler("GET", "/api/saga/x").json()["amont"] == "saga-1"


def test_a_business_503_of_the_orchestrator_is_no_sign_of_illness(monter: FabriqueDeBanc) -> None:
    banc = monter("saga-1:8009", "saga-2:8010")
    for amont in banc.amonts.values():
        amont.comportement = lambda g, _: repondre(g, 503, {"error": "Service externe indisponible"})
    for _ in range(40):
        assert banc.appeler("POST", "/api/saga/commandes/").json() == {"error": "Service externe indisponible"}
    assert _vivantes(banc)["saga"] == 2


def test_the_access_log_tells_what_happened_and_no_secret(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002")
    correlation = str(uuid.uuid4())
    banc.appeler("GET", "/api/inventaire/x?email=a@b.ca", headers={"X-Correlation-ID": correlation})
    banc.appeler("GET", '/api/inventaire/"quote', cle=None, headers={"X-API-Key": "fausse-cle-secrete"})
    attendre(lambda: banc.lignes().count('"statut"') == 2, 5, "journal")
    premiere, seconde = (json.loads(ligne) for ligne in banc.lignes().splitlines() if ligne.startswith("{"))
    assert {nom: premiere[nom] for nom in ("methode", "chemin", "statut", "consommateur", "cible")} == {
        "methode": "GET",
        "chemin": "/api/inventaire/x",
        "statut": 200,
        "consommateur": "magasin-app",
        "cible": "inventaire",
    }
    assert premiere["correlation_id"] == correlation
    assert seconde["statut"] == 401
    for secret in (CLES["magasin-app"], "fausse-cle-secrete", "a@b.ca"):
        assert secret not in banc.lignes()


def test_the_access_line_of_a_request_that_went_to_another_target_is_json_too(monter: FabriqueDeBanc) -> None:
    banc = monter("saga-1:8009", refusees=("saga-2:8010",))
    for _ in range(6):
        assert banc.appeler("POST", "/api/saga/commandes/", data="{}").status_code == 200
    attendre(lambda: banc.lignes().count('"statut"') == 6, 5, "journal")
    lignes = [json.loads(ligne) for ligne in banc.lignes().splitlines() if ligne.startswith("{")]
    assert {ligne["cible"] for ligne in lignes} == {"saga-1"}
    assert {ligne["reprises"] for ligne in lignes} >= {"0", "+1"}  # HAProxy's sign for another target


def test_status_and_metrics_are_served_apart(monter: FabriqueDeBanc) -> None:
    banc = monter("catalogue-1:8001")
    assert requests.get(banc.url_etat + "/status", timeout=5).json()["pret"] is True
    avant = _compte(banc)
    assert banc.appeler("GET", "/api/catalogue/x").status_code == 200
    assert _compte(banc) == avant + 1
    assert requests.get(banc.url_etat + "/autre", timeout=5).status_code == 404
    assert banc.appeler("GET", "/metrics").status_code == 404
    assert banc.appeler("GET", "/status").status_code == 404


def test_a_request_that_is_not_http_is_refused_at_the_door(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002")
    assert _brut(banc, b"GET /\x00 HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert banc.amonts["inventaire"].recues == []


def test_idle_connections_to_services_are_reused_by_every_client(monter: FabriqueDeBanc) -> None:
    banc = monter("inventaire:8002")
    for _ in range(5):
        assert banc.appeler("GET", "/api/inventaire/x").status_code == 200  # a new client connection each time
    assert len(banc.amonts["inventaire"]._connexions) == 1


def _compte(banc: Banc) -> int:
    """Requests the proxy's own metrics say it received."""
    texte = requests.get(banc.url_etat + "/metrics", timeout=5).text
    return int(re.search(r'haproxy_frontend_http_requests_total\{proxy="passerelle"\} (\d+)', texte)[1])  # type: ignore[index]


def _vivantes(banc: Banc) -> dict[str, int]:
    return requests.get(banc.url_etat + "/status", timeout=5).json()["cibles"]


def _brut(banc: Banc, octets: bytes) -> bytes:
    """Bytes sent and received as they are, where a client library would tidy them up."""
    hote, port = banc.url.removeprefix("http://").split(":")
    with socket.create_connection((hote, int(port)), timeout=5) as prise:
        prise.sendall(octets)
        recu = b""
        while morceau := prise.recv(65536):
            recu += morceau
    return recu
