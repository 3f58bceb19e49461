"""What every route owes its caller, whatever it is sent."""

import contextlib
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from event_store.bootstrap import assembler
from event_store.interfaces.application import creer
from event_store.interfaces.openapi import document
from event_store.interfaces.vues import ROUTES
from event_store.settings import Config
from socle import fautes
from tests.conftest import JETON, ajouter, evenement, interne, superutilisateur

BASE = "/api/event-store"
ERREUR = {"success", "error", "details", "code", "correlation_id"}


@pytest.mark.parametrize("prefixe", ["", BASE])
@pytest.mark.parametrize("fin", ["", "/"])
def test_health_both_ways(client: FlaskClient, prefixe: str, fin: str) -> None:
    for chemin in ("health", "health/live", "health/ready", "metrics"):
        assert client.get(f"{prefixe}/{chemin}{fin}").status_code == 200
    assert client.get(f"{prefixe}/health{fin}").json["verifications"] == {"base_de_donnees": "ok"}


def test_the_fault_switches_need_the_lab_profile_and_the_token(config: Config, tmp_path: Path) -> None:
    corps = {"fautes": [{"point": "event_store.avant_ajout", "genre": "delai", "secondes": 0.5}]}
    sans = creer(assembler(config.model_copy(update={"labo_fautes": False}))).test_client()
    avec = creer(assembler(config.model_copy(update={"labo_fautes": True}))).test_client()
    jeton = {"X-Internal-Token": JETON}
    tableau = fautes.activer(tmp_path / "f.json")
    try:
        for prefixe, fin in ((p, f) for p in ("", BASE) for f in ("", "/")):
            adresse = f"{prefixe}/labo/fautes{fin}"
            for methode in ("GET", "PUT"):
                assert sans.open(adresse, method=methode, json=corps, headers=jeton).status_code == 404
                refus = avec.open(adresse, method=methode, json=corps)
                assert (refus.status_code, refus.json["code"]) == (403, "jeton_interne_requis")
            assert tableau.lire() == {}
            assert avec.put(adresse, json=corps, headers=jeton).status_code == 200
            lues = avec.get(adresse, headers=jeton).json
            assert lues["fautes"] == [{**corps["fautes"][0], "nombre": 1}]
            assert "event_store.archive.avant_detachement" in {point["nom"] for point in lues["points"]}
            inconnu = {"fautes": [{"point": "event_store.ailleurs", "genre": "crash"}]}
            assert avec.put(adresse, json=inconnu, headers=jeton).status_code == 400
            assert avec.put(adresse, json=[], headers=jeton).status_code == 400
            assert list(tableau.lire()) == ["event_store.avant_ajout"]
            assert avec.put(adresse, json={"fautes": []}, headers=jeton).json["fautes"] == []
    finally:
        fautes.desactiver()


def test_documentation_pages_and_their_assets(client: FlaskClient) -> None:
    for prefixe in ("", BASE):
        for page in ("swagger", "redoc"):
            texte = client.get(f"{prefixe}/{page}/").text
            for adresse in re.findall(r'(?:src|href|spec-url)="([^"]+)"|url: "([^"]+)"', texte):
                relatif = adresse[0] or adresse[1]
                assert relatif.startswith("../")
                assert client.get(f"{prefixe}/{relatif.removeprefix('../')}").status_code == 200
            assert client.get(f"{prefixe}/{page}").headers["Location"] == f"{page}/"
        assert client.get(f"{prefixe}/").headers["Location"] == f"{prefixe}/swagger/"
    assert client.get(BASE).headers["Location"] == f"{BASE}/swagger/"
    assert client.get(f"{BASE}//").json["code"] == "route_inconnue"
    assert client.get("/swagger.json").json["openapi"] == "3.0.3"
    assert client.get("/swagger.yaml").text.startswith("openapi: 3.0.3")
    assert client.get("/static/../../etc/passwd").status_code == 404


