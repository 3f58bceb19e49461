"""The product."""

from dataclasses import dataclass
from uuid import UUID

from catalogue.domain.valeurs import Categorie, NomProduit, Prix, Sku


@dataclass(kw_only=True, slots=True)
class Produit:
    """Sold while `actif`; an archived product keeps its identity, its name and its SKU, and is sold no more."""

    id: UUID
    nom: NomProduit
    categorie: Categorie
    prix: Prix
    description: str = ""
    sku: Sku | None = None
    actif: bool = True

    def changer_prix(self, nouveau: Prix) -> Prix | None:
        """Returns the former price for the history, or None when nothing changes. Idempotent."""
        ancien = self.prix
        if nouveau.montant == ancien.montant:
            return None
        self.prix = nouveau
        return ancien

    def archiver(self) -> None:
        """Stop selling. Idempotent."""
        self.actif = False

    def reactiver(self) -> None:
        """Sell again. Idempotent."""
        self.actif = True
