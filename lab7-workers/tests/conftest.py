"""What every test of the workers needs: neighbours that can fail, examples of the published events, bounded polling."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.voisins import CLIENT, MAGASIN, Voisins, ouvrir
from socle.evenements.enveloppe import Evenement, identifiant_derive
from socle.tests.schemas import Schemas
from workers.services import Services

CONTRATS = Path(__file__).parents[2] / "tests" / "contrats" / "evenements"
SCHEMAS = Schemas(CONTRATS)
_VOISINS = Voisins()
_PASSERELLE = ouvrir(_VOISINS)


@pytest.fixture
def voisins() -> Voisins:
    _VOISINS.vider()
    _VOISINS.clients[CLIENT] = {"id": CLIENT, "email": "ada@example.com", "actif": True}
    return _VOISINS


@pytest.fixture
def passerelle(voisins: Voisins) -> str:
    return _PASSERELLE


@pytest.fixture
def services(passerelle: str) -> Services:
    return Services(passerelle, cle_api="cle", jeton_interne="jeton", connexion=0.2, lecture=0.5)


def exemple(type_: str) -> Evenement:
    """The published example of this type, as a consumer reads it."""
    entree = json.loads((CONTRATS / "exemples" / f"{type_}.json").read_text())
    return Evenement(
        id=uuid.UUID(entree["id"]),
        type=type_,
        payload=entree["payload"],
        cle=entree["payload"]["checkout_id"],
        source=entree["source"],
        ts=float(entree["ts"]),
        correlation_id=entree["correlation_id"],
        traceparent=entree["traceparent"],
    )


def panier(quantite: int = 1, produits: tuple[str, ...] = ("550e8400-e29b-41d4-a716-446655440001",)) -> dict[str, Any]:
    lignes = [
        {"produit_id": p, "nom_produit": "Clavier", "quantite": quantite, "prix_unitaire": 89.99, "prix_total": 89.99}
        for p in produits
    ]
    return {"client_id": CLIENT, "nombre_articles": quantite, "total": 89.99, "produits": lignes}


def initie(emis_le: str, *, checkout_id: str = "", quantite: int = 1, **payload: Any) -> Evenement:
    """CheckoutInitiated as ecommerce publishes it."""
    cle = checkout_id or str(uuid.uuid4())
    corps = {"checkout_id": cle, "client_id": CLIENT, "emitted_at": emis_le, "magasin_id": MAGASIN}
    return Evenement(
        id=identifiant_derive(cle, "CheckoutInitiated"),
        type="CheckoutInitiated",
        payload={**corps, "panier": panier(quantite), **payload},
        cle=cle,
        source="ecommerce",
        correlation_id=f"corr-{cle}",
    )


def attendre(condition: Callable[[], bool], quoi: str = "", delai_s: float = 10.0) -> None:
    """Bounded polling."""
    limite = time.monotonic() + delai_s
    while not condition():
        if time.monotonic() > limite:
            pytest.fail(f"not within {delai_s} s: {quoi}")
        time.sleep(0.02)
