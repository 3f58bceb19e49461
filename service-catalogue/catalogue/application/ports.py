"""What the use cases need from outside, and the frozen rows that reads return."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol
from uuid import UUID

from catalogue.domain.criteres import Criteres
from catalogue.domain.produit import Produit
from catalogue.domain.valeurs import Prix

Atomique = Callable[[], AbstractContextManager[object]]
"""Opens a transaction; everything in the block commits together or not at all."""


class Fiche(NamedTuple):
    """A product as read: the members of the public answers."""

    id: UUID
    nom: str
    prix: Decimal
    description: str
    categorie: str
    sku: str | None
    actif: bool
    date_creation: datetime
    date_modification: datetime


class ChangementPrix(NamedTuple):
    """One line of the price history, most recent first."""

    ancien_prix: Decimal
    nouveau_prix: Decimal
    date: datetime


class Produits(Protocol):
    """The products, for writing."""

    def ajouter(self, produit: Produit) -> None:
        """Raises `ProduitDejaExistant` when the name or the SKU is taken."""

    def verrouiller(self, produit_id: UUID) -> Produit:
        """The product, held until the end of the transaction. Raises `ProduitIntrouvable`."""

    def enregistrer(self, produit: Produit) -> None:
        """Write the present price and state."""

    def historiser_prix(self, produit_id: UUID, ancien: Prix, nouveau: Prix) -> None:
        """Append one line to the price history."""


class Lectures(Protocol):
    """The products, for reading: no entity, one or two statements whatever the number of rows."""

    def par_ids(self, ids: Sequence[str]) -> list[Fiche]:
        """Known products among `ids` (canonical UUID texts), archived ones included; one statement."""

    def rechercher(self, criteres: Criteres, *, debut: int, taille: int) -> tuple[list[Fiche], int]:
        """One page, and how many products match in all."""

    def historique_prix(self, produit_id: UUID) -> list[ChangementPrix]:
        """The most recent changes first, at most two hundred."""
