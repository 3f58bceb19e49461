"""Swagger and ReDoc of one service: the same document directly and behind the gateway.

The paths are relative to the service's base path; `basePath` is the prefix the caller used (`X-Forwarded-Prefix`,
set by the gateway), so that "Try it out" works from both sides. The document is built once per process.
"""

import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver
from drf_yasg import openapi
from drf_yasg.codecs import OpenAPICodecJson
from drf_yasg.generators import OpenAPISchemaGenerator
from drf_yasg.inspectors import SwaggerAutoSchema
from drf_yasg.utils import swagger_auto_schema
from rest_framework import serializers

from socle import jsons
from socle.django.convertisseurs import ConvertisseurUuid
from socle.pages import PAGES

_PREFIXE = re.compile(r"(/[A-Za-z0-9._~-]+)+/?")
_TEXTES = {
    400: ("Requête refusée : données invalides ou règle métier.", "Données invalides", "donnees_invalides"),
    403: ("Opération réservée aux appelants internes.", "Jeton interne requis", "jeton_interne_requis"),
    404: ("Ressource introuvable.", "Ressource introuvable", "introuvable"),
    409: ("Conflit avec l'état présent, ou même clé en cours.", "Conflit", "conflit"),
    422: (
        "Clé d'idempotence déjà employée pour une autre requête.",
        "Clé d'idempotence réutilisée",
        "cle_reutilisee",
    ),
    503: (
        "Dépendance indisponible ; voir Retry-After.",
        "Service externe indisponible",
        "service_indisponible",
    ),
}


class ReponseErreur(serializers.Serializer):
    """The one error body of the platform."""

    success = serializers.BooleanField(required=False)
    error = serializers.CharField(help_text="Libellé court.")
    details = serializers.JSONField(help_text="Phrase, ou liste de phrases.")
    code = serializers.CharField(help_text="Code stable, pour les programmes.")
    correlation_id = serializers.CharField(help_text="Identifiant à citer pour retrouver la requête.")


def operation(
    resume: str,
    *,
    reponses: Mapping[int, tuple[str, type[serializers.Serializer] | serializers.BaseSerializer | None, Any]],
    corps: type[serializers.Serializer] | serializers.BaseSerializer | None = None,
    criteres: type[serializers.Serializer] | None = None,
    erreurs: Iterable[int] = (),
    details: str = "",
    interne: bool = False,
    idempotente: bool = False,
) -> Any:
    """Document one handler.

    `reponses` maps a status to (French description, serializer, example). A serializer made with `many=True` says an
    array, in `corps` as well. The example of a request is its serializer's `Meta.swagger_schema_fields`. `criteres` is
    the serializer of the query parameters; `erreurs` the further statuses answered with the common error body;
    `interne` and `idempotente` add the headers and the statuses that go with them.
    """
    toutes: dict[int, openapi.Response] = {
        statut: openapi.Response(texte, schema=schema, examples={"application/json": json.loads(jsons.ecrire(exemple))})
        for statut, (texte, schema, exemple) in reponses.items()
    }
    statuts = {*erreurs, 503} | ({403} if interne else set()) | ({409, 422} if idempotente else set())
    for statut in sorted(statuts - set(toutes)):
        texte, libelle, code = _TEXTES[statut]
        exemple = {
            "success": False,
            "error": libelle,
            "details": texte,
            "code": code,
            "correlation_id": "5f0c6f0e-8a51-4c55-9d53-6a1c2b0f7e11",
        }
        toutes[statut] = openapi.Response(texte, schema=ReponseErreur, examples={"application/json": exemple})
    entetes = []
    if idempotente:
        entetes.append(_entete("Idempotency-Key", "Même clé, même corps : la première réponse est rendue."))
    if interne:
        entetes.append(_entete("X-Internal-Token", "Jeton des appelants internes.", requis=True))
    return swagger_auto_schema(
        operation_summary=resume,
        operation_description=details or resume,
        request_body=corps,
        query_serializer=criteres,
        manual_parameters=entetes,
        responses=toutes,
    )


def _entete(nom: str, texte: str, *, requis: bool = False) -> openapi.Parameter:
    return openapi.Parameter(
        nom, openapi.IN_HEADER, description=texte, type=openapi.TYPE_STRING, required=requis, max_length=255
    )


class SchemaVue(SwaggerAutoSchema):
    """Operations are grouped by the first segment of their path; error schemas are added by `operation`."""

    def get_tags(self, operation_keys: list[str] | None = None) -> list[str]:
        return [settings.SOCLE["titre"]]


class _Generateur(OpenAPISchemaGenerator):
    def determine_path_prefix(self, paths: list[str]) -> str:
        return ""


_routes_api: list[URLPattern | URLResolver] = []


def declarer(routes: Iterable[URLPattern | URLResolver]) -> None:
    """The routes, relative to the base path, that the document describes."""
    _routes_api[:] = list(routes)


