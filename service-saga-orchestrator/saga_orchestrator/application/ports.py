"""What the saga needs of its participants.

Every method raises `RefusEtape` when the participant says no, and `PanneEtape` or another `Indisponible` when it
gives no usable answer. Writes are idempotent by `reference` (the saga id).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from saga_orchestrator.domain.commande import Fiche, Ligne, LigneTarifee


class Stocks(Protocol):
    """inventaire"""

    def disponibles(self, magasin_id: str, produits: Sequence[str]) -> Mapping[str, int]:
        """Units on hand in one shop, by product; one call for all of them."""
        ...

    def reserver(self, reference: str, magasin_id: str, lignes: Sequence[Ligne], cle: str) -> None:
        """Take all lines or none. A shortage is a `RefusEtape` with code `stock_insuffisant`."""
        ...

    def liberer(self, reference: str, cle: str) -> None:
        """Give back exactly what the reference took, once; harmless when it took nothing."""
        ...


class Catalogue(Protocol):
    """catalogue"""

    def fiches(self, produits: Sequence[str]) -> Mapping[str, Fiche]:
        """Name and price of each known product; one call for all of them."""
        ...


class Commandes(Protocol):
    """commandes"""

    def enregistrer(
        self, reference: str, magasin_id: str, client_id: str, lignes: Sequence[LigneTarifee], cle: str
    ) -> str:
        """Record the sale of stock that is already reserved; the sale's id."""
        ...

    def annuler(self, reference: str, motif: str, cle: str) -> None:
        """Cancel the sale of that reference, or make sure that it can never be made. Moves no stock."""
        ...


@dataclass(frozen=True, slots=True)
class Participants:
    """The neighbours of the checkout saga."""

    stocks: Stocks
    catalogue: Catalogue
    commandes: Commandes
