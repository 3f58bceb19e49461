"""Seed data (contract, section 11)."""

from uuid import UUID

from commandes.infrastructure.models import MagasinLigne

_MAGASINS = (
    ("33333333-3333-3333-3333-333333333331", "Magasin Central", "1000, rue Notre-Dame Ouest, Montréal"),
    ("33333333-3333-3333-3333-333333333332", "Magasin Nord", "250, boulevard Saint-Martin, Laval"),
    ("550e8400-e29b-41d4-a716-446655440000", "Magasin en ligne", "Entrepôt, 75, rue de l'Industrie, Montréal"),
)


def charger() -> None:
    """Add the magasins that are missing; what exists is left alone. Idempotent."""
    MagasinLigne.objects.bulk_create(
        [MagasinLigne(id=UUID(identifiant), nom=nom, adresse=adresse) for identifiant, nom, adresse in _MAGASINS],
        ignore_conflicts=True,
    )