@functools.lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    info = openapi.Info(
        title=settings.SOCLE["titre"],
        default_version="v1",
        description="API du laboratoire de checkouts distribués.",
    )
    generateur = _Generateur(info, patterns=_routes_api)
    # Through JSON, not `jsons.lire`: YAML cannot say Decimal, and here a double is only printed.
    document: dict[str, Any] = json.loads(OpenAPICodecJson([]).encode(generateur.get_schema(None, public=True)))
    document.pop("host", None)
    document.pop("schemes", None)
    document["security"] = [{"cle": []}]
    _typer_identifiants(document)
    _assouplir_reponses(document)
    return document


def _assouplir_reponses(document: dict[str, Any]) -> None:
    """Say what answers really hold.

    A text may be empty: drf-yasg's `minLength: 1` is true of requests only. `details` is a sentence or a list of
    sentences: Swagger 2.0 has no union, and drf-yasg would say "object".
    """
    definitions = document["definitions"]
    recues = _references([p for chemin in document["paths"].values() for p in _corps_recus(chemin)], definitions)
    for nom, definition in definitions.items():
        if nom not in recues:
            _sans_longueur_minimale(definition)
            definition.get("properties", {}).get("details", {}).pop("type", None)


def _corps_recus(chemin: Mapping[str, Any]) -> list[Any]:
    operations = [valeur for nom, valeur in chemin.items() if nom != "parameters"]
    return [p for operation in operations for p in operation["parameters"] if p["in"] == "body"]


def _references(noeud: Any, definitions: Mapping[str, Any]) -> set[str]:
    """Names of the definitions reached from a part of the document."""
    trouvees: set[str] = set()
    a_voir = [noeud]
    while a_voir:
        courant = a_voir.pop()
        if isinstance(courant, list):
            a_voir += courant
        elif isinstance(courant, dict):
            nom = str(courant.get("$ref", "")).rpartition("/")[2]
            if nom and nom not in trouvees:
                trouvees.add(nom)
                a_voir.append(definitions[nom])
            a_voir += courant.values()
    return trouvees


def _sans_longueur_minimale(noeud: Any) -> None:
    if isinstance(noeud, list):
        for element in noeud:
            _sans_longueur_minimale(element)
    elif isinstance(noeud, dict):
        if noeud.get("type") == "string":
            noeud.pop("minLength", None)
        for valeur in noeud.values():
            _sans_longueur_minimale(valeur)


def _typer_identifiants(document: dict[str, Any]) -> None:
    """Path parameters read by the UUID converter say so."""
    identifiants = {
        nom
        for route in _routes_api
        if isinstance(route, URLPattern)
        for nom, convertisseur in route.pattern.converters.items()
        if isinstance(convertisseur, ConvertisseurUuid)
    }
    for chemin in document["paths"].values():
        for parametre in chemin.get("parameters", []):
            if parametre["in"] == "path" and parametre["name"] in identifiants:
                parametre["format"] = "uuid"


def prefixe(request: HttpRequest) -> str:
    """The path under which the caller sees this service's base: the gateway's prefix, or our own base path.

    A route matched by a regular expression (the documentation's) has no `X-Forwarded-Prefix`: its prefix is what
    comes before our own page in the path that the gateway received.
    """
    base = "/" + str(settings.SOCLE["base"]).rstrip("/")
    recu = request.headers.get("X-Forwarded-Prefix", "")
    if not recu and request.path.startswith(base):
        recu = request.headers.get("X-Forwarded-Path", "").rstrip("/")
        page = request.path.removeprefix(base).rstrip("/")
        recu = recu.removesuffix(page) if recu.endswith(page) else ""
    return recu.rstrip("/") if _PREFIXE.fullmatch(recu) else base


def document_pour(prefixe_vu: str) -> dict[str, Any]:
    """The OpenAPI (Swagger 2.0) document as seen under `prefixe_vu`."""
    return {**_document(), "basePath": prefixe_vu or "/"}


def swagger_json(request: HttpRequest) -> HttpResponse:
    """`/swagger.json`"""
    return HttpResponse(jsons.ecrire(document_pour(prefixe(request))), content_type="application/json")


def swagger_yaml(request: HttpRequest) -> HttpResponse:
    """`/swagger.yaml`"""
    texte = yaml.safe_dump(document_pour(prefixe(request)), allow_unicode=True, sort_keys=False)
    return HttpResponse(texte, content_type="application/yaml")


def page(request: HttpRequest, gabarit: str) -> HttpResponse:
    """Swagger UI or ReDoc, with its assets and document below the prefix the caller used."""
    vu = prefixe(request)
    rendue = PAGES[gabarit](settings.SOCLE["titre"], document=f"{vu}/swagger.json", statiques=f"{vu}/static/drf-yasg")
    return HttpResponse(rendue)


def accueil(request: HttpRequest) -> HttpResponse:
    """`/`: to the Swagger page, at the address that works for this caller."""
    return HttpResponseRedirect(f"{prefixe(request)}/swagger/")


def verifier() -> list[str]:
    """Names of the declared routes whose view is not documented by `operation` (used by the contract tests)."""
    manquants = []
    for chemin, methodes in _document()["paths"].items():
        for methode, description in methodes.items():
            if methode != "parameters" and not description.get("summary"):
                manquants.append(f"{methode.upper()} {chemin}")
    return manquants
