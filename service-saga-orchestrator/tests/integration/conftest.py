import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.voisins import CLIENT, MAGASIN, PRODUITS, Voisins


@pytest.fixture
def base(transactional_db: None) -> None:
    """Empty tables; commits are real."""


@pytest.fixture
def client(base: None, voisins: Voisins) -> Client:
    from saga_orchestrator import bootstrap

    for participant in (
        bootstrap.participants.stocks,
        bootstrap.participants.catalogue,
        bootstrap.participants.commandes,
    ):
        participant._client.disjoncteur.succes()
    return Client(raise_request_exception=False)


def panier(nombre: int = 1, quantite: int = 2, **suite: Any) -> dict[str, Any]:
    return {
        "client_id": CLIENT,
        "magasin_id": MAGASIN,
        "checkout_id": str(uuid.uuid4()),
        "lignes": [{"produit_id": PRODUITS[n], "quantite": quantite} for n in range(nombre)],
        **suite,
    }


def poster(client: Client, corps: Any, adresse: str = "commandes/", **entetes: str) -> Any:
    texte = corps if isinstance(corps, str) else json.dumps(corps)
    return client.post(f"/api/saga/{adresse}", texte, content_type="application/json", headers=entetes)


INTERNE = {"X-Internal-Token": "jeton-de-test", "X-Consumer-Username": "magasin"}


def sql(texte: str, *parametres: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as curseur:
        curseur.execute(texte, parametres)
        return curseur.fetchall() if curseur.description else []
