"""Examples shown by the documentation."""

from typing import Any

_LIGNE = {
    "produit_id": "550e8400-e29b-41d4-a716-446655440001",
    "produit_nom": "Clavier mécanique",
    "quantite": 2,
    "prix_unitaire": 89.99,
}
DEMANDE_SAGA: dict[str, Any] = {
    "magasin_id": "550e8400-e29b-41d4-a716-446655440000",
    "client_id": "12345678-1234-1234-1234-123456789012",
    "reference": "6f1c1d9e-7a55-4c0e-9a44-3a7c2f1e0b11",
    "reservation_reference": "6f1c1d9e-7a55-4c0e-9a44-3a7c2f1e0b11",
    "lignes": [_LIGNE],
}
VENTE: dict[str, Any] = {
    "id": "0b8d5b7e-54b1-4f0e-8f1a-1f6f0f3d2a10",
    "magasin": "Magasin en ligne",
    "magasin_id": DEMANDE_SAGA["magasin_id"],
    "client_id": DEMANDE_SAGA["client_id"],
    "reference": DEMANDE_SAGA["reference"],
    "reservation_reference": DEMANDE_SAGA["reference"],
    "date_vente": "2025-01-15T14:30:00+00:00",
    "total": 179.98,
    "statut": "active",
    "date_annulation": None,
    "motif": "",
    "peut_etre_annulee": True,
    "lignes": [{**_LIGNE, "sous_total": 179.98}],
}
UNE_VENTE = {"success": True, "vente": VENTE}
VENTES = {"success": True, "ventes": [VENTE], "total": 1, "page": 1, "page_size": 50}
ANNULATION = {"motif": "Le client a changé d'avis"}
ANNULEE = {
    "success": True,
    "message": "Vente annulée ; le stock est rendu.",
    "vente_id": VENTE["id"],
    "statut": "annulee",
    "date_annulation": "2025-01-15T15:00:00+00:00",
    "motif": ANNULATION["motif"],
}
ANNULATION_REFERENCE = {"motif": "Compensation de la saga", "seulement_si_absente": False}
ETAT = {"etat": "annulee"}
MAGASINS = {
    "success": True,
    "magasins": [
        {
            "id": "33333333-3333-3333-3333-333333333331",
            "nom": "Magasin Central",
            "adresse": "1000, rue Notre-Dame Ouest, Montréal",
        }
    ],
    "total": 3,
}
_VENDU = {"produit_id": _LIGNE["produit_id"], "nom": _LIGNE["produit_nom"], "quantite_totale": 2}
INDICATEURS = [
    {
        "magasin": "Magasin en ligne",
        "magasin_id": DEMANDE_SAGA["magasin_id"],
        "chiffre_affaires": 179.98,
        "ruptures": 0,
        "surstock": 5,
        "tendances": [{**_VENDU, "chiffre_affaires": 179.98}],
    }
]
RAPPORT = [
    {
        "magasin": "Magasin en ligne",
        "magasin_id": DEMANDE_SAGA["magasin_id"],
        "total": 179.98,
        "produits_vendus": [{**_VENDU, "chiffre_affaires": 179.98}],
        "stock_local": {"ruptures": 0, "surstock": 5, "produits_en_stock": 5},
    }
]
