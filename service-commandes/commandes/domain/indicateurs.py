"""Figures of a magasin: what it sold, what it holds (contract, section 4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

SEUIL_SURSTOCK = 10
TENDANCES = 3
JOURS_DEFAUT, JOURS_MAX = 7, 365


class ProduitVendu(NamedTuple):
    """Units and turnover (dollars) of one product."""

    produit_id: UUID
    nom: str
    quantite_totale: int
    chiffre_affaires: Decimal


@dataclass(frozen=True, slots=True)
class StockLocal:
    """Numbers of products, by the quantity the magasin holds."""

    ruptures: int
    surstock: int
    produits_en_stock: int

    @classmethod
    def compter(cls, quantites: Iterable[int]) -> "StockLocal":
        """Rupture: none left; surstock: more than ten."""
        toutes = list(quantites)
        return cls(
            ruptures=sum(quantite == 0 for quantite in toutes),
            surstock=sum(quantite > SEUIL_SURSTOCK for quantite in toutes),
            produits_en_stock=sum(quantite > 0 for quantite in toutes),
        )


@dataclass(frozen=True, slots=True)
class Bilan:
    """One magasin over a period."""

    magasin_id: UUID
    magasin: str
    produits_vendus: Sequence[ProduitVendu]
    stock: StockLocal

    @property
    def chiffre_affaires(self) -> Decimal:
        """Exact, in dollars."""
        return sum((produit.chiffre_affaires for produit in self.produits_vendus), Decimal(0))

    @property
    def tendances(self) -> list[ProduitVendu]:
        """The three products sold most, by units, then by turnover."""
        return sorted(self.produits_vendus, key=lambda p: (-p.quantite_totale, -p.chiffre_affaires, p.nom))[:TENDANCES]
