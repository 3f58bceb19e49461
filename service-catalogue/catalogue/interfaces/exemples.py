"""Examples shown by the documentation: one product of the seed data, in each of its shapes."""

from typing import Any

FICHE: dict[str, Any] = {
    "id": "550e8400-e29b-41d4-a716-446655440001",
    "nom": "Clavier mécanique",
    "prix": 89.99,
    "description": "Clavier mécanique rétroéclairé, disposition canadienne-française.",
    "categorie": "Informatique",
    "sku": "CLA0001",
    "actif": True,
    "date_creation": "2025-01-15T14:30:00+00:00",
}
PRODUIT = {**FICHE, "date_modification": "2025-01-15T14:30:00+00:00"}
RECHERCHE = {"success": True, "data": {"produits": [PRODUIT], "total": 1}, "instance_id": "catalogue-1"}
LOT = {"produits": [FICHE], "introuvables": ["00000000-0000-4000-8000-000000000000"]}
AJOUT = {
    "nom": "Lampe d'appoint",
    "categorie": "Meubles",
    "prix": 34.50,
    "description": "Lampe de bureau à DEL.",
    "sku": "LAM0100",
}
AJOUTE = {"success": True, "data": {**PRODUIT, "message": "Produit « Clavier mécanique » ajouté au catalogue."}}
MODIFIE = {"success": True, "message": "Prix modifié.", "data": PRODUIT}
HISTORIQUE = {
    "produit_id": FICHE["id"],
    "prix": 89.99,
    "historique": [{"ancien_prix": 79.99, "nouveau_prix": 89.99, "date": "2025-01-20T09:00:00+00:00"}],
}
CATEGORIES = {"categories": [{"id": "c6cd67af-2d65-530d-80c1-799352cb4691", "nom": "Informatique"}], "total": 6}
