"""What the use cases need from outside, and the frozen rows that reads return."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from commandes.domain.indicateurs import ProduitVendu
from commandes.domain.intention import Demande, Fiche, Intention
from commandes.domain.vente import Statut, Vente

Corps = dict[str, Any]
Atomique = Callable[[], AbstractContextManager[object]]
"""Opens a transaction; everything in the block commits together or not at all."""


class Cle(NamedTuple):
    """An `Idempotency-Key` and the consumer it belongs to."""

    consommateur: str
    valeur: str


class MagasinLu(NamedTuple):
    id: UUID
    nom: str
    adresse: str


class LigneLue(NamedTuple):
    produit_id: UUID
    produit_nom: str
    quantite: int
    prix_unitaire: Decimal
    sous_total: Decimal


class VenteLue(NamedTuple):
    """A sale as read: the members of the public answers."""

    id: UUID
    magasin: str
    magasin_id: UUID
    client_id: UUID
    reference: UUID
    reservation_reference: UUID
    date_vente: datetime
    total: Decimal
    statut: str
    date_annulation: datetime | None
    motif: str
    peut_etre_annulee: bool
    lignes: list[LigneLue]


class VenteInscrite(NamedTuple):
    """What the database decided about a new sale."""

    magasin: str
    date_vente: datetime


class VenteAnnulee(NamedTuple):
    vente_id: UUID
    date_annulation: datetime
    motif: str


class Filtre(NamedTuple):
    """Which sales to list; None: all."""

    magasin_id: UUID | None = None
    client_id: UUID | None = None
    statut: Statut | None = None


class Barriere(Protocol):
    """See `socle.barriere`: one effect and one answer per reference; owns its transaction."""

    def action(self, reference: str, demande: object, faire: Callable[[], Corps]) -> Corps: ...

    def compensation(
        self,
        reference: str,
        *,
        defaire: Callable[[Corps], Corps],
        absente: Callable[[], Corps],
        garder: Callable[[Corps], Corps] | None = None,
    ) -> Corps: ...


class Ventes(Protocol):
    """The sales, for writing; each method is one statement in the caller's transaction."""

    def inscrire(self, vente: Vente) -> VenteInscrite | None:
        """The sale and its lines, whatever their number; None when the magasin does not exist."""

    def annuler_reference(self, reference: UUID, motif: str) -> None:
        """Mark the sale of this reference cancelled; without effect when it was."""

    def statut_reference(self, reference: UUID) -> Statut:
        """Present statut of the sale of this reference, which exists."""


class Intentions(Protocol):
    """Sales of one product under way. Each method commits by itself, unless said otherwise."""

    def inscrire(self, intention: Intention, cle: Cle | None) -> bool:
        """False when the key has an intention already."""

    def retrouver(self, cle: Cle) -> Intention | None:
        """The intention of this key; while it is under way, postpones giving it up."""

    def terminer(self, vente_id: UUID) -> bool:
        """EN_SUSPENS → TERMINEE, in the transaction that shows the sale; False when it was given up meanwhile."""

    def refuser(self, vente_id: UUID, refus: str) -> bool:
        """EN_SUSPENS → REFUSEE; False when it was concluded otherwise meanwhile."""

    def abandonner(self, vente_id: UUID) -> None:
        """EN_SUSPENS → A_LIBERER at once."""

    def reclamer_abandonnees(self, lot: int) -> list[UUID]:
        """Give up those whose time has come, and claim them until their next turn; SKIP LOCKED."""

    def liberee(self, vente_id: UUID) -> None:
        """A_LIBERER → ABANDONNEE: the stock is back, and the key is free for another try."""


class Annulations(Protocol):
    """Cancellations under way."""

    def demander(self, vente_id: UUID, motif: str, cle: Cle | None) -> UUID:
        """Record that an active sale is to be cancelled; returns the reference of its reservation. Idempotent.

        Raises `VenteIntrouvable`, `VenteDejaAnnulee`, `CleReutilisee`; `EnCours` while another key's is under way.
        """

    def deja_faite(self, vente_id: UUID, motif: str, cle: Cle) -> VenteAnnulee | None:
        """The cancellation this key completed. Raises `CleReutilisee` when the key asked for something else."""

    def achever(self, vente_id: UUID) -> VenteAnnulee | None:
        """active → annulee, the stock being back; None when the sale was cancelled meanwhile."""

    def reclamer(self, lot: int) -> list[tuple[UUID, UUID]]:
        """Those whose time has come (sale, reference of its reservation), claimed until their next turn."""


class Lectures(Protocol):
    """The sales, for reading: no entity, a number of statements that does not depend on the number of rows."""

    def magasins(self) -> list[MagasinLu]: ...

    def magasin_existe(self, magasin_id: UUID) -> bool: ...

    def vente(self, vente_id: UUID) -> VenteLue | None: ...

    def par_reference(self, reference: UUID) -> VenteLue | None: ...

    def ventes(self, filtre: Filtre, *, debut: int, taille: int) -> tuple[list[VenteLue], int]:
        """One page, the most recent first, and the number of sales in all."""

    def produits_vendus(self, jours: int) -> Mapping[UUID, list[ProduitVendu]]:
        """Active sales of the last days, by magasin and product; one statement."""


class Catalogue(Protocol):
    def fiche(self, produit_id: UUID) -> Fiche:
        """Present name and price. Raises `ProduitInvalide`, `Indisponible`."""


class Inventaire(Protocol):
    def reserver(self, reference: UUID, demande: Demande) -> None:
        """Take the stock, once per reference. Raises `StockInsuffisant`, `ProduitInvalide`, `MagasinInvalide`:

        nothing was taken. `VenteAbandonnee` after a release; `Indisponible`: it may have been taken.
        """

    def liberer(self, reference: UUID) -> None:
        """Give back exactly what the reference took, once. Raises `Indisponible`."""

    def quantites(self, magasin_id: UUID) -> Sequence[int]:
        """Quantity of each product the magasin knows. Raises `Indisponible`."""
