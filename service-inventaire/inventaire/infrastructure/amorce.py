"""Seed data (contract, section 11)."""

from uuid import UUID

from inventaire.infrastructure.models import MagasinConnu, ProduitConnu, StockCentralLigne, StockLocalLigne

_NOMS = {
    1: "Clavier mécanique",
    2: "Souris optique",
    3: "Café Premium Bio",
    4: "Écouteurs Bluetooth",
    5: "Chocolat Noir 70%",
}
_PRODUITS = {rang: UUID(f"550e8400-e29b-41d4-a716-44665544000{rang}") for rang in _NOMS}
_CENTRAL = UUID("33333333-3333-3333-3333-333333333331")
_NORD = UUID("33333333-3333-3333-3333-333333333332")
_EN_LIGNE = UUID("550e8400-e29b-41d4-a716-446655440000")
_MAGASINS = {_CENTRAL: "Magasin Central", _NORD: "Magasin Nord", _EN_LIGNE: "Magasin en ligne"}
_STOCK_CENTRAL = {1: 100, 2: 200}
_STOCKS_LOCAUX = {(_CENTRAL, 1): 20, (_NORD, 2): 30, **{(_EN_LIGNE, rang): 500 for rang in _NOMS}}


def charger() -> None:
    """Add the rows that are missing; stock that exists, whatever is left of it, is never reset. Idempotent."""
    ProduitConnu.objects.bulk_create(
        [ProduitConnu(id=_PRODUITS[rang], nom=nom) for rang, nom in _NOMS.items()], ignore_conflicts=True
    )
    MagasinConnu.objects.bulk_create(
        [MagasinConnu(id=magasin, nom=nom) for magasin, nom in _MAGASINS.items()], ignore_conflicts=True
    )
    StockCentralLigne.objects.bulk_create(
        [StockCentralLigne(produit_id=_PRODUITS[rang], quantite=n) for rang, n in _STOCK_CENTRAL.items()],
        ignore_conflicts=True,
    )
    StockLocalLigne.objects.bulk_create(
        [
            StockLocalLigne(magasin_id=magasin, produit_id=_PRODUITS[rang], quantite=n)
            for (magasin, rang), n in _STOCKS_LOCAUX.items()
        ],
        ignore_conflicts=True,
    )
