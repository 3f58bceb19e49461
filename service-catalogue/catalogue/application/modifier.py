"""Change what is sold: price, availability. Each call locks the product, so that two changes take turns."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from catalogue.application.ports import Atomique, Fiche, Lectures, Produits
from catalogue.domain.produit import Produit
from catalogue.domain.valeurs import Prix


@dataclass(frozen=True, slots=True)
class Modifier:
    produits: Produits
    lectures: Lectures
    atomique: Atomique

    def changer_prix(self, produit_id: UUID, montant: Decimal) -> Fiche:
        """The former price goes to the history; the same price again changes nothing.

        Raises `DonneesInvalides`, `ProduitIntrouvable`.
        """
        nouveau = Prix(montant)
        with self.atomique():
            produit = self.produits.verrouiller(produit_id)
            if ancien := produit.changer_prix(nouveau):
                self.produits.historiser_prix(produit_id, ancien, nouveau)
                self.produits.enregistrer(produit)
            return self._relire(produit)

    def archiver(self, produit_id: UUID) -> Fiche:
        """Idempotent. Raises `ProduitIntrouvable`."""
        with self.atomique():
            produit = self.produits.verrouiller(produit_id)
            produit.archiver()
            self.produits.enregistrer(produit)
            return self._relire(produit)

    def reactiver(self, produit_id: UUID) -> Fiche:
        """Idempotent. Raises `ProduitIntrouvable`."""
        with self.atomique():
            produit = self.produits.verrouiller(produit_id)
            produit.reactiver()
            self.produits.enregistrer(produit)
            return self._relire(produit)

    def _relire(self, produit: Produit) -> Fiche:
        return self.lectures.par_ids([str(produit.id)])[0]
