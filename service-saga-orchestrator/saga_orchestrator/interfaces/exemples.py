"""Examples of the documentation."""

from typing import Any

SAGA_ID = "0b9c1f5e-3a52-4c7e-9f0a-6d1b2c3d4e5f"
CLIENT = "12345678-1234-1234-1234-123456789012"
MAGASIN = "550e8400-e29b-41d4-a716-446655440000"
PRODUIT = "550e8400-e29b-41d4-a716-446655440001"
VENTE = "7a1e0f5c-94b1-4a52-8f0e-2b3c4d5e6f70"
DATE = "2025-07-01T12:00:00+00:00"

DEMANDE: dict[str, Any] = {
    "client_id": CLIENT,
    "magasin_id": MAGASIN,
    "checkout_id": SAGA_ID,
    "lignes": [{"produit_id": PRODUIT, "quantite": 2}],
}
RESUME: dict[str, Any] = {
    "saga_id": SAGA_ID,
    "client_id": CLIENT,
    "magasin_id": MAGASIN,
    "etat_actuel": "SAGA_TERMINEE",
    "est_terminee": True,
    "est_en_echec": False,
    "necessite_compensation": False,
    "montant_total": 179.98,
    "quantite_totale_articles": 2,
    "nombre_lignes": 1,
    "lignes_commande": [
        {
            "produit_id": PRODUIT,
            "produit_nom": "Clavier mécanique",
            "quantite": 2,
            "prix_unitaire": 89.99,
            "sous_total": 179.98,
        }
    ],
    "nombre_evenements": 8,
    "duree_totale_secondes": 0.031,
    "duree_par_etape": {"verification_stock": 0.006, "informations_produits": 0.005},
    "tentatives_par_etape": {"verification_stock": 1, "informations_produits": 1},
    "reservations_actives": 1,
    "commande_finale_id": VENTE,
    "date_creation": DATE,
    "date_derniere_modification": DATE,
}
SUCCES = {
    "success": True,
    "saga_id": SAGA_ID,
    "etat_final": "SAGA_TERMINEE",
    "commande_id": VENTE,
    "resume_execution": RESUME,
}
ECHEC = {
    "success": False,
    "error": "Stock insuffisant",
    "details": f"Stock insuffisant : produit {PRODUIT} : 20 disponible(s), 25 demandé(s).",
    "code": "stock_insuffisant",
    "correlation_id": "5f0c6f0e-8a51-4c55-9d53-6a1c2b0f7e11",
    "saga_id": SAGA_ID,
    "etat_final": "SAGA_ANNULEE",
    "etat_echec": "ECHEC_STOCK_INSUFFISANT",
    "etape_echec": "verification_stock",
    "resume_execution": {**RESUME, "etat_actuel": "SAGA_ANNULEE", "est_en_echec": True, "commande_finale_id": None},
}
PANNE = {
    **ECHEC,
    "error": "Service externe indisponible",
    "details": "Le service commandes ne répond pas (HTTP 502).",
    "code": "service_indisponible",
    "etat_echec": "ECHEC_CREATION_COMMANDE",
    "etape_echec": "creation_commande",
}
SIMULATION = {**ECHEC, "simulation_reussie": True}
EN_COURS = {
    "success": True,
    "accepted": True,
    "saga_id": SAGA_ID,
    "statut": "en_cours",
    "etat_actuel": "CREATION_COMMANDE",
    "statut_url": f"/api/saga/commandes/{SAGA_ID}/",
}
ETAT = {
    "saga_id": SAGA_ID,
    "client_id": CLIENT,
    "magasin_id": MAGASIN,
    "etat_actuel": "COMPENSATION_EN_COURS",
    "est_terminee": False,
    "commande_finale_id": None,
    "date_creation": DATE,
    "derniere_modification": DATE,
    "donnees_contexte": {"client_id": CLIENT, "magasin_id": MAGASIN, "lignes": DEMANDE["lignes"]},
    "historique_evenements": [
        {
            "type": "SAGA_DEMARRE",
            "etat_precedent": "EN_ATTENTE",
            "nouvel_etat": "VERIFICATION_STOCK",
            "message": "Saga démarrée.",
            "timestamp": DATE,
            "donnees": {"etape": "verification_stock"},
            "id": "0d2c5f1e-6a3b-5b0f-9a6e-1f9b1f0c7a11",
            "causation_id": SAGA_ID,
        }
    ],
    "lignes_commande": DEMANDE["lignes"],
    "attend": {
        "quoi": "compensation de creation_commande",
        "tentatives": 2,
        "prochain_essai": DATE,
        "derniere_erreur": "Le service commandes ne répond pas (HTTP 502).",
        "proprietaire": None,
        "bail_expire": None,
    },
    "reponse_statut": None,
    "version_definition": 1,
    "correlation_id": "5f0c6f0e-8a51-4c55-9d53-6a1c2b0f7e11",
    "date_fin": None,
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "etapes": [{"nom": "verification_stock", "duree_secondes": 0.0031, "tentatives": 1}],
}
STATISTIQUES = {
    "success": True,
    "style": "orchestre",
    "minutes": 10,
    "commencees": 12,
    "reussies": 9,
    "echouees": 2,
    "en_cours": 1,
    "compensees": 1,
    "p50_secondes": 0.021,
    "p95_secondes": 0.048,
}
LISTE = {
    "success": True,
    "sagas": [
        {
            "saga_id": SAGA_ID,
            "client_id": CLIENT,
            "magasin_id": MAGASIN,
            "etat_actuel": "SAGA_TERMINEE",
            "est_terminee": True,
            "montant_total": 179.98,
            "commande_finale_id": VENTE,
            "date_creation": DATE,
            "derniere_modification": DATE,
            "date_fin": DATE,
            "correlation_id": "5f0c6f0e-8a51-4c55-9d53-6a1c2b0f7e11",
            "reponse_statut": 201,
            "echec": None,
            "attend": None,
        }
    ],
    "total": 1,
    "page": 1,
    "page_size": 50,
}
GESTE_FAIT = {"success": True, "saga_id": SAGA_ID, "etat_actuel": "SAGA_ANNULEE", "est_terminee": True}
INFO = {
    "service": "saga_orchestrator",
    "saga": "commande",
    "version": 1,
    "instance_id": "saga-1",
    "etapes": [
        {"nom": "reservation_stock", "lecture": False, "compensable": True, "etat_avant": "RESERVATION_STOCK",
         "etat_apres": "STOCK_RESERVE", "etat_echec": "ECHEC_RESERVATION_STOCK"},
    ],
    "etats": ["EN_ATTENTE", "SAGA_TERMINEE", "SAGA_ANNULEE"],
    "transitions": {"EN_ATTENTE": ["COMPENSATION_EN_COURS", "VERIFICATION_STOCK"]},
    "delais": {"saga_s": 30.0, "etape_s": 5.0, "attente_appelant_s": 10.0, "essais": 4},
}  # fmt: skip
