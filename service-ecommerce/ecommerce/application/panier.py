"""The cart: read, add, change, empty.

The neighbours are asked before the cart is locked; the limits of 99 and 50 are checked again under the lock.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from ecommerce.application.ports import Atomique, Catalogue, Clients, Paniers, Stocks
from ecommerce.domain.erreurs import ClientInactif, ProduitAbsentDuPanier, ProduitNonVendu, StockInsuffisant
from ecommerce.domain.panier import LignePanier, Panier
from socle import fautes
from socle.correlation import echeance


@dataclass(frozen=True, slots=True)
class GererPanier:
    """`magasin_id` sells; the neighbours have `budget_s` seconds together."""

    clients: Clients
    paniers: Paniers
    catalogue: Catalogue
    stocks: Stocks
    atomique: Atomique
    magasin_id: UUID
    budget_s: float

    def lire(self, client_id: UUID) -> Panier:
        """Raises `ClientIntrouvable`."""
        self.clients.lire(client_id)
        return self.paniers.lire(client_id)

    def ajouter(self, client_id: UUID, produit_id: UUID, quantite: int) -> Panier:
        """Add units of a product at today's price; a line of that product grows.

        Raises `ClientIntrouvable`, `ClientInactif`, `ProduitIntrouvable`, `ProduitNonVendu`, `StockInsuffisant`,
        `QuantiteExcessive`, `PanierPlein`, `Indisponible`.
        """
        self._exiger_actif(client_id)
        voulue = self.paniers.lire(client_id).verifier_ajout(produit_id, quantite)
        with echeance(self.budget_s):
            produit = self.catalogue.produit(produit_id)
            if not produit.actif:
                raise ProduitNonVendu(f"« {produit.nom} » n'est plus vendu.")
            self._exiger_stock(produit_id, produit.nom, voulue)
        fautes.point("panier.avant_ecriture")
        with self.atomique():
            panier = self.paniers.verrouiller(client_id, creer=True)
            ligne = LignePanier(
                produit_id=produit_id,
                nom_produit=produit.nom,
                prix_unitaire=produit.prix,
                quantite=panier.verifier_ajout(produit_id, quantite),
            )
            self.paniers.ecrire(panier, [ligne])
            return self.paniers.lire(client_id)

    def fixer(self, client_id: UUID, produit_id: UUID, quantite: int) -> Panier:
        """Set the quantity of a line; 0 removes it. Idempotent.

        Raises `ClientIntrouvable`, `ClientInactif`, `ProduitAbsentDuPanier`, `StockInsuffisant`, `Indisponible`.
        """
        self._exiger_actif(client_id)
        if quantite > self.paniers.lire(client_id).quantite_de(produit_id) > 0:
            with echeance(self.budget_s):
                self._exiger_stock(produit_id, str(produit_id), quantite)
        with self.atomique():
            panier = self.paniers.verrouiller(client_id)
            ligne = next((ligne for ligne in panier.lignes if ligne.produit_id == produit_id), None)
            if quantite == 0:
                self.paniers.retirer(panier, produit_id)
            elif ligne is None:
                raise ProduitAbsentDuPanier(f"Le panier ne contient pas le produit {produit_id}.")
            else:
                self.paniers.ecrire(panier, [replace(ligne, quantite=quantite)])
            return self.paniers.lire(client_id)

    def vider(self, client_id: UUID) -> Panier:
        """Remove every line. Idempotent. Raises `ClientIntrouvable`."""
        self.clients.lire(client_id)
        with self.atomique():
            self.paniers.retirer(self.paniers.verrouiller(client_id))
            return self.paniers.lire(client_id)

    def _exiger_actif(self, client_id: UUID) -> None:
        if not self.clients.lire(client_id).actif:
            raise ClientInactif("Ce client a été effacé.")

    def _exiger_stock(self, produit_id: UUID, nom: str, quantite: int) -> None:
        disponible = self.stocks.disponible(produit_id, self.magasin_id)
        if disponible < quantite:
            raise StockInsuffisant(
                f"Stock insuffisant pour « {nom} » : {disponible} disponible(s), {quantite} demandé(s).",
                extra={"produit_id": str(produit_id), "disponible": disponible, "demande": quantite},
            )