def test_the_document_describes_every_route_and_its_parameters() -> None:
    decrit = document()
    operations = [op for chemin in decrit["paths"].values() for op in chemin.values()]
    assert len(operations) == len(ROUTES) + 3
    assert len({op["operationId"] for op in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        for reponse in operation["responses"].values():
            assert reponse["content"]["application/json"]["example"]


# Dead letters live in other databases: see test_lettres_mortes.py.
@pytest.mark.parametrize("route", [r for r in ROUTES if r.groupe != "Lettres mortes"], ids=lambda route: route.nom)
def test_real_answers_have_the_documented_members(client: FlaskClient, route: Any) -> None:
    """The example of each route is what it really answers, member for member."""
    checkout = str(uuid.uuid4())
    entree = evenement("CheckoutSucceeded", checkout)
    ajouter(client, entree, {**evenement("StockReleased", checkout), "type": "CartMerged"})
    interne(client, "projections/avancer")
    chemin = re.sub(
        r"<(\w+):\w+>",
        lambda m: {
            "flux": "ecommerce.checkout.events",
            "projection": "checkouts",
            "identifiant": {"replay": checkout, "events": entree["id"]}.get(
                route.chemin.split("/")[0], "11111111-1111-1111-1111-111111111111"
            ),
        }[m[1]],
        route.chemin,
    )
    corps = {champ.nom: champ.exemple for champ in route.corps if champ.requis}
    reponse = client.open(
        f"{BASE}/{chemin}", method=route.methode, json=corps or None, headers={"X-Internal-Token": JETON}
    )
    ((statut, exemple),) = route.reponses.items()
    assert reponse.status_code == statut
    assert set(reponse.json) == set(exemple.corps)
    for membre, valeur in exemple.corps.items():
        if isinstance(valeur, list) and valeur and isinstance(valeur[0], dict):
            assert set(reponse.json[membre][0]) == set(valeur[0])


@pytest.mark.parametrize(
    ("chemin", "statut", "code"),
    [
        ("/inconnu", 404, "route_inconnue"),
        ("/replay/checkout/pas-un-uuid", 404, "route_inconnue"),
        (f"/replay/checkout/{uuid.uuid4()}", 404, "checkout_inconnu"),
        (f"/replay/checkout/{uuid.uuid4()}?at=hier", 400, "donnees_invalides"),
        (f"/replay/checkout/{uuid.uuid4()}?at=2025-01-01T00:00:00", 400, "donnees_invalides"),
        ("/streams/s/events?count=0", 400, "donnees_invalides"),
        ("/streams/s/events?count=1001", 400, "donnees_invalides"),
        ("/streams/s/events?count=abc", 400, "donnees_invalides"),
        ("/streams/s/events?count=", 400, "donnees_invalides"),
        ("/streams/s/events?after=-1", 400, "donnees_invalides"),
        ("/streams/s/events?after=99999999999999999999", 400, "donnees_invalides"),
        ("/streams/s/events?order=up", 400, "donnees_invalides"),
        ("/streams/s/events?type=%00", 400, "adresse_invalide"),
        ("/streams/é/events", 404, "route_inconnue"),
        ("/integrity?nombre=0", 400, "donnees_invalides"),
        ("/cqrs/checkouts?page=0", 400, "donnees_invalides"),
        ("/lettres-mortes", 403, "jeton_interne_requis"),
    ],
)
def test_refusals_are_json_of_one_shape(client: FlaskClient, chemin: str, statut: int, code: str) -> None:
    for prefixe in ("", BASE):
        reponse = client.get(prefixe + chemin, headers={"X-Correlation-ID": "essai-1"})
        assert (reponse.status_code, reponse.json["code"]) == (statut, code)
        assert set(reponse.json) >= ERREUR
        assert reponse.json["correlation_id"] == reponse.headers["X-Correlation-ID"] == "essai-1"


def test_wrong_method_and_bodies(client: FlaskClient) -> None:
    refus = client.delete(f"{BASE}/streams/s/events")
    assert (refus.status_code, refus.json["code"]) == (405, "methode_non_autorisee")
    assert refus.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    for corps, code in (
        (b"{", "json_invalide"),
        (b"[]", "donnees_invalides"),
        (b'{"events": 5}', "donnees_invalides"),
        (b'{"events": [5]}', "donnees_invalides"),
        (b'{"events": [{}], "expected_version": "1"}', "donnees_invalides"),
        (b"\xff", "json_invalide"),
        (b'{"events": ' + b"[" * 5000, "json_invalide"),
        (b"", "donnees_invalides"),
    ):
        reponse = client.post("/streams/s/events", data=corps, headers={"X-Internal-Token": JETON})
        assert (reponse.status_code, reponse.json["code"]) == (400, code)
    gros = client.post("/streams/s/events", data=b" " * (8 * 1024 * 1024 + 1), headers={"X-Internal-Token": JETON})
    assert (gros.status_code, gros.json["code"]) == (413, "corps_trop_grand")
    assert client.get("/integrity").json["tete"] == 0


def test_idempotency_key_answers_the_same_bytes(client: FlaskClient) -> None:
    a, b = (evenement("StockReleased", str(uuid.uuid4())) for _ in range(2))

    def envoyer(entree: dict[str, Any], cle: str = "cle-1", prefixe: str = BASE) -> Any:
        return client.post(
            f"{prefixe}/streams/s/events",
            json={"events": [entree]},
            headers={"X-Internal-Token": JETON, "Idempotency-Key": cle},
        )

    premiere = envoyer(a)
    ajouter(client, b, stream="s")
    assert (envoyer(a).status_code, envoyer(a).data) == (201, premiere.data)
    assert envoyer(a, prefixe="").data == premiere.data
    autre = envoyer(b)
    assert (autre.status_code, autre.json["code"]) == (422, "cle_reutilisee")
    mauvais = envoyer({**a, "id": "x"}, cle="cle-2")
    assert mauvais.status_code == 400
    assert envoyer(a, cle="cle-2").status_code == 201
    refus = interne(client, "projections/inconnue/rebuild", **{"Idempotency-Key": "cle-4"})
    encore = interne(client, "projections/inconnue/rebuild", **{"Idempotency-Key": "cle-4", "X-Correlation-ID": "b"})
    assert (encore.status_code, encore.data) == (404, refus.data)
    avance = interne(client, "projections/avancer", **{"Idempotency-Key": "cle-3"})
    assert interne(client, "projections/avancer", **{"Idempotency-Key": "cle-3"}).data == avance.data


def test_database_down_is_503(config: Config, client: FlaskClient) -> None:
    # Its own address, so that only this application loses its database.
    coupee = creer(assembler(config.model_copy(update={"postgres_port": 9})))
    with coupee.test_client() as seul:
        for chemin in ("/streams/s/events", f"/replay/checkout/{uuid.uuid4()}", "/integrity", "/projections"):
            reponse = seul.get(chemin)
            assert (reponse.status_code, reponse.json["code"]) == (503, "base_indisponible")
            assert int(reponse.headers["Retry-After"]) > 0
        assert seul.get("/health/ready").status_code == 503
        assert seul.get("/health/live").status_code == 200
        assert seul.get("/metrics").status_code == 200


def test_F14_connections_cut_by_the_server_are_reopened(client: FlaskClient, config: Config) -> None:
    assert client.get("/projections").status_code == 200
    with contextlib.closing(superutilisateur()) as lien, lien.cursor() as curseur:
        curseur.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s",
            [config.postgres_user],
        )
    assert client.get("/projections").status_code == 503
    assert client.get("/projections").status_code == 200


def test_F42_read_only_database_is_503_and_nothing_is_written(client: FlaskClient, config: Config) -> None:
    with contextlib.closing(superutilisateur()) as lien, lien.cursor() as curseur:
        curseur.execute(f"ALTER DATABASE {config.postgres_db} SET default_transaction_read_only = on")
        curseur.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s",
            [config.postgres_user],
        )
        client.get("/projections")
        try:
            reponse = ajouter(client, evenement("StockReleased", str(uuid.uuid4())))
        finally:
            curseur.execute(f"ALTER DATABASE {config.postgres_db} RESET default_transaction_read_only")
    assert (reponse.status_code, reponse.json["code"]) == (503, "base_indisponible")
    assert client.get("/integrity").json["tete"] == 0
