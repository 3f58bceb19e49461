"""The services' own OpenAPI documents, read as data."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema

from tests.commun.monde import Monde, Reponse

METHODES = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One documented method of one path of one service."""

    service: str
    methode: str
    chemin: str
    brut: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def route(self) -> str:
        """`POST /ajouter/`, as in the tables."""
        return f"{self.methode} {self.chemin}"

    @property
    def corps(self) -> Mapping[str, Any] | None:
        """Schema of the request body with its references resolved, or None."""
        for parametre in self.brut["parameters"]:
            if parametre["in"] == "body":
                return self._resoudre(parametre["schema"])
        return None

    @property
    def statuts(self) -> set[int]:
        """Documented statuses."""
        return {int(statut) for statut in self.brut["responses"]}

    def parametres(self, ou: str) -> list[str]:
        """Names of the parameters in `query`, `path` or `header`."""
        return [p["name"] for p in self.brut["parameters"] if p["in"] == ou]

    def schema(self, statut: int) -> dict[str, Any]:
        """JSON Schema of an answer."""
        return json_schema(self.brut["responses"][str(statut)].get("schema", {}), self.document)

    def _resoudre(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        nom = schema.get("$ref", "").rpartition("/")[2]
        return self.document["definitions"][nom] if nom else schema

    def __str__(self) -> str:
        return f"{self.service} {self.route}"


class Documents:
    """The documents of the services, each read once, through the gateway and without a key."""

    def __init__(self, monde: Monde) -> None:
        self._monde = monde
        self._lus: dict[str, dict[str, Operation]] = {}

    def de(self, service: str) -> dict[str, Operation]:
        """Operations of one service by route."""
        if service not in self._lus:
            document = self._monde.exiger("GET", f"/api/{service}/swagger.json", cle=None)
            self._lus[service] = {operation.route: operation for operation in _operations(service, document)}
        return self._lus[service]

    def operation(self, service: str, route: str) -> Operation:
        """One operation; `KeyError` when it is not documented."""
        return self.de(service)[route]

    def toutes(self, services: Iterable[str]) -> list[Operation]:
        """Operations of several services."""
        return [operation for service in services for operation in self.de(service).values()]


def _operations(service: str, document: Mapping[str, Any]) -> Iterator[Operation]:
    for chemin, methodes in document["paths"].items():
        communs = methodes.get("parameters", [])
        for methode in METHODES:
            if methode in methodes:
                brut = _en_swagger(methodes[methode]) if "openapi" in document else methodes[methode]
                brut = {**brut, "parameters": [*communs, *brut["parameters"]]}
                yield Operation(service, methode.upper(), chemin, brut, document)


def _en_swagger(brut: Mapping[str, Any]) -> dict[str, Any]:
    """An operation of OpenAPI 3 in the shape of Swagger 2.0, which is how the tests read both."""
    parametres = list(brut.get("parameters", []))
    if "requestBody" in brut:
        contenu = brut["requestBody"]["content"]["application/json"]
        parametres.append(
            {"in": "body", "name": "corps", "schema": {**contenu["schema"], "example": contenu["example"]}}
        )
    reponses = {}
    for statut, reponse in brut["responses"].items():
        contenu = reponse["content"]["application/json"]
        reponses[statut] = {"schema": contenu["schema"], "examples": {"application/json": contenu["example"]}}
    return {**brut, "parameters": parametres, "responses": reponses}


def json_schema(schema: Any, document: Mapping[str, Any]) -> dict[str, Any]:
    """The document's dialect as JSON Schema: `x-nullable` allows null, what references name comes along."""
    nommes = {nom: copy.deepcopy(document[nom]) for nom in ("definitions", "components") if nom in document}
    return _permettre_null({**copy.deepcopy(schema), **nommes})


def _permettre_null(noeud: Any) -> Any:
    if isinstance(noeud, list):
        return [_permettre_null(element) for element in noeud]
    if not isinstance(noeud, dict):
        return noeud
    clair = {nom: _permettre_null(valeur) for nom, valeur in noeud.items() if nom != "x-nullable"}
    return {"anyOf": [clair, {"type": "null"}]} if noeud.get("x-nullable") is True else clair


def exiger_documentee(operation: Operation, reponse: Reponse) -> None:
    """`AssertionError` unless the status is documented and the body fits its schema."""
    assert reponse.statut in operation.statuts, f"{operation} : {reponse.statut} n'est pas documenté"
    try:
        jsonschema.validate(reponse.corps, operation.schema(reponse.statut))
    except jsonschema.ValidationError as ecart:
        chemin = "/".join(map(str, ecart.absolute_path))
        raise AssertionError(f"{operation} {reponse.statut} : {chemin} : {ecart.message[:300]}") from None
