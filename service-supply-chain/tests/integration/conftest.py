import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.voisins import CENTRAL, MAGASIN, PRODUITS, Voisins

BASE = "/api/ddd/supply-chain/"
INTERNE = {"X-Internal-Token": "jeton-de-test", "X-Consumer-Username": "magasin"}


@pytest.fixture
def client(transactional_db: None, voisins: Voisins) -> Client:
    """The service over HTTP, with empty tables; commits are real."""
    from supply_chain import bootstrap

    bootstrap.client.disjoncteur.succes()
    return Client(raise_request_exception=False)


def poster(client: Client, chemin: str, corps: Any = None, **entetes: str) -> Any:
    texte = "" if corps is None else corps if isinstance(corps, str) else json.dumps(corps)
    return client.post(f"{BASE}{chemin}", texte, content_type="application/json", headers=entetes)


def valider(client: Client, demande: str, **entetes: str) -> Any:
    return poster(client, f"valider-demande/{demande}/", **entetes)


def lire(client: Client, chemin: str) -> Any:
    return client.get(f"{BASE}{chemin}").json()


def stocks(voisins: Voisins) -> tuple[int, int]:
    """Units of the product, at the central stock and at the magasin."""
    return voisins.stock[CENTRAL, PRODUITS[0]], voisins.stock[MAGASIN, PRODUITS[0]]


def sql(texte: str, *parametres: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as curseur:
        curseur.execute(texte, parametres)
        return curseur.fetchall() if curseur.description else []
