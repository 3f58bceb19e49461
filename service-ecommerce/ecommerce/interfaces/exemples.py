"""Examples shown by the documentation: one purchase of the seed data, in each of its shapes."""

from typing import Any

CLIENT_ID = "12345678-1234-1234-1234-123456789012"
PRODUIT_ID = "550e8400-e29b-41d4-a716-446655440001"
MAGASIN_ID = "550e8400-e29b-41d4-a716-446655440000"
CHECKOUT_ID = "0b9c1f5e-3a52-4c7e-9f0a-6d1b2c3d4e5f"
COMMANDE_ID = "7a1e0f5c-94b1-4a52-8f0e-2b3c4d5e6f70"
DATE = "2025-07-01T12:00:00+00:00"
STATUT_URL = f"/api/commandes/clients/{CLIENT_ID}/checkout/{CHECKOUT_ID}/"

NOUVEAU_CLIENT = {
    "prenom": "Grace",
    "nom": "Hopper",
    "email": "grace.hopper@example.com",
    "adresse_rue": "500 rue de la Montagne",
    "adresse_ville": "Montréal",
    "adresse_code_postal": "H3C 4K9",
    "adresse_province": "Québec",
    "adresse_pays": "Canada",
    "telephone": "514-555-0505",
}
CLIENT: dict[str, Any] = {
    "id": CLIENT_ID,
    "prenom": "Ada",
    "nom": "Lovelace",
    "nom_complet": "Ada Lovelace",
    "email": "ada.lovelace@example.com",
    "adresse_rue": "400 rue Sainte-Catherine Ouest",
    "adresse_ville": "Montréal",
    "adresse_code_postal": "H2X 1Y4",
    "adresse_province": "Québec",
    "adresse_pays": "Canada",
    "adresse_complete": "400 rue Sainte-Catherine Ouest, Montréal (Québec) H2X 1Y4, Canada",
    "telephone": "514-555-0404",
    "date_creation": DATE,
    "actif": True,
}
CLIENT_CREE = {"success": True, "client": CLIENT}
CLIENTS = {"success": True, "clients": [CLIENT], "total": 4, "page": 1, "page_size": 50}
VALIDATION = {"success": True, "client_id": CLIENT_ID, "valide": True, "actif": True}
CLIENT_EFFACE = {"success": True, "message": "Données personnelles effacées.", "client_id": CLIENT_ID, "actif": False}

ADRESSE = {
    "nom_destinataire": "Ada Lovelace",
    "rue": "400 rue Sainte-Catherine Ouest",
    "ville": "Montréal",
    "code_postal": "H2X 1Y4",
    "province": "Québec",
    "pays": "Canada",
    "instructions_livraison": "Laisser à la réception.",
    "livraison_express": False,
}
LIGNE = {
    "produit_id": PRODUIT_ID,
    "nom_produit": "Clavier mécanique",
    "prix_unitaire": 89.99,
    "quantite": 2,
    "prix_ligne": 179.98,
}
AJOUT = {"produit_id": PRODUIT_ID, "quantite": 2}
PANIER: dict[str, Any] = {
    "success": True,
    "panier_existe": True,
    "est_vide": False,
    "panier_id": "3d5b0e9a-7c41-4f7e-a1b2-c3d4e5f60718",
    "client_id": CLIENT_ID,
    "produits": [LIGNE],
    "resume": {"nombre_articles": 2, "prix_total": 179.98, "nombre_produits_differents": 1},
}
PANIER_AJOUT = {**PANIER, "message": "Produit ajouté au panier."}
PANIER_VIDE = {
    **PANIER,
    "est_vide": True,
    "produits": [],
    "resume": {"nombre_articles": 0, "prix_total": 0, "nombre_produits_differents": 0},
    "message": "Panier vidé.",
}

