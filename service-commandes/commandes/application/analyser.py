"""Figures of every magasin: sales of a period, and today's local stock."""

from dataclasses import dataclass

from commandes.application.ports import Inventaire, Lectures
from commandes.domain.indicateurs import Bilan, StockLocal
from socle.correlation import echeance


@dataclass(frozen=True, slots=True)
class Analyser:
    lectures: Lectures
    inventaire: Inventaire
    delai_s: float

    def __call__(self, jours: int) -> list[Bilan]:
        """Active sales of the last `jours` days; two SQL statements, and one call to inventaire per magasin.

        Raises `Indisponible`.
        """
        magasins = self.lectures.magasins()
        vendus = self.lectures.produits_vendus(jours)
        with echeance(self.delai_s):
            return [
                Bilan(
                    magasin.id,
                    magasin.nom,
                    vendus.get(magasin.id, []),
                    StockLocal.compter(self.inventaire.quantites(magasin.id)),
                )
                for magasin in magasins
            ]
