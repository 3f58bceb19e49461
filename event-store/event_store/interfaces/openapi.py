"""The OpenAPI 3 document, made from the table of routes: what is served is what is documented."""

import functools
import json
import re
from typing import Any

import yaml

from event_store.application.lectures import NOMS
from event_store.interfaces.routes import Champ, Route
from event_store.interfaces.vues import ROUTES
from socle import jsons

BASE = "/api/event-store"
TITRE = "Event store"

_TEXTES = {
    400: ("Requête refusée : champ absent, de mauvais type ou hors limites.", "Données invalides", "donnees_invalides"),
    403: ("Opération réservée aux appelants internes.", "Jeton interne requis", "jeton_interne_requis"),
    404: ("Inconnu.", "Ressource introuvable", "introuvable"),
    409: ("Conflit avec l'état présent.", "Conflit", "conflit"),
    413: ("Corps trop grand.", "Requête trop volumineuse", "corps_trop_grand"),
    422: ("Clé d'idempotence déjà employée pour une autre requête.", "Clé d'idempotence réutilisée", "cle_reutilisee"),
    503: ("Base indisponible ; voir Retry-After.", "Service temporairement indisponible", "base_indisponible"),
}
_CHEMINS: dict[str, dict[str, Any]] = {
    "identifiant": {"format": "uuid"},
    "flux": {"pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,119}$"},
    "projection": {"enum": list(NOMS)},
}
_CORRELATION = "5f0c6f0e-8a51-4c55-9d53-6a1c2b0f7e11"


@functools.lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The document; paths are relative to `servers`, which is right directly and behind the gateway."""
    chemins: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        adresse = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route.chemin)
        chemins.setdefault(adresse, {})[route.methode.lower()] = _operation(route)
    for adresse, resume in (
        ("/health", "Le service et sa base répondent"),
        ("/health/live", "Le processus répond"),
        ("/health/ready", "Le service et sa base répondent"),
    ):
        chemins[adresse] = {"get": _sante(adresse, resume)}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": TITRE,
            "version": "v1",
            "description": "Historique, rejeu et lectures du laboratoire de checkouts distribués.",
        },
        "servers": [{"url": BASE}],
        "security": [{"cle": []}],
        "paths": chemins,
        "components": {
            "securitySchemes": {"cle": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
            "schemas": {"Erreur": _ERREUR},
        },
    }


def document_yaml() -> str:
    """The same document as YAML."""
    return yaml.safe_dump(json.loads(jsons.ecrire(document())), allow_unicode=True, sort_keys=False)


_ERREUR = {
    "type": "object",
    "required": ["error", "details", "code", "correlation_id"],
    "properties": {
        "success": {"type": "boolean"},
        "error": {"type": "string", "description": "Libellé court."},
        "details": {"description": "Phrase, ou liste de phrases."},
        "code": {"type": "string", "description": "Code stable, pour les programmes."},
        "correlation_id": {"type": "string", "description": "Identifiant à citer pour retrouver la requête."},
    },
}


def _operation(route: Route) -> dict[str, Any]:
    segments = re.findall(r"<(\w+):(\w+)>", route.chemin)
    parametres = [_parametre_chemin(convertisseur, nom, route) for convertisseur, nom in segments]
    parametres += [_parametre(champ) for champ in route.criteres]
    statuts = {*route.erreurs, 503}
    if route.interne:
        statuts.add(403)
        parametres.append(_entete("X-Internal-Token", "Jeton des appelants internes.", requis=True))
    if route.methode == "POST":
        statuts.add(422)
        parametres.append(_entete("Idempotency-Key", "Même clé, même corps : la première réponse est rendue."))
    reponses = {
        str(statut): _reponse(exemple.texte, {"type": "object"}, exemple.corps)
        for statut, exemple in route.reponses.items()
    }
    for statut in sorted(statuts):
        texte, libelle, code = _TEXTES[statut]
        corps = {"success": False, "error": libelle, "details": texte, "code": code, "correlation_id": _CORRELATION}
        reponses[str(statut)] = _reponse(texte, {"$ref": "#/components/schemas/Erreur"}, corps)
    operation: dict[str, Any] = {
        "operationId": route.nom,
        "tags": [route.groupe],
        "summary": route.resume,
        "description": route.details or route.resume,
        "parameters": parametres,
        "responses": reponses,
    }
    if route.corps:
        operation["requestBody"] = _corps(route)
    return operation


def _reponse(texte: str, schema: dict[str, Any], exemple: Any) -> dict[str, Any]:
    return {"description": texte, "content": {"application/json": {"schema": schema, "example": exemple}}}


def _corps(route: Route) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {champ.nom: {**_schema(champ), "description": champ.texte} for champ in route.corps},
    }
    if requis := [champ.nom for champ in route.corps if champ.requis]:
        schema["required"] = requis
    exemple = {champ.nom: champ.exemple for champ in route.corps}
    return {
        "required": any(champ.requis for champ in route.corps),
        "content": {"application/json": {"schema": schema, "example": exemple}},
    }


def _schema(champ: Champ) -> dict[str, Any]:
    schema: dict[str, Any]
    if champ.genre == "entier":
        schema = {"type": "integer", "minimum": champ.minimum, "maximum": champ.maximum}
    elif champ.genre == "uuid":
        schema = {"type": "string", "format": "uuid"}
    elif champ.genre == "liste":
        schema = {"type": "array", "items": {"type": "object"}, "minItems": champ.minimum, "maxItems": champ.maximum}
    elif champ.genre == "identifiants":
        uuid = {"type": "string", "format": "uuid"}
        schema = {"type": "array", "items": uuid, "maxItems": champ.maximum}
    elif champ.choix:
        schema = {"type": "string", "enum": list(champ.choix)}
    elif champ.genre == "texte":
        schema = {"type": "string", "minLength": max(champ.minimum, 1), "maxLength": champ.maximum}
    else:
        schema = {"type": "string"}
    return schema if champ.defaut is None else {**schema, "default": champ.defaut}


def _parametre(champ: Champ) -> dict[str, Any]:
    parametre = {
        "name": champ.nom, "in": "query", "required": champ.requis, "description": champ.texte,
        "schema": _schema(champ),
    }  # fmt: skip
    return parametre | {"style": "form", "explode": False} if champ.genre == "identifiants" else parametre


def _parametre_chemin(convertisseur: str, nom: str, route: Route) -> dict[str, Any]:
    precision: dict[str, Any] = _CHEMINS[convertisseur]
    return {
        "name": nom, "in": "path", "required": True, "description": route.chemins[nom],
        "schema": {"type": "string", **precision},
    }  # fmt: skip


def _entete(nom: str, texte: str, *, requis: bool = False) -> dict[str, Any]:
    return {
        "name": nom, "in": "header", "required": requis, "description": texte,
        "schema": {"type": "string", "maxLength": 255},
    }  # fmt: skip


def _sante(adresse: str, resume: str) -> dict[str, Any]:
    exemple = {"status": "healthy", "service": "event_store", "instance_id": "event-store"}
    return {
        "operationId": adresse.strip("/").replace("/", "_"),
        "tags": ["Santé"],
        "summary": resume,
        "description": resume,
        "responses": {
            "200": _reponse("Répond.", {"type": "object"}, exemple),
            "503": _reponse("Ne répond pas.", {"type": "object"}, {**exemple, "status": "unhealthy"}),
        },
    }
