"""pytest plugin: the neighbours' port is open and named in KONG_GATEWAY_URL before the settings are read."""

import os
import uuid

import pytest

from local.voisins import CENTRAL, MAGASIN, PRODUITS, Voisins, ouvrir

__all__ = ["CENTRAL", "MAGASIN", "PRODUITS", "Voisins"]

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


def deposer(voisins: Voisins, quantite: int = 10, statut: str = "En attente", magasin: str = MAGASIN) -> str:
    """A replenishment request at inventaire; its id. Central has 100 of each product, the magasin 500."""
    demande = str(uuid.uuid4())
    voisins.demandes[demande] = {
        "id": demande, "produit_id": PRODUITS[0], "magasin_id": magasin, "quantite": quantite, "statut": statut,
        "motif": "", "workflow_id": None, "date_creation": "2025-01-15T14:30:00+00:00",
        "date_modification": "2025-01-15T14:30:00+00:00", "nom_produit": "Clavier", "nom_magasin": "En ligne",
    }  # fmt: skip
    return demande


@pytest.fixture(name="voisins")
def _voisins() -> Voisins:
    voisins.vider()
    voisins.stock |= {(CENTRAL, produit): 100 for produit in PRODUITS}
    return voisins
