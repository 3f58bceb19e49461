"""Seed data (contract, section 11)."""

from decimal import Decimal
from uuid import UUID

from catalogue.domain.valeurs import Categorie
from catalogue.infrastructure.models import ProduitLigne

_PRODUITS = (
    (
        "550e8400-e29b-41d4-a716-446655440001",
        "Clavier mécanique",
        "89.99",
        Categorie.INFORMATIQUE,
        "CLA0001",
        "Clavier mécanique rétroéclairé, disposition canadienne-française.",
    ),
    (
        "550e8400-e29b-41d4-a716-446655440002",
        "Souris optique",
        "25.50",
        Categorie.INFORMATIQUE,
        "SOU0002",
        "Souris optique à trois boutons.",
    ),
    (
        "550e8400-e29b-41d4-a716-446655440003",
        "Café Premium Bio",
        "15.99",
        Categorie.BOISSONS,
        "CAF0003",
        "Café en grains, torréfaction moyenne, 454 g.",
    ),
    (
        "550e8400-e29b-41d4-a716-446655440004",
        "Écouteurs Bluetooth",
        "45.99",
        Categorie.INFORMATIQUE,
        "ECO0004",
        "Écouteurs sans fil avec étui de recharge.",
    ),
    (
        "550e8400-e29b-41d4-a716-446655440005",
        "Chocolat Noir 70%",
        "8.99",
        Categorie.CONFISERIE,
        "CHO0005",
        "Tablette de 100 g, 70 % de cacao.",
    ),
)


def charger() -> None:
    """Add the products that are missing; what exists, whatever its price or name now, is left alone. Idempotent."""
    ProduitLigne.objects.bulk_create(
        [
            ProduitLigne(
                id=UUID(identifiant),
                nom=nom,
                prix=Decimal(prix),
                categorie=categorie.value,
                sku=sku,
                description=description,
            )
            for identifiant, nom, prix, categorie, sku, description in _PRODUITS
        ],
        ignore_conflicts=True,
    )
