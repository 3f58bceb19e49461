"""The dashboard and the report, from what commandes says of each magasin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from magasin.application.graphiques import ETROIT, Histogramme, histogramme

Objet = Mapping[str, Any]


@dataclass(frozen=True)
class Magasin:
    """One magasin of the dashboard; `tendances` are its best sold products."""

    nom: str
    chiffre_affaires: Decimal
    ruptures: int
    surstock: int
    tendances: Histogramme


@dataclass(frozen=True)
class TableauDeBord:
    """All magasins, and their sums."""

    magasins: tuple[Magasin, ...]
    ventes: Histogramme

    @property
    def chiffre_affaires(self) -> Decimal:
        return sum((m.chiffre_affaires for m in self.magasins), Decimal(0))

    @property
    def ruptures(self) -> int:
        return sum(m.ruptures for m in self.magasins)

    @property
    def surstock(self) -> int:
        return sum(m.surstock for m in self.magasins)


def tableau(indicateurs: Sequence[Objet]) -> TableauDeBord:
    """Best seller first."""
    magasins = sorted((_magasin(i) for i in indicateurs), key=lambda m: m.chiffre_affaires, reverse=True)
    return TableauDeBord(tuple(magasins), histogramme([(m.nom, m.chiffre_affaires) for m in magasins]))


def _magasin(indicateur: Objet) -> Magasin:
    tendances = [(str(t["nom"]), Decimal(t["quantite_totale"])) for t in indicateur["tendances"]]
    return Magasin(
        nom=str(indicateur["magasin"]),
        chiffre_affaires=Decimal(indicateur["chiffre_affaires"]),
        ruptures=int(indicateur["ruptures"]),
        surstock=int(indicateur["surstock"]),
        tendances=histogramme(tendances, ETROIT),
    )


@dataclass(frozen=True)
class Rapport:
    """The consolidated report: every magasin's products sold, the dearest line first, and the whole."""

    magasins: tuple[Objet, ...]
    total: Decimal
    unites: int
    produits: Histogramme


_PRODUITS_AFFICHES = 8


def consolider(rapport: Sequence[Objet]) -> Rapport:
    """Sums over magasins; `produits` are the best sold of all magasins, by revenue."""
    par_produit: dict[str, Decimal] = {}
    unites = 0
    magasins = sorted(rapport, key=lambda m: Decimal(m["total"]), reverse=True)
    for vendu in (vendu for magasin in magasins for vendu in magasin["produits_vendus"]):
        unites += int(vendu["quantite_totale"])
        nom = str(vendu["nom"])
        par_produit[nom] = par_produit.get(nom, Decimal(0)) + Decimal(vendu["chiffre_affaires"])
    meilleurs = sorted(par_produit.items(), key=lambda paire: paire[1], reverse=True)[:_PRODUITS_AFFICHES]
    total = sum((Decimal(m["total"]) for m in magasins), Decimal(0))
    return Rapport(tuple(magasins), total, unites, histogramme(meilleurs))
