#!/usr/bin/env python3
"""Checks any live platform from the outside, with nothing but `requests`.

    python tests/test_saga_integration.py [saga-url]

`saga-url` is the saga prefix behind the gateway (default http://localhost:8080/api/saga) or the orchestrator's own
address (http://localhost:8009/api/saga); the other services are then reached through KONG_GATEWAY_URL (default
http://localhost:8080). The key is KONG_KEY_MAGASIN_APP, else the one of the lab. Exit status: 0 when every check
holds, 1 when one does not, 2 when nothing answers.
"""

from __future__ import annotations

import os
import re
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import requests

CLE = os.environ.get("KONG_KEY_MAGASIN_APP") or "magasin-secret-key-2025"
CLIENT = "11111111-1111-1111-1111-111111111111"
PRODUIT = "550e8400-e29b-41d4-a716-446655440002"
MAGASIN = "550e8400-e29b-41d4-a716-446655440000"
TROP = 1000
SERVICES = ("catalogue", "inventaire", "commandes", "ecommerce")
DELAI_S = 20

# Contract, section 10: both families of the orchestrator.
METRIQUES = (
    "saga_total",
    "saga_duree_seconds",
    "saga_echecs_total",
    "saga_etapes_total",
    "saga_compensations_total",
    "saga_actives_current",
    "services_externes_calls_total",
    "services_externes_duree_seconds",
    "saga_started_total",
    "saga_completed_total",
    "saga_failed_total",
    "saga_execution_duration_seconds",
    "external_service_call_duration_seconds",
)


class Ecart(Exception):
    """The platform does not do what it promises; the text says where."""


class Plateforme:
    """The two addresses, and one connection to each."""

    def __init__(self, saga_url: str) -> None:
        saga_url = saga_url.rstrip("/")
        self.saga = saga_url if saga_url.endswith("/api/saga") else f"{saga_url}/api/saga"
        self._session = requests.Session()
        self._session.trust_env = False
        par_la_passerelle = self._demander("GET", f"{self.saga}/health/", cle=False).status_code == 401
        racine = self.saga.removesuffix("/api/saga")
        self.passerelle = racine if par_la_passerelle else os.environ.get("KONG_GATEWAY_URL", "http://localhost:8080")

    def _demander(self, methode: str, url: str, *, cle: bool = True, corps: Any = None) -> requests.Response:
        entetes = {"X-API-Key": CLE} if cle else {}
        return self._session.request(methode, url, json=corps, headers=entetes, timeout=DELAI_S, allow_redirects=False)

    def saga_(self, methode: str, chemin: str, corps: Any = None) -> requests.Response:
        """A call to the orchestrator."""
        return self._demander(methode, self.saga + chemin, corps=corps)

    def autre(self, chemin: str, *, cle: bool = True) -> requests.Response:
        """A GET through the gateway."""
        return self._demander("GET", self.passerelle + chemin, cle=cle)

    def stock(self) -> int:
        """Units of the test product at the selling magasin."""
        reponse = self.autre(f"/api/inventaire/stock-local/{PRODUIT}/{MAGASIN}/")
        exiger(reponse.status_code, 200, "lecture du stock")
        return int(reponse.json()["quantite"])


def exiger(obtenu: object, attendu: object, quoi: str) -> None:
    """Raises `Ecart` when the two differ."""
    if obtenu != attendu:
        raise Ecart(f"{quoi} : {obtenu!r} au lieu de {attendu!r}")


def demande(quantite: int) -> dict[str, Any]:
    """A saga of one line, with an id of its own."""
    lignes = [{"produit_id": PRODUIT, "quantite": quantite}]
    return {"client_id": CLIENT, "magasin_id": MAGASIN, "checkout_id": str(uuid.uuid4()), "lignes": lignes}


def sante(p: Plateforme) -> str:
    """Every service says it is ready."""
    exiger(p.saga_("GET", "/health/").status_code, 200, "santé de l'orchestrateur")
    for service in SERVICES:
        exiger(p.autre(f"/api/{service}/health/").status_code, 200, f"santé de {service}")
    return f"orchestrateur, {', '.join(SERVICES)}"


def passerelle(p: Plateforme) -> str:
    """The gateway asks for a key and serves both spellings of the saga prefix."""
    sans_cle = p.autre("/api/saga/sagas/", cle=False)
    exiger((sans_cle.status_code, "message" in sans_cle.json()), (401, True), "appel sans clé")
    for prefixe in ("/api/saga", "/api/saga/api/saga"):
        exiger(p.autre(f"{prefixe}/sagas/?page_size=1").status_code, 200, f"{prefixe}/sagas/ avec la clé")
    return "401 sans clé, 200 avec, sous les deux formes du préfixe"