COMMANDE = {
    "commande_id": COMMANDE_ID,
    "sous_total": 179.98,
    "frais_livraison": 0.0,
    "livraison_gratuite": True,
    "livraison_express": False,
    "total": 179.98,
    "nombre_articles": 2,
    "adresse_livraison": ADRESSE,
    "notes": "",
}
OPERATION = {
    "etape": "verification_stock",
    "libelle": "Vérification du stock",
    "duree_secondes": 0.006,
    "tentatives": 1,
}
IDENTITE = {
    "checkout_id": CHECKOUT_ID,
    "saga_id": CHECKOUT_ID,
    "commande_id": COMMANDE_ID,
    "statut": "finalise",
}
CONTENU: dict[str, Any] = {
    "commande": COMMANDE,
    "produits": [LIGNE],
    "prix_modifies": [
        {
            "produit_id": PRODUIT_ID,
            "nom_produit": "Clavier mécanique",
            "ancien_prix": 79.99,
            "nouveau_prix": 89.99,
        }
    ],
    "operations": [OPERATION],
}
CHECKOUT_REUSSI = {"success": True, **IDENTITE, **CONTENU}
CHECKOUT_EN_COURS = {
    "success": True,
    **IDENTITE,
    "commande_id": None,
    "statut": "en_cours",
    "statut_url": STATUT_URL,
}
FOLLOW = f"/api/event-store/replay/checkout/{CHECKOUT_ID}"
CHECKOUT_ACCEPTE = {
    "success": True,
    "accepted": True,
    **IDENTITE,
    "commande_id": None,
    "statut": "initie",
    "follow": FOLLOW,
    "statut_url": STATUT_URL,
    "prix_modifies": CONTENU["prix_modifies"],
}
CHECKOUT_REFUSE = {
    "success": False,
    "error": "Stock insuffisant",
    "details": f"Stock insuffisant : produit {PRODUIT_ID} : 20 disponible(s), 25 demandé(s).",
    "code": "stock_insuffisant",
    "correlation_id": "5f0c6f0e-8a51-4c55-9d53-6a1c2b0f7e11",
    **IDENTITE,
    "commande_id": None,
    "statut": "echec",
    "statut_url": STATUT_URL,
    "operations": [OPERATION],
}
CHECKOUT_COMPENSE = {
    **CHECKOUT_REFUSE,
    "error": "Service externe indisponible",
    "details": "Le service commandes ne répond pas (HTTP 502).",
    "code": "service_indisponible",
}
DEMANDE_CHECKOUT = {"adresse_livraison": ADRESSE, "notes": "Cadeau.", "magasin_id": MAGASIN_ID}
RESUME: dict[str, Any] = {
    **IDENTITE,
    "style": "orchestre",
    "client_id": CLIENT_ID,
    "magasin_id": MAGASIN_ID,
    "nombre_articles": 2,
    "total": 179.98,
    "motif": "",
    "code": "",
    "date_creation": DATE,
    "date_modification": DATE,
    "date_conclusion": DATE,
    "statut_url": STATUT_URL,
    "correlation_id": "5f0c6f0e-8a51-4c55-9d53-6a1c2b0f7e11",
    "conclu_par": "requete",
    "suivis": 0,
    "prochain_suivi": None,
}
STATUT = {
    "success": True,
    **RESUME,
    **CONTENU,
    "follow": FOLLOW,
    "historique": [
        {
            "horodatage": DATE,
            "source": "ecommerce",
            "type": "CHECKOUT_INITIE",
            "message": "Le panier est fermé et le checkout enregistré.",
            "etat": "initie",
            "id": CHECKOUT_ID,
            "causation_id": None,
            "correlation_id": "5f0c6f0e-8a51-4c55-9d53-6a1c2b0f7e11",
        }
    ],
    "historique_complet": True,
}
CHECKOUTS = {"success": True, "checkouts": [RESUME], "total": 1, "page": 1, "page_size": 50}
STATISTIQUES = {
    "success": True,
    "minutes": 10,
    "styles": [
        {
            "style": style,
            "commencees": 12,
            "reussies": 10,
            "echouees": 1,
            "en_cours": 1,
            "p50_secondes": 0.041,
            "p95_secondes": 0.12,
        }
        for style in ("orchestre", "choreo")
    ],
}
HISTORIQUE = {
    "success": True,
    "client_id": CLIENT_ID,
    "commandes": [{**RESUME, "produits": [LIGNE]}],
    "total": 1,
}
PREREQUIS = {
    "success": True,
    "client_id": CLIENT_ID,
    "peut_commander": False,
    "prerequis": {"client_actif": True, "adresse_livraison": True, "panier_non_vide": False},
    "manquants": ["Le panier est vide."],
    "panier": {"nombre_articles": 0, "nombre_produits_differents": 0, "prix_total": 0},
}
