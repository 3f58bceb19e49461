import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

import commandes.settings
from commandes import bootstrap
from commandes.infrastructure.amorce import charger
from socle import fautes
from tests.voisins import CLAVIER, EN_LIGNE, SOURIS, Voisins

ADA = "12345678-1234-1234-1234-123456789012"


@pytest.fixture
def voisins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Voisins]:
    """Fresh neighbours, and a service wired to them with short time limits."""
    serveur = Voisins()
    reglages = {"kong_gateway_url": serveur.url, "http_lecture_s": 0.5, "voisins_delai_s": 2.0}
    monkeypatch.setattr(commandes.settings, "CONFIG", commandes.settings.CONFIG.model_copy(update=reglages))
    importlib.reload(bootstrap)
    yield serveur
    serveur.fermer()


@pytest.fixture(autouse=True)
def sans_fautes() -> Iterator[None]:
    """No switch survives a test."""
    yield
    if tableau := fautes.tableau():
        tableau.ecrire([])


def casser(point: str, nombre: int = 1) -> None:
    """Make the process fail at this point, that many times."""
    tableau = fautes.tableau()
    assert tableau is not None
    tableau.ecrire([fautes.Faute(point=point, genre="erreur", nombre=nombre)])


@dataclass
class Api:
    """The service over its HTTP routes, as one consumer."""

    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    consommateur: str = "magasin-app"
    jeton: str = "jeton-de-test"

    def appeler(self, methode: str, chemin: str, corps: Any = None, *, cle: str = "") -> HttpResponse:
        entetes = {"X-Consumer-Username": self.consommateur, "X-Internal-Token": self.jeton}
        if cle:
            entetes["Idempotency-Key"] = cle
        octets = b"" if corps is None else json.dumps(corps).encode()
        return self.client.generic(
            methode, f"/api/v1/{chemin}", octets, content_type="application/json", headers=entetes
        )

    def lire(self, chemin: str, statut: int = 200) -> Any:
        reponse = self.appeler("GET", chemin)
        assert reponse.status_code == statut, reponse.content
        return reponse.json()

    def enregistrer(self, corps: dict[str, Any], *, cle: str = "") -> HttpResponse:
        return self.appeler("POST", "ventes-ddd/enregistrer/", corps, cle=cle)

    def vendre(self, *, cle: str = "", **suite: Any) -> HttpResponse:
        """The one-product form: two keyboards of Magasin en ligne."""
        corps = {"magasin_id": EN_LIGNE, "client_id": ADA, "produit_id": CLAVIER, "quantite": 2, **suite}
        return self.enregistrer({nom: valeur for nom, valeur in corps.items() if valeur is not ...}, cle=cle)

    def annuler(self, vente_id: str, corps: Any = None, *, cle: str = "") -> HttpResponse:
        return self.appeler("PATCH", f"ventes-ddd/{vente_id}/annuler/", corps, cle=cle)

    def annuler_reference(self, reference: str, **corps: Any) -> HttpResponse:
        return self.appeler("POST", f"ventes-ddd/par-reference/{reference}/annuler/", corps)

    def total(self) -> int:
        """How many sales there are."""
        return int(self.lire("ventes-ddd/")["total"])


def vente_de_saga(reference: str = "", lignes: int = 2, **suite: Any) -> dict[str, Any]:
    """A body of the saga form."""
    reference = reference or str(uuid4())
    articles = [(CLAVIER, "Clavier mécanique", 1, 89.99), (SOURIS, "Souris optique", 3, 25.5)] * 25
    return {
        "magasin_id": EN_LIGNE,
        "client_id": ADA,
        "reference": reference,
        "reservation_reference": reference,
        "lignes": [
            {"produit_id": produit, "produit_nom": nom, "quantite": quantite, "prix_unitaire": prix}
            for produit, nom, quantite, prix in articles[:lignes]
        ],
        **suite,
    }


def sql(requete: str, *valeurs: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as curseur:
        curseur.execute(requete, valeurs)
        return curseur.fetchall() if curseur.description else []


def lancer(arguments: list[str], voisins: Voisins, dossier: Path, **variables: str) -> "subprocess.Popen[bytes]":
    """A real process of the service on the test database and these neighbours; its output goes to `sortie.log`."""
    racine = Path(__file__).resolve().parents[2]
    environnement = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(racine / chemin) for chemin in ("socle/src", "service-commandes")),
        "DJANGO_SETTINGS_MODULE": "commandes.settings",
        "POSTGRES_DB": connection.settings_dict["NAME"],
        "KONG_GATEWAY_URL": voisins.url,
        "LABO_FAUTES_REPERTOIRE": str(dossier),
        "VOISINS_DELAI_S": "1.0",
        "VENTE_ABANDON_S": "1.5",
        "REPRISE_INTERVALLE_S": "0.05",
        **variables,
    }
    with (dossier / "sortie.log").open("ab") as sortie:
        return subprocess.Popen([sys.executable, "-m", *arguments], env=environnement, stdout=sortie, stderr=sortie)


@pytest.fixture
def amorce(transactional_db: None) -> None:
    """The seed data of the contract, section 11; commits are real."""
    charger()


@pytest.fixture
def api(amorce: None, voisins: Voisins) -> Api:
    return Api()
