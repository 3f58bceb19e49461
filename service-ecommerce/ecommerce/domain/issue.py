"""What is known of the distributed transaction of a checkout."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from uuid import UUID


class Genre(Enum):
    """`REFUSEE`: a business rule said no. `COMPENSEE`: a neighbour failed and everything was undone."""

    REUSSIE = auto()
    REFUSEE = auto()
    COMPENSEE = auto()
    EN_COURS = auto()
    INTERVENTION = auto()
    INCONNUE = auto()
    INJOIGNABLE = auto()


@dataclass(frozen=True, slots=True)
class Article:
    """Name and unit price of one product, frozen by the saga: the price that counts."""

    nom_produit: str
    prix_unitaire: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One step of the saga, for the reader."""

    etape: str
    libelle: str
    duree_secondes: float
    tentatives: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """`commande_id` comes with success, `libelle`, `motif` and `code` with failure.

    `articles`, by product, are the prices that a saga froze; without them the checkout's own prices count.
    """

    genre: Genre
    commande_id: UUID | None = None
    articles: Mapping[UUID, Article] = field(default_factory=dict)
    operations: tuple[Operation, ...] = ()
    libelle: str = ""
    motif: str = ""
    code: str = ""

    @property
    def decisive(self) -> bool:
        """Nothing can change it any more."""
        return self.genre in (Genre.REUSSIE, Genre.REFUSEE, Genre.COMPENSEE)


EN_COURS = Issue(genre=Genre.EN_COURS)
INCONNUE = Issue(genre=Genre.INCONNUE)
INJOIGNABLE = Issue(genre=Genre.INJOIGNABLE)
