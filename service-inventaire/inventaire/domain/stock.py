"""Stock somewhere, and the decision to take from it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from inventaire.domain import niveaux
from inventaire.domain.erreurs import MagasinInexistant, Manque, ProduitInexistant, StockInsuffisant

QUANTITE_MAX = 10_000
LIGNES_MAX = 50

Lieu = UUID | None
"""A magasin, or None: the central stock."""

Inconnus = Callable[[Sequence[UUID]], NoReturn]
"""What to do about products without a reference row here: ask for them, or refuse them."""


@dataclass(frozen=True, slots=True)
class Ligne:
    """`quantite` units of one product."""

    produit_id: UUID
    quantite: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Lot:
    """Units of several products moving together, at one place, under one reference."""

    reference: UUID
    lieu: Lieu
    quantites: Mapping[UUID, int]
    """As given by `regrouper`."""

    @property
    def demande(self) -> dict[str, object]:
        """What two requests with one reference must have in common to be the same request."""
        return {"magasin_id": self.lieu, "lignes": [[str(produit), n] for produit, n in self.quantites.items()]}


def regrouper(lignes: Iterable[Ligne]) -> dict[UUID, int]:
    """Units by product, duplicates summed (F10), in the one order in which stock rows are locked."""
    totaux: dict[UUID, int] = {}
    for ligne in lignes:
        totaux[ligne.produit_id] = totaux.get(ligne.produit_id, 0) + ligne.quantite
    return dict(sorted(totaux.items()))


def refuser_inconnus(produits: Sequence[UUID]) -> NoReturn:
    """The last word about unknown products, once the catalogue has been asked."""
    raise ProduitInexistant(produits)


def nommer_lieu(lieu: Lieu) -> str:
    """For messages."""
    return "au stock central" if lieu is None else f"au magasin {lieu}"


def niveau(lieu: Lieu, quantite: int | None) -> str:
    """Level of a quantity at this place."""
    return niveaux.niveau_central(quantite) if lieu is None else niveaux.niveau_local(quantite)


@dataclass(frozen=True, slots=True)
class EtatStock:
    """Some products at one place, as locked: names of the known ones, units of those ever stocked there."""

    lieu: Lieu
    lieu_connu: bool
    noms: Mapping[UUID, str]
    disponibles: Mapping[UUID, int]

    def exiger_connus(self, produits: Iterable[UUID], inconnus: Inconnus) -> None:
        """Raises `MagasinInexistant`, or lets `inconnus` decide about products never heard of."""
        if self.lieu is not None and not self.lieu_connu:
            raise MagasinInexistant(self.lieu)
        if manquants := [produit for produit in produits if produit not in self.noms]:
            inconnus(manquants)

    def exiger_disponibles(self, demandes: Mapping[UUID, int]) -> None:
        """All lines or none: raises `StockInsuffisant` naming every product that lacks units."""
        manques = [
            Manque(produit, self.noms[produit], self.disponibles.get(produit, 0), demande)
            for produit, demande in demandes.items()
            if self.disponibles.get(produit, 0) < demande
        ]
        if manques:
            raise StockInsuffisant(manques, nommer_lieu(self.lieu))