def succes(p: Plateforme) -> str:
    """One unit sold: one active sale, the stock one lower, the same answer to the same request."""
    avant, corps, debut = p.stock(), demande(1), time.monotonic()
    reponse = p.saga_("POST", "/commandes/", corps)
    duree_ms = (time.monotonic() - debut) * 1000
    exiger(reponse.status_code, 201, f"saga ({reponse.text[:300]})")
    exiger(reponse.json()["etat_final"], "SAGA_TERMINEE", "état final")
    exiger(p.saga_("GET", f"/commandes/{corps['checkout_id']}/").json()["etat_actuel"], "SAGA_TERMINEE", "état lu")
    vente = p.autre(f"/api/commandes/ventes-ddd/par-reference/{corps['checkout_id']}/")
    exiger((vente.status_code, vente.json()["vente"]["statut"]), (200, "active"), "vente")
    exiger(p.saga_("POST", "/commandes/", corps).content, reponse.content, "réponse à la même demande")
    exiger(avant - p.stock(), 1, "baisse du stock")
    return f"saga {corps['checkout_id']} terminée en {duree_ms:.0f} ms, une vente"


def echec(p: Plateforme) -> str:
    """Far more than there is: refused, undone, nothing sold."""
    avant, corps = p.stock(), demande(TROP)
    if avant >= TROP:
        raise Ecart(f"le magasin a {avant} unités : une demande de {TROP} n'y échouerait pas")
    reponse = p.saga_("POST", "/commandes/", corps)
    exiger((reponse.status_code, reponse.json().get("error")), (400, "Stock insuffisant"), "saga trop grosse")
    exiger(p.saga_("GET", f"/commandes/{corps['checkout_id']}/").json()["etat_actuel"], "SAGA_ANNULEE", "état lu")
    vente = p.autre(f"/api/commandes/ventes-ddd/par-reference/{corps['checkout_id']}/")
    exiger(vente.status_code, 404, "vente d'une saga annulée")
    exiger(p.stock(), avant, "stock")
    return f"{TROP} unités refusées (il y en a {avant}), rien de vendu, rien de pris"


def metriques(p: Plateforme) -> str:
    """Every published name is on the pages of the replicas."""
    manquantes: set[str] = set(METRIQUES)
    for _ in range(6):  # behind the gateway the replicas take turns, and each counts for itself
        texte = p.saga_("GET", "/metrics").text
        publiees = set(re.findall(r"^# TYPE (\S+) ", texte, re.MULTILINE))
        manquantes -= publiees | {f"{nom}_total" for nom in publiees}
    exiger(sorted(manquantes), [], "noms de métriques absents")
    return f"{len(METRIQUES)} noms publiés"


VERIFICATIONS: tuple[tuple[str, Callable[[Plateforme], str]], ...] = (
    ("Santé de tous les services", sante),
    ("Accès par la passerelle", passerelle),
    ("Une saga qui réussit", succes),
    (f"Une saga qui échoue faute de stock ({TROP} unités)", echec),
    ("Noms des métriques", metriques),
)


def principal(arguments: list[str]) -> int:
    """Run every check; the exit status."""
    saga_url = arguments[0] if arguments else "http://localhost:8080/api/saga"
    try:
        plateforme = Plateforme(saga_url)
    except requests.RequestException as panne:
        print(f"✗ Rien ne répond à {saga_url} ({type(panne).__name__}).")
        return 2
    print(f"Orchestrateur : {plateforme.saga}   passerelle : {plateforme.passerelle}")
    rates = 0
    for titre, verifier in VERIFICATIONS:
        try:
            print(f"✓ {titre} : {verifier(plateforme)}")
        except (Ecart, requests.RequestException, KeyError, ValueError) as ecart:
            rates += 1
            print(f"✗ {titre} : {ecart or type(ecart).__name__}")
    print(f"{len(VERIFICATIONS) - rates} vérifications réussies, {rates} ratées")
    return 1 if rates else 0


def test_the_script_finds_nothing_wrong_behind_the_gateway(monde: Any) -> None:
    assert principal([f"{monde.passerelle}/api/saga"]) == 0


def test_the_script_finds_nothing_wrong_at_the_orchestrators_own_address(monde: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("KONG_GATEWAY_URL", monde.passerelle)
    assert principal([monde.plateforme.urls["saga-2"]]) == 0


def test_the_script_says_when_nothing_answers(capsys: Any) -> None:
    assert principal(["http://127.0.0.1:9/api/saga"]) == 2
    assert "Rien ne répond" in capsys.readouterr().out


if __name__ == "__main__":
    sys.exit(principal(sys.argv[1:]))
