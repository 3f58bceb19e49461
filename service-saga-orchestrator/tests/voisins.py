"""pytest plugin: the neighbours' port is open and named in KONG_GATEWAY_URL before the settings are read."""

import os

import pytest

from local.voisins import CLIENT, MAGASIN, PRODUITS, Voisins, ouvrir

__all__ = ["CLIENT", "MAGASIN", "PRODUITS", "Voisins"]

voisins = Voisins()

os.environ["KONG_GATEWAY_URL"] = ouvrir(voisins)
# Limits short enough for tests; they nest as in production.
os.environ.setdefault("HTTP_CONNEXION_S", "0.2")
os.environ.setdefault("HTTP_LECTURE_S", "0.6")
os.environ.setdefault("SAGA_ETAPE_S", "1.5")
os.environ.setdefault("SAGA_ATTENTE_S", "8")
os.environ.setdefault("SAGA_TIMEOUT", "10")
os.environ.setdefault("COMPENSATION_ESSAIS", "4")
os.environ.setdefault("COMPENSATION_PLAFOND_S", "0.3")


@pytest.fixture(name="voisins")
def _voisins() -> Voisins:
    voisins.vider()
    return voisins
