"""Conclude a checkout: the same code for the request that waited, for the tracker and for an event."""

from dataclasses import dataclass

from ecommerce.application.ports import Checkouts, Paniers
from ecommerce.domain.checkout import Checkout, Statut
from ecommerce.domain.issue import Issue
from ecommerce.domain.panier import LignePanier, reunir


@dataclass(frozen=True, slots=True)
class Conclure:
    checkouts: Checkouts
    paniers: Paniers

    def __call__(self, checkout: Checkout, issue: Issue, *, par: str) -> Checkout:
        """Record what `issue` tells, and on failure give the lines back to the client's cart; needs a transaction.

        Idempotent, and safe against another process doing the same: the first conclusion counts, and is returned.
        """
        apres = checkout.apres(issue)
        ecrit = self.checkouts.ecrire(apres, par=par)
        if ecrit is None:
            return self.checkouts.lire(checkout.id)
        if ecrit.statut is Statut.ECHEC:
            self._rendre(ecrit)
        return ecrit

    def _rendre(self, checkout: Checkout) -> None:
        panier = self.paniers.verrouiller(checkout.client_id, creer=True)
        rendues = (
            LignePanier(
                produit_id=ligne.produit_id,
                nom_produit=ligne.nom_produit,
                prix_unitaire=ligne.prix_panier,
                quantite=ligne.quantite,
            )
            for ligne in checkout.lignes
        )
        self.paniers.ecrire(panier, reunir(panier.lignes, rendues))
