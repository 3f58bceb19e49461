"""The OpenAPI document: valid, complete, and the same in JSON and YAML."""

import copy
from typing import Any

import pytest
import schemathesis
import yaml
from django.test import Client
from swagger_spec_validator.validator20 import validate_spec

from socle.django import documentation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    recu: dict[str, Any] = client.get("/swagger.json").json()
    return recu


def test_the_document_is_valid_swagger(document: dict[str, Any]) -> None:
    validate_spec(copy.deepcopy(document))


def test_a_fuzzer_can_load_it_and_sees_every_operation(document: dict[str, Any]) -> None:
    charge = schemathesis.openapi.from_dict(document)
    vues = {(r.ok().method.upper(), r.ok().path) for r in charge.get_all_operations()}
    assert vues == {
        ("POST", "/compteur/"),
        ("POST", "/compteur-rapide/{cle}/"),
        ("GET", "/lignes/"),
        ("PUT", "/lignes/"),
        ("GET", "/panne/"),
        ("GET", "/health/"),
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
    }


def test_yaml_says_the_same_as_json(client: Client, document: dict[str, Any]) -> None:
    assert yaml.safe_load(client.get("/swagger.yaml").content) == document


def test_every_operation_is_documented_and_every_answer_has_an_example(document: dict[str, Any]) -> None:
    assert documentation.verifier() == []
    for chemin, methodes in document["paths"].items():
        for methode, operation in methodes.items():
            if methode != "parameters":
                for statut, reponse in operation["responses"].items():
                    assert "application/json" in reponse["examples"], (methode, chemin, statut)
                    assert "schema" in reponse, (methode, chemin, statut)


def test_a_request_shows_its_example_and_its_limits(document: dict[str, Any]) -> None:
    demande = document["definitions"]["Demande"]
    assert demande["example"] == {"texte": "Café", "quantite": 3, "prix": 15.99}
    assert (demande["required"], demande["properties"]["quantite"]["maximum"]) == (["texte", "quantite"], 10_000)
    assert demande["properties"]["prix"]["type"] == "number"


def test_arrays_are_documented_both_ways(document: dict[str, Any]) -> None:
    tableau = {"type": "array", "items": {"$ref": "#/definitions/Ligne"}}
    put = document["paths"]["/lignes/"]["put"]
    (corps,) = [p for p in put["parameters"] if p["in"] == "body"]
    assert (corps["schema"], put["responses"]["200"]["schema"]) == (tableau, tableau)
    assert put["responses"]["200"]["examples"]["application/json"] == [{"nom": "Café", "prix": 15.99}]


def test_headers_and_statuses_follow_from_the_kind_of_operation(document: dict[str, Any]) -> None:
    compteur = document["paths"]["/compteur/"]["post"]
    assert {"Idempotency-Key"} == {p["name"] for p in compteur["parameters"] if p["in"] == "header"}
    assert set(compteur["responses"]) == {"201", "409", "422", "503"}
    rapide = document["paths"]["/compteur-rapide/{cle}/"]
    assert rapide["parameters"] == [{"name": "cle", "in": "path", "required": True, "type": "string", "format": "uuid"}]
    assert set(rapide["post"]["responses"]) == {"200", "403", "503"}
    criteres = {p["name"]: p["type"] for p in document["paths"]["/lignes/"]["get"]["parameters"]}
    assert criteres == {"nom": "string", "prix_max": "number", "actifs_seulement": "boolean"}


@pytest.mark.parametrize("prefixe", ["//ailleurs.example", "/a b", '/"><script>', "javascript:x", "/a\\b", "/a, /b"])
def test_F43_a_prefix_that_is_not_a_path_is_ignored(client: Client, prefixe: str) -> None:
    assert client.get("/", headers={"X-Forwarded-Prefix": prefixe})["Location"] == "/api/temoin/swagger/"
