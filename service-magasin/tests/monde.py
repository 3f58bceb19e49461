"""What the services answer on an ordinary day, in the shapes of their documented examples."""

from typing import Any

from tests.voisins import Passerelle

CLIENT = "12345678-1234-1234-1234-123456789012"
MAGASIN = "33333333-3333-3333-3333-333333333331"
EN_LIGNE = "550e8400-e29b-41d4-a716-446655440000"
CLAVIER = "550e8400-e29b-41d4-a716-446655440001"
SOURIS = "550e8400-e29b-41d4-a716-446655440002"
DEMANDE = "0c8d5c1e-6a55-4f38-8c5b-bf3f0a1b2c3d"
WORKFLOW = "7b0f3b0a-52c5-4d4e-9a27-2f1f5f7a9c10"
CHECKOUT = "0b9c1f5e-3a52-4c7e-9f0a-6d1b2c3d4e5f"
DATE = "2025-01-15T14:30:00+00:00"

FICHE: dict[str, Any] = {
    "id": CLIENT, "prenom": "Ada", "nom": "Lovelace", "nom_complet": "Ada Lovelace", "email": "ada@example.com",
    "adresse_rue": "400 rue Sainte-Catherine", "adresse_ville": "Montréal", "adresse_code_postal": "H2X 1Y4",
    "adresse_province": "Québec", "adresse_pays": "Canada", "actif": True,
}  # fmt: skip


def produit(produit_id: str = CLAVIER, nom: str = "Clavier mécanique", **suite: Any) -> dict[str, Any]:
    return {
        "id": produit_id, "nom": nom, "prix": 89.99, "description": "Rétroéclairé.", "categorie": "Informatique",
        "sku": "CLA0001", "actif": True, "date_creation": DATE, **suite,
    }  # fmt: skip


def vente(rang: int = 0) -> dict[str, Any]:
    ligne = {"produit_id": CLAVIER, "produit_nom": "Clavier mécanique", "quantite": 2, "prix_unitaire": 89.99}
    return {
        "id": f"0b8d5b7e-54b1-4f0e-8f1a-1f6f0f3d2{rang:03d}", "magasin": "Magasin Central", "date_vente": DATE,
        "total": 179.98, "statut": "active", "lignes": [{**ligne, "sous_total": 179.98}],
    }  # fmt: skip


def demande(demande_id: str = DEMANDE) -> dict[str, Any]:
    return {
        "id": demande_id, "produit_id": CLAVIER, "magasin_id": MAGASIN, "quantite": 150, "statut": "En attente",
        "motif": "", "workflow_id": None, "date_creation": DATE, "date_modification": DATE,
        "nom_produit": "Clavier mécanique", "nom_magasin": "Magasin Central", "est_quantite_importante": True,
        "est_quantite_critique": False, "quantite_formatee": "150 unités",
    }  # fmt: skip


def workflow(etat: str = "VALIDATION_TERMINEE") -> dict[str, Any]:
    fini = etat.startswith("VALIDATION")
    return {
        "workflow_id": WORKFLOW, "demande_id": DEMANDE, "quantite": 150, "nom_produit": "Clavier mécanique",
        "nom_magasin": "Magasin Central", "etat": etat, "est_termine": fini, "rollback_effectue": False,
        "details_erreur": None, "date_creation": DATE, "correlation_id": "c", "attend": None,
        "etapes": [
            {"ordre": 1, "nom": "prelevement_central", "description": "Stock central diminué de 150",
             "statut": "EFFECTUEE", "tentatives": 1, "duree_secondes": 0.008},
            {"ordre": 2, "nom": "ajout_local", "description": "Stock local augmenté de 150",
             "statut": "EFFECTUEE" if fini else "EN_COURS", "tentatives": 1, "duree_secondes": 0.004},
        ],
        "historique": [
            {"numero": 1, "type": "ETAPE_DEMARREE", "etat_precedent": "EN_ATTENTE", "nouvel_etat": etat,
             "message": "Étape démarrée.", "timestamp": DATE, "donnees": {}}
        ],
    }  # fmt: skip


def panier(*lignes: tuple[str, str, int]) -> dict[str, Any]:
    produits = [
        {"produit_id": pid, "nom_produit": nom, "prix_unitaire": 10.0, "quantite": n, "prix_ligne": 10.0 * n}
        for pid, nom, n in lignes
    ]
    nombre = sum(n for *_reste, n in lignes)
    return {
        "success": True, "panier_existe": bool(lignes), "est_vide": not lignes, "client_id": CLIENT,
        "produits": produits,
        "resume": {"nombre_articles": nombre, "prix_total": 10.0 * nombre, "nombre_produits_differents": len(lignes)},
    }  # fmt: skip


