import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

import ecommerce.settings
from ecommerce import bootstrap
from ecommerce.infrastructure.amorce import charger
from socle import fautes
from socle.tests.concurrence import Fil, attendre_que, attendre_un_verrou
from tests.voisins import Voisins

ADA = UUID("12345678-1234-1234-1234-123456789012")
JEAN = UUID("11111111-1111-1111-1111-111111111111")
RACINE = Path(__file__).resolve().parents[2]


@pytest.fixture
def voisins(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Voisins]:
    """Fresh neighbours, and a service wired to them with short time limits (others by indirect parametrization)."""
    serveur = Voisins()
    reglages = {"kong_gateway_url": serveur.url, "orchestrateur_lecture_s": 1.5, "http_lecture_s": 1.0}
    reglages |= getattr(request, "param", {})
    monkeypatch.setattr(ecommerce.settings, "CONFIG", ecommerce.settings.CONFIG.model_copy(update=reglages))
    importlib.reload(bootstrap)
    yield serveur
    serveur.fermer()


@pytest.fixture(autouse=True)
def sans_fautes() -> Iterator[None]:
    """No switch survives a test."""
    yield
    if tableau := fautes.tableau():
        tableau.ecrire([])


@pytest.fixture
def amorce(transactional_db: None) -> None:
    """The seed data of the contract, section 11; commits are real."""
    charger()


@dataclass
class Api:
    """The service over its HTTP routes, as one consumer."""

    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    consommateur: str = "magasin-app"

    def appeler(self, methode: str, chemin: str, corps: Any = None, **entetes: str) -> Any:
        entetes = {"X-Consumer-Username": self.consommateur, **{n.replace("_", "-"): v for n, v in entetes.items()}}
        octets = b"" if corps is None else json.dumps(corps).encode()
        return self.client.generic(methode, chemin, octets, content_type="application/json", headers=entetes)

    def panier(self, client: UUID = ADA) -> dict[str, int]:
        """Quantities in the open cart, by product."""
        corps = self.appeler("GET", f"/api/panier/clients/{client}/panier/").json()
        return {produit["produit_id"]: produit["quantite"] for produit in corps["produits"]}

    def ajouter(self, produit: str, quantite: int = 1, client: UUID = ADA, **entetes: str) -> Any:
        corps = {"produit_id": produit, "quantite": quantite}
        return self.appeler("POST", f"/api/panier/clients/{client}/panier/", corps, **entetes)

    def commander(self, corps: Any = None, client: UUID = ADA, **entetes: str) -> Any:
        return self.appeler("POST", f"/api/commandes/clients/{client}/checkout/", corps, **entetes)

    def choreo(self, corps: Any = None, client: UUID = ADA, **entetes: str) -> Any:
        return self.appeler("POST", f"/api/commandes/clients/{client}/checkout/choreo/", corps, **entetes)

    def statut(self, checkout_id: str, client: UUID = ADA) -> dict[str, Any]:
        return self.appeler("GET", f"/api/commandes/clients/{client}/checkout/{checkout_id}/").json()


@pytest.fixture
def api(amorce: None, voisins: Voisins) -> Api:
    return Api()


en_fil, attendre, attendre_verrou = Fil, attendre_que, attendre_un_verrou


def un(requete: str, parametres: list[Any] | None = None) -> Any:
    """The first column of the first row."""
    with connection.cursor() as curseur:
        curseur.execute(requete, parametres)
        return curseur.fetchone()[0]


def outbox() -> list[dict[str, str]]:
    """The fields of every row, in the order in which the relay publishes them."""
    with connection.cursor() as curseur:
        curseur.execute("SELECT champs FROM outbox ORDER BY seq")
        return [json.loads(champs) for (champs,) in curseur.fetchall()]


def vieillir(secondes: float) -> None:
    """Every open checkout began that much earlier, and its turn has come."""
    with connection.cursor() as curseur:
        curseur.execute(
            "UPDATE checkouts SET date_creation = date_creation - make_interval(secs => %s), prochain_suivi = now()",
            [secondes],
        )


def lancer_processus(
    arguments: list[str], voisins: Voisins, dossier: Path, **variables: str
) -> subprocess.Popen[bytes]:
    """A real process of the service on the test database and these neighbours."""
    chemins = ["socle/src", "service-ecommerce", "."]
    environnement = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(RACINE / chemin) for chemin in chemins),
        "DJANGO_SETTINGS_MODULE": "ecommerce.settings",
        "POSTGRES_DB": connection.settings_dict["NAME"],
        "KONG_GATEWAY_URL": voisins.url,
        "LABO_FAUTES_REPERTOIRE": str(dossier),
        **variables,
    }
    sortie = (dossier / "sortie.log").open("ab")
    return subprocess.Popen([sys.executable, "-m", *arguments], env=environnement, stdout=sortie, stderr=sortie)
