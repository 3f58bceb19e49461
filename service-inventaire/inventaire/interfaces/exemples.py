"""Examples shown by the documentation: rows of the seed data."""

from typing import Any

PRODUIT = "550e8400-e29b-41d4-a716-446655440001"
AUTRE_PRODUIT = "550e8400-e29b-41d4-a716-446655440002"
MAGASIN = "33333333-3333-3333-3333-333333333331"
REFERENCE = "7b0f3b0a-52c5-4d4e-9a27-2f1f5f7a9c10"
DEMANDE_ID = "0c8d5c1e-6a55-4f38-8c5b-bf3f0a1b2c3d"
DATE = "2025-01-15T14:30:00+00:00"

DIMINUER = {"reference": REFERENCE, "magasin_id": MAGASIN, "lignes": [{"produit_id": PRODUIT, "quantite": 2}]}
DIMINUE = {
    "success": True,
    "message": "Stock réservé.",
    "reference": REFERENCE,
    "magasin_id": MAGASIN,
    "etat": "RESERVEE",
    "lignes": [{"produit_id": PRODUIT, "quantite": 2, "nouvelle_quantite": 18, "niveau": "Moyen"}],
}
AUGMENTER = {"produit_id": PRODUIT, "quantite": 5, "magasin_id": MAGASIN}
AUGMENTE = {
    "success": True,
    "message": f"Stock augmenté de 5 au magasin {MAGASIN} : 25 unité(s).",
    "produit_id": PRODUIT,
    "magasin_id": MAGASIN,
    "nouvelle_quantite": 25,
    "niveau": "Haut",
}
RESERVATION = {
    "success": True,
    "reference": REFERENCE,
    "magasin_id": MAGASIN,
    "etat": "RESERVEE",
    "lignes": [{"produit_id": PRODUIT, "quantite": 2}],
    "date_creation": DATE,
    "date_liberation": None,
}
STOCK_CENTRAL: dict[str, Any] = {
    "produit_id": PRODUIT,
    "quantite": 100,
    "niveau": "Élevé",
    "nom_produit": "Clavier mécanique",
}
STOCK_DU_MAGASIN = {**STOCK_CENTRAL, "quantite": 20, "niveau": "Moyen"}
STOCK_LOCAL = {**STOCK_DU_MAGASIN, "magasin_id": MAGASIN, "nom_magasin": "Magasin Central"}
STOCKS_CENTRAUX = {"success": True, "stocks": [STOCK_CENTRAL], "total": 1, "page": 1, "page_size": 50}
STOCKS_LOCAUX = {"magasin_id": MAGASIN, "nom_magasin": "Magasin Central", "stocks": [STOCK_DU_MAGASIN]}
MAGASINS_STOCKS = {"success": True, "magasins": [STOCKS_LOCAUX], "total": 1, "page": 1, "page_size": 50}
MAGASIN_CONNU = {"success": True, "magasin_id": MAGASIN, "nom": "Magasin Central"}
TRANSFERER = {"produit_id": PRODUIT, "magasin_id": MAGASIN, "quantite": 10, "sens": "central_vers_local"}
TRANSFERE = {
    "success": True,
    "message": "10 unité(s) transférée(s).",
    **TRANSFERER,
    "stock_central": 90,
    "stock_local": 30,
}
CREER_DEMANDE = {"produit_id": PRODUIT, "magasin_id": MAGASIN, "quantite": 10}
DEMANDE = {
    "success": True,
    "id": DEMANDE_ID,
    **CREER_DEMANDE,
    "statut": "En attente",
    "motif": "",
    "workflow_id": None,
    "date_creation": DATE,
    "date_modification": DATE,
    "nom_produit": "Clavier mécanique",
    "nom_magasin": "Magasin Central",
}
DEMANDES = {"success": True, "demandes": [DEMANDE], "total": 1, "page": 1, "page_size": 50}
REJETER = {"motif": "Le produit sera retiré de la vente."}
FIXER_STATUT = {"statut": "Échec validation", "motif": "Stock central épuisé.", "workflow_id": REFERENCE}
SUPPRIMEE = {"success": True, "message": "Demande supprimée.", "demande_id": DEMANDE_ID}
BESOINS = {
    "success": True,
    "magasin_id": MAGASIN,
    "nom_magasin": "Magasin Central",
    "besoins": [
        {
            "produit_id": PRODUIT,
            "nom_produit": "Clavier mécanique",
            "quantite_actuelle": 3,
            "niveau": "Bas",
            "quantite_suggeree": 7,
        }
    ],
    "total": 1,
}
