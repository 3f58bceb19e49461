"""The choreographed checkout: accept it, and let the events do the rest.

Guarantee: a 202 is one committed transaction that holds the closed cart, the checkout, the key's answer and the event
that begins everything. Redis need not even be up: what is in the outbox is published sooner or later (F29).

The catalogue is asked before the transaction, and its prices are the ones that count. A cart that gained a product
meanwhile is priced again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from uuid import UUID

from ecommerce.application import choreographie, reponses
from ecommerce.application.ouvrir import Demande, Ouvrir, rappeler
from ecommerce.application.ports import Catalogue, Cle, Cles, Paniers, Produit, Publications, Reponse
from ecommerce.domain.checkout import Checkout, LigneCheckout, Style
from ecommerce.domain.erreurs import ProduitNonVendu
from ecommerce.domain.panier import LignePanier
from socle import fautes
from socle.correlation import echeance
from socle.erreurs import EnCours

_ESSAIS = 3


class PanierChange(Exception):
    """The cart holds a product whose price was not asked: nothing is written, ask again."""


@dataclass(frozen=True, slots=True)
class InitierChoreo:
    """`budget_s`: seconds the catalogue has. `compter` is told of each new checkout, once it is committed."""

    ouvrir: Ouvrir
    paniers: Paniers
    cles: Cles
    catalogue: Catalogue
    publications: Publications
    compter: Callable[[], None]
    budget_s: float

    def __call__(self, demande: Demande, cle: Cle | None) -> Reponse:
        """Idempotent with a key: the first answer again.

        Raises `ClientIntrouvable`, `ClientInactif`, `PanierVide`, `ProduitNonVendu`, `Indisponible`, `CleReutilisee`,
        `EnCours`.
        """
        if cle is not None and (deja := self._deja(cle)) is not None:
            return deja
        for _ in range(_ESSAIS):
            fiches = self._fiches(demande.client_id)
            fautes.point("choreo.apres_prix")
            try:
                checkout = self._accepter(demande, cle, fiches)
            except PanierChange:
                continue
            if checkout is not None:
                self.compter()
                fautes.point("choreo.apres_acceptation")
                return reponses.acceptee(checkout)
            if cle is not None and (deja := self._deja(cle)) is not None:
                return deja
        raise EnCours("Le panier est en train de changer ; recommencez.")

    def _accepter(self, demande: Demande, cle: Cle | None, fiches: Mapping[UUID, Produit]) -> Checkout | None:
        """The transaction. Raises `PanierChange`."""

        def annoncer(checkout: Checkout) -> None:
            self.publications.deposer([choreographie.initie(checkout)])
            if cle is not None:
                self.cles.repondre(cle, reponses.acceptee(checkout))
            fautes.point("choreo.avant_commit")

        return self.ouvrir(demande, cle, Style.CHOREO, tarifer=partial(_tarifer, fiches), ensuite=annoncer)

    def _fiches(self, client_id: UUID) -> Mapping[UUID, Produit]:
        """Today's products of the cart; none for a client without one, which is refused under the lock."""
        lignes = self.paniers.lire(client_id).lignes
        if not lignes:
            return {}
        with echeance(self.budget_s):
            connus = self.catalogue.produits([ligne.produit_id for ligne in lignes])
        return {
            ligne.produit_id: connus.get(ligne.produit_id)
            or Produit(ligne.produit_id, ligne.nom_produit, Decimal(0), actif=False)
            for ligne in lignes
        }

    def _deja(self, cle: Cle) -> Reponse | None:
        memoire = rappeler(self.cles, cle)
        return None if memoire is None or memoire.reponse is None else replace(memoire.reponse, rejouee=True)


def _tarifer(fiches: Mapping[UUID, Produit], lignes: Sequence[LignePanier]) -> list[LigneCheckout]:
    """The cart's lines at the catalogue's names and prices. Raises `ProduitNonVendu`, `PanierChange`."""
    tarifees = []
    for ligne in lignes:
        fiche = fiches.get(ligne.produit_id)
        if fiche is None:
            raise PanierChange
        if not fiche.actif:
            raise ProduitNonVendu(f"« {fiche.nom} » n'est plus vendu : retirez-le du panier.")
        tarifees.append(LigneCheckout.de(ligne, nom=fiche.nom, prix=fiche.prix))
    return tarifees
