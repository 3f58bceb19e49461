"""Examples of the documentation."""

from typing import Any

DEMANDE_ID = "0c8d5c1e-6a55-4f38-8c5b-bf3f0a1b2c3d"
WORKFLOW_ID = "7b0f3b0a-52c5-4d4e-9a27-2f1f5f7a9c10"
CORRELATION = "5f0c6f0e-8a51-4c55-9d53-6a1c2b0f7e11"
PRODUIT = "550e8400-e29b-41d4-a716-446655440001"
MAGASIN = "33333333-3333-3333-3333-333333333331"
DATE = "2025-01-15T14:30:00+00:00"

DEMANDE: dict[str, Any] = {
    "id": DEMANDE_ID,
    "produit_id": PRODUIT,
    "magasin_id": MAGASIN,
    "quantite": 150,
    "statut": "En attente",
    "motif": "",
    "workflow_id": None,
    "date_creation": DATE,
    "date_modification": DATE,
    "nom_produit": "Clavier mécanique",
    "nom_magasin": "Magasin Central",
    "est_quantite_importante": True,
    "est_quantite_critique": False,
    "quantite_formatee": "150 unités",
}
DEMANDES = {
    "success": True,
    "use_case": "ListerDemandesUseCase",
    "count": 1,
    "demandes": [DEMANDE],
    "total": 1,
    "page": 1,
    "page_size": 50,
}
VALIDEE: dict[str, Any] = {
    "success": True,
    "use_case": "ValiderDemandeUseCase",
    "demande_id": DEMANDE_ID,
    "workflow_id": WORKFLOW_ID,
    "etapes_executees": [
        "Stock central diminué de 150 : Clavier mécanique",
        "Stock local augmenté de 150 : Magasin Central",
        "Statut de la demande fixé : Approuvée",
    ],
    "message": "Demande approuvée : 150 × Clavier mécanique vers Magasin Central.",
    "rollback_effectue": False,
    "statut": "Approuvée",
}
_MANQUE = f"Stock insuffisant au stock central pour Clavier mécanique ({PRODUIT}) : 100 disponible(s), 150 demandé(s)."
ECHEC = {
    "success": False,
    "error": "Stock insuffisant",
    "details": _MANQUE,
    "code": "stock_insuffisant",
    "correlation_id": CORRELATION,
    "use_case": "ValiderDemandeUseCase",
    "demande_id": DEMANDE_ID,
    "workflow_id": WORKFLOW_ID,
    "etapes_executees": [],
    "message": "La validation a échoué ; tout a été défait.",
    "rollback_effectue": True,
    "details_erreur": _MANQUE,
    "etape_echec": "prelevement_central",
    "statut": "Échec validation",
}
PANNE = {
    **ECHEC,
    "error": "Service externe indisponible",
    "details": "Le service inventaire ne répond pas (HTTP 502).",
    "code": "service_indisponible",
    "etapes_executees": VALIDEE["etapes_executees"][:1],
    "details_erreur": "Le service inventaire ne répond pas (HTTP 502).",
    "etape_echec": "ajout_local",
}
EN_COURS = {
    "success": True,
    "accepted": True,
    "use_case": "ValiderDemandeUseCase",
    "demande_id": DEMANDE_ID,
    "workflow_id": WORKFLOW_ID,
    "message": "Le workflow de validation continue.",
    "rollback_effectue": False,
    "statut": "en_cours",
    "etat": "AJOUT_LOCAL",
    "statut_url": f"/api/supply-chain/workflows/{WORKFLOW_ID}/",
}
REJETER = {"motif": "Le produit sera retiré de la vente."}
REJETEE = {
    "success": True,
    "use_case": "RejeterDemandeUseCase",
    "demande_id": DEMANDE_ID,
    "message": "Demande rejetée.",
    "motif": REJETER["motif"],
    "statut": "Refusée",
}
WORKFLOW: dict[str, Any] = {
    "workflow_id": WORKFLOW_ID,
    "demande_id": DEMANDE_ID,
    "produit_id": PRODUIT,
    "magasin_id": MAGASIN,
    "quantite": 150,
    "nom_produit": "Clavier mécanique",
    "nom_magasin": "Magasin Central",
    "etat": "VALIDATION_TERMINEE",
    "est_termine": True,
    "rollback_effectue": False,
    "details_erreur": None,
    "date_creation": DATE,
    "derniere_modification": DATE,
    "date_fin": DATE,
    "correlation_id": CORRELATION,
}
WORKFLOWS = {"success": True, "workflows": [WORKFLOW], "total": 1, "page": 1, "page_size": 50}
WORKFLOW_DETAIL = {
    "success": True,
    **WORKFLOW,
    "etapes": [
        {
            "ordre": 1,
            "nom": "prelevement_central",
            "description": VALIDEE["etapes_executees"][0],
            "statut": "EFFECTUEE",
            "tentatives": 1,
            "duree_secondes": 0.008,
        }
    ],
    "historique": [
        {
            "numero": 2,
            "type": "ETAPE_DEMARREE",
            "etat_precedent": "EN_ATTENTE",
            "nouvel_etat": "PRELEVEMENT_CENTRAL",
            "message": "Étape prelevement_central démarrée.",
            "timestamp": DATE,
            "donnees": {"etape": "prelevement_central"},
        }
    ],
    "attend": None,
}
GESTE_FAIT = {"success": True, "saga_id": WORKFLOW_ID, "etat_actuel": "VALIDATION_ANNULEE", "est_terminee": True}