def checkout(statut: str = "finalise", style: str = "orchestre", **suite: Any) -> dict[str, Any]:
    return {
        "success": True, "checkout_id": CHECKOUT, "saga_id": CHECKOUT, "commande_id": None, "statut": statut,
        "style": style, "client_id": CLIENT, "total": 187.48, "motif": "", "code": "", "date_creation": DATE,
        "commande": {"sous_total": 179.98, "frais_livraison": 7.5, "livraison_gratuite": False, "total": 187.48},
        "produits": [
            {"produit_id": CLAVIER, "nom_produit": "Clavier mécanique", "prix_unitaire": 89.99, "quantite": 2,
             "prix_ligne": 179.98}
        ],
        "prix_modifies": [], "operations": [], "correlation_id": "5f0c6f0e-8a51-4c55-9d53-6a1c2b0f7e11",
        "historique": [
            {"horodatage": DATE, "source": "ecommerce", "type": "CHECKOUT_INITIE", "message": "Le panier est fermé.",
             "etat": "initie", "id": CHECKOUT, "causation_id": None, "correlation_id": "c"}
        ],
        "historique_complet": True, **suite,
    }  # fmt: skip


def remplir(passerelle: Passerelle, nombre: int = 3) -> None:
    """Every read of every page; each list has `nombre` entries."""
    ids = [f"550e8400-e29b-41d4-a716-4466554400{n:02d}" for n in range(1, nombre + 1)]
    stocks = [{"produit_id": i, "quantite": 20, "niveau": "Moyen", "nom_produit": f"Produit {i[-2:]}"} for i in ids]
    lectures: dict[str, Any] = {
        "/api/commandes/indicateurs/": [
            {"magasin": f"Magasin {n}", "magasin_id": MAGASIN, "chiffre_affaires": 100.5 * n, "ruptures": n,
             "surstock": 2, "tendances": [{"produit_id": CLAVIER, "nom": "Clavier", "quantite_totale": 2,
                                           "chiffre_affaires": 100.5}]}
            for n in range(nombre)
        ],
        "/api/commandes/rapport-consolide/": [
            {"magasin": f"Magasin {n}", "magasin_id": MAGASIN, "total": 179.98,
             "produits_vendus": [{"produit_id": CLAVIER, "nom": "Clavier", "quantite_totale": 2,
                                  "chiffre_affaires": 179.98}],
             "stock_local": {"ruptures": 1, "surstock": 0, "produits_en_stock": 5}}
            for n in range(nombre)
        ],
        "/api/commandes/magasins/": {"magasins": [{"id": MAGASIN, "nom": "Magasin Central", "adresse": "a"}]},
        "/api/commandes/ventes-ddd/": {"ventes": [vente(n) for n in range(nombre)], "total": nombre},
        "/api/ecommerce/clients/": {"clients": [FICHE] * nombre, "total": nombre},
        f"/api/ecommerce/clients/{CLIENT}/": {"client": FICHE},
        f"/api/ecommerce/panier/clients/{CLIENT}/panier/": panier(*((i, f"Produit {i[-2:]}", 2) for i in ids)),
        f"/api/ecommerce/commandes/clients/{CLIENT}/historique/": {"commandes": [checkout()] * nombre},
        f"/api/ecommerce/commandes/clients/{CLIENT}/checkout/{CHECKOUT}/": checkout(),
        "/api/catalogue/rechercher/": {"data": {"produits": [produit(i, f"Produit {i[-2:]}") for i in ids]}},
        "/api/catalogue/categories/": {"categories": [{"id": MAGASIN, "nom": "Informatique"}]},
        f"/api/catalogue/produits/{CLAVIER}/": produit(),
        f"/api/catalogue/produits/{CLAVIER}/prix/": {
            "historique": [{"ancien_prix": 79.99, "nouveau_prix": 89.99, "date": DATE}] * nombre
        },
        "/api/inventaire/stocks-centraux/": {"stocks": stocks, "total": nombre},
        "/api/inventaire/magasins-stocks/": {
            "magasins": [{"magasin_id": MAGASIN, "nom_magasin": "Magasin Central", "stocks": stocks}] * nombre
        },
        f"/api/inventaire/stocks-locaux/{EN_LIGNE}/": {"stocks": stocks},
        f"/api/inventaire/analyser-besoins/{MAGASIN}/": {
            "besoins": [{"produit_id": i, "nom_produit": "P", "quantite_actuelle": 3, "niveau": "Bas",
                         "quantite_suggeree": 7} for i in ids]
        },
        f"/api/inventaire/demandes/magasin/{MAGASIN}/": {"demandes": [demande()] * nombre},
        "/api/supply-chain/demandes-en-attente/": {
            "demandes": [demande(DEMANDE[:-2] + f"{n:02d}") for n in range(nombre)]
        },
        "/api/supply-chain/workflows/": {"workflows": [workflow()] * nombre},
        f"/api/supply-chain/workflows/{WORKFLOW}/": workflow(),
    }  # fmt: skip
    for chemin, corps in lectures.items():
        passerelle.dire("GET", chemin, (200, corps))
