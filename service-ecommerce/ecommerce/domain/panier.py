"""The cart: what a client means to buy, with the prices shown when each product was added."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from ecommerce.domain.erreurs import PanierPlein, QuantiteExcessive

LIGNES_MAX = 50
QUANTITE_MAX = 99


@dataclass(frozen=True, kw_only=True, slots=True)
class LignePanier:
    """`quantite` of one product at the price last seen in the catalogue."""

    produit_id: UUID
    nom_produit: str
    prix_unitaire: Decimal
    quantite: int

    @property
    def prix_ligne(self) -> Decimal:
        return self.prix_unitaire * self.quantite


@dataclass(frozen=True, slots=True)
class Panier:
    """The open cart; `id` is None while nothing was ever added."""

    client_id: UUID
    id: UUID | None = None
    lignes: Sequence[LignePanier] = ()

    @property
    def nombre_articles(self) -> int:
        return sum(ligne.quantite for ligne in self.lignes)

    @property
    def prix_total(self) -> Decimal:
        return sum((ligne.prix_ligne for ligne in self.lignes), Decimal(0))

    def quantite_de(self, produit_id: UUID) -> int:
        """How many of this product the cart holds."""
        return next((ligne.quantite for ligne in self.lignes if ligne.produit_id == produit_id), 0)

    def verifier_ajout(self, produit_id: UUID, quantite: int) -> int:
        """The quantity there will be. Raises `QuantiteExcessive` over 99 and `PanierPlein` over 50 lines."""
        presente = self.quantite_de(produit_id)
        if presente + quantite > QUANTITE_MAX:
            raise QuantiteExcessive(
                f"Au plus {QUANTITE_MAX} exemplaires d'un même produit ; le panier en contient déjà {presente}."
            )
        if not presente and len(self.lignes) >= LIGNES_MAX:
            raise PanierPlein(f"Un panier contient au plus {LIGNES_MAX} produits différents.")
        return presente + quantite


def reunir(presentes: Sequence[LignePanier], rendues: Iterable[LignePanier]) -> list[LignePanier]:
    """The lines to write when those of a failed checkout return to a cart that was filled again meanwhile.

    Quantities add up to 99 at most; what is in the cart now stays, and returned products come until 50 lines.
    """
    actuelles = {ligne.produit_id: ligne for ligne in presentes}
    ecrites: list[LignePanier] = []
    places = LIGNES_MAX - len(actuelles)
    for rendue in rendues:
        actuelle = actuelles.get(rendue.produit_id)
        if actuelle is None:
            if places == 0:
                continue
            places -= 1
        quantite = min(QUANTITE_MAX, rendue.quantite + (actuelle.quantite if actuelle else 0))
        recente = actuelle or rendue
        ecrites.append(
            LignePanier(
                produit_id=rendue.produit_id,
                nom_produit=recente.nom_produit,
                prix_unitaire=recente.prix_unitaire,
                quantite=quantite,
            )
        )
    return ecrites
