"""What the use cases need from outside, and the frozen rows that reads return."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from inventaire.domain.demande import Demande, Statut
from inventaire.domain.stock import EtatStock, Lieu, Lot

Corps = dict[str, Any]
"""An answer, ready for JSON. The barrier keeps it: the same reference gets the same one again."""

Atomique = Callable[[], AbstractContextManager[object]]
"""Opens a transaction; everything in the block commits together or not at all."""


class Stocks(Protocol):
    """Stock rows, for writing. Several rows are always locked in the order of their product (no deadlock)."""

    def verrouiller(self, lieu: Lieu, produits: Sequence[UUID]) -> EtatStock:
        """Hold the rows of these products until the end of the transaction, and say what they contain."""

    def retirer(self, lieu: Lieu, quantites: Mapping[UUID, int]) -> dict[UUID, int]:
        """Subtract from rows held by `verrouiller`; the new quantities."""

    def ajouter(self, lieu: Lieu, quantites: Mapping[UUID, int]) -> dict[UUID, int]:
        """Add, creating the missing rows; the new quantities. `quantites` is in the order of products."""

    def retirer_si_possible(self, lieu: Lieu, produit_id: UUID, quantite: int) -> tuple[str, int] | None:
        """Subtract if enough is there, in one statement; the product's name and new quantity, or None."""


class Barriere(Protocol):
    """One effect and one answer per reference (`socle.barriere`)."""

    def action(self, reference: str, demande: object, faire: Callable[[], Corps]) -> Corps: ...

    def compensation(
        self, reference: str, *, defaire: Callable[[Corps], Corps], absente: Callable[[], Corps]
    ) -> Corps: ...

    def etat(self, reference: str) -> str | None: ...


class ReservationLue(NamedTuple):
    """A reservation as read; `etat` is RESERVEE or LIBEREE."""

    reference: UUID
    magasin_id: UUID | None
    etat: str
    lignes: list[dict[str, Any]]
    date_creation: datetime
    date_liberation: datetime | None


class Reservations(Protocol):
    """What each reference took."""

    def inscrire(self, lot: Lot) -> None:
        """In the transaction that took the stock."""

    def liberer(self, reference: UUID) -> None:
        """In the transaction that gives the stock back."""

    def lire(self, reference: UUID) -> ReservationLue | None: ...


class Catalogue(Protocol):
    """The neighbour that knows all products."""

    def noms(self, produits: Sequence[UUID]) -> dict[UUID, str]:
        """Names of those that exist. Raises `Indisponible`; never an incomplete answer."""


class Connus(Protocol):
    """Reference rows of products and magasins."""

    def inscrire_produits(self, noms: Mapping[UUID, str]) -> None:
        """Add the missing ones. Idempotent."""

    def inscrire_magasin(self, magasin_id: UUID, nom: str) -> None:
        """Add or rename. Idempotent."""


class Demandes(Protocol):
    """Replenishment requests, for writing."""

    def ajouter(self, demande: Demande) -> None:
        """Raises `DemandeDejaEnAttente`."""

    def verrouiller(self, demande_id: UUID) -> Demande:
        """The request, held until the end of the transaction. Raises `DemandeInexistante`."""

    def enregistrer(self, demande: Demande) -> None:
        """Write the status, its reason and its workflow."""

    def supprimer(self, demande_id: UUID) -> None: ...


class StockLu(NamedTuple):
    """Units of one product at one place; None: never stocked there."""

    produit_id: UUID
    nom_produit: str
    quantite: int | None


class MagasinLu(NamedTuple):
    """A magasin and its stocks."""

    magasin_id: UUID
    nom_magasin: str
    stocks: list[StockLu]


class DemandeLue(NamedTuple):
    """A replenishment request: the members of the public answers."""

    id: UUID
    produit_id: UUID
    magasin_id: UUID
    quantite: int
    statut: str
    motif: str
    workflow_id: UUID | None
    date_creation: datetime
    date_modification: datetime
    nom_produit: str
    nom_magasin: str


class Lectures(Protocol):
    """Reads: no entity, one or two statements whatever the number of rows."""

    def choisis(self, lieu: Lieu, produits: Sequence[UUID]) -> tuple[str | None, list[StockLu], list[UUID]]:
        """Name of the magasin (None: unknown, or central), stocks in the order asked, unknown products.

        One statement.
        """

    def magasin(self, magasin_id: UUID) -> MagasinLu | None:
        """A magasin with all its stocks, by name of product; one statement."""

    def centraux(self, *, debut: int, taille: int) -> tuple[list[StockLu], int]:
        """One page of the central stocks, by name of product, and how many there are."""

    def magasins(self, *, debut: int, taille: int) -> tuple[list[MagasinLu], int]:
        """One page of the magasins with all their stocks, by name, and how many there are."""

    def demandes(
        self, *, debut: int, taille: int, statut: Statut | None = None, magasin_id: UUID | None = None
    ) -> tuple[list[DemandeLue], int]:
        """One page, oldest first, and how many match."""

    def demande(self, demande_id: UUID) -> DemandeLue | None: ...

    def nom_magasin(self, magasin_id: UUID) -> str | None: ...
