"""`python -m local.documents`: writes the OpenAPI document of every service under docs/api, from the code as it is.

The committed documents are version 1.0 of the contract in a form that programs read; `tests/compose/test_documents.py`
fails when the code no longer says the same. Each service is asked in a process of its own, without any server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.composants import SERVICES, Service
from local.lieux import RACINE
from local.processus import ErreurLabo

DOSSIER = RACINE / "docs" / "api"
VERSION = "1.0"

_DJANGO = """
import json, sys
import django
from importlib import import_module
django.setup()
from django.conf import settings
from django.urls import Resolver404, resolve
from socle import jsons
from socle.django.documentation import document_pour
import_module(settings.ROOT_URLCONF)
def connu(chemin):
    try:
        return bool(resolve(chemin))
    except Resolver404:
        return False
document = json.loads(jsons.ecrire(document_pour("/" + settings.SOCLE["base"].rstrip("/"))))
print(json.dumps({"document": document, "connus": [connu(chemin) for chemin in json.load(sys.stdin)]}))
"""
_FLASK = """
import json, sys
from event_store.bootstrap import application
from event_store.interfaces.openapi import document
from event_store.settings import Config
from socle import jsons
from socle.config import charger
adresses = application(charger(Config)).url_map.bind("localhost")
def connu(chemin):
    return bool(adresses.allowed_methods(chemin))
connus = [connu(chemin) for chemin in json.load(sys.stdin)]
print(json.dumps({"document": json.loads(jsons.ecrire(document())), "connus": connus}))
"""


@dataclass(frozen=True)
class Interface:
    """What a service says of itself: its document, and which of the paths it was asked about it has a view for."""

    document: dict[str, Any]
    connus: dict[str, bool]


def documentes() -> list[Service]:
    """The services with an API."""
    return [service for service in SERVICES if service.route]


def interroger(service: Service, chemins: Sequence[str] = ()) -> Interface:
    """Ask one service's own code. Raises `ErreurLabo` when it cannot be loaded."""
    variables = {
        **os.environ,
        "PYTHONPATH": f"{RACINE}/socle/src:{RACINE / service.dossier}",
        "DJANGO_SETTINGS_MODULE": f"{service.paquet}.settings",
        # Required to load the settings; nothing is opened with them.
        **dict.fromkeys(("SECRET_KEY", "INTERNAL_TOKEN", "POSTGRES_PASSWORD"), "sans importance ici"),
        "POSTGRES_DB": service.nom_base,
        "POSTGRES_USER": service.role,
        "LABO_FAUTES": "0",
    }
    ligne = [sys.executable, "-c", _DJANGO if service.django else _FLASK]
    fait = subprocess.run(ligne, input=json.dumps(list(chemins)), env=variables, capture_output=True, text=True)
    if fait.returncode != 0:
        raise ErreurLabo(f"{service.nom} : {fait.stderr.strip()[-800:]}")
    recu = json.loads(fait.stdout)
    document = recu["document"]
    document["info"]["version"] = VERSION
    return Interface(document, dict(zip(chemins, recu["connus"], strict=True)))


def interroger_tous(services: Iterable[Service], chemins: dict[str, list[str]]) -> dict[str, Interface]:
    """Every service's answer by name; `chemins`: the paths to ask each one about."""
    voulus = list(services)
    with ThreadPoolExecutor(2) as bassin:
        recues = list(bassin.map(lambda service: interroger(service, chemins.get(service.nom, ())), voulus))
    return {service.nom: recue for service, recue in zip(voulus, recues, strict=True)}


def texte(document: dict[str, Any]) -> str:
    """A document as it is committed: one that diffs well."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def fichier(service: Service) -> Path:
    """Where a service's document is committed."""
    return DOSSIER / f"{service.nom}.json"


def ecrire() -> None:
    """Write them all."""
    DOSSIER.mkdir(parents=True, exist_ok=True)
    for nom, interface in interroger_tous(documentes(), {}).items():
        service = next(s for s in documentes() if s.nom == nom)
        fichier(service).write_text(texte(interface.document), encoding="utf-8")
        print(f"{fichier(service).relative_to(RACINE)} : {len(interface.document['paths'])} chemins")


if __name__ == "__main__":
    ecrire()
