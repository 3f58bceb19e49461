"""Add a product."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

from catalogue.application.ports import Atomique, Fiche, Lectures, Produits
from catalogue.domain.produit import Produit
from catalogue.domain.valeurs import Categorie, NomProduit, Prix, Sku


@dataclass(frozen=True, kw_only=True, slots=True)
class Ajout:
    """The command; `prix` in dollars."""

    nom: str
    categorie: str
    prix: Decimal
    description: str = ""
    sku: str | None = None


@dataclass(frozen=True, slots=True)
class Ajouter:
    produits: Produits
    lectures: Lectures
    atomique: Atomique

    def __call__(self, ajout: Ajout) -> Fiche:
        """Not idempotent by itself: a second call is refused, since the name is taken.

        Raises `DonneesInvalides`, `CategorieInexistante`, `ProduitDejaExistant`.
        """
        produit = Produit(
            id=uuid4(),
            nom=NomProduit(ajout.nom),
            categorie=Categorie.nommee(ajout.categorie),
            prix=Prix(ajout.prix),
            description=ajout.description,
            sku=Sku(ajout.sku) if ajout.sku else None,
        )
        with self.atomique():
            self.produits.ajouter(produit)
            return self.lectures.par_ids([str(produit.id)])[0]
