from decimal import Decimal

import pytest

from magasin.application.graphiques import histogramme
from magasin.application.tableau_de_bord import consolider, tableau


def test_the_largest_value_has_the_longest_bar_and_a_zero_none() -> None:
    barres = histogramme([("a", Decimal("50")), ("b", Decimal("200")), ("c", Decimal(0))]).barres
    assert [(b.libelle, b.y, b.longueur) for b in barres] == [("a", 0, 160), ("b", 30, 640), ("c", 60, 0)]


@pytest.mark.parametrize("valeurs", [[], [("a", Decimal(0))]])
def test_nothing_sold_is_a_drawing_all_the_same(valeurs: list[tuple[str, Decimal]]) -> None:
    graphique = histogramme(valeurs)
    assert [b.longueur for b in graphique.barres] == [0] * len(valeurs)
    assert graphique.hauteur > 0


def test_the_dashboard_sums_what_the_magasins_say_best_seller_first() -> None:
    def indicateur(nom: str, ca: str, ruptures: int) -> dict[str, object]:
        return {"magasin": nom, "chiffre_affaires": Decimal(ca), "ruptures": ruptures, "surstock": 1, "tendances": []}

    vu = tableau([indicateur("Nord", "10.10", 2), indicateur("Central", "20.20", 0)])
    assert [m.nom for m in vu.magasins] == ["Central", "Nord"]
    assert (vu.chiffre_affaires, vu.ruptures, vu.surstock) == (Decimal("30.30"), 2, 2)


def test_the_report_adds_up_a_product_over_the_magasins() -> None:
    def magasin(total: str, *vendus: tuple[str, int, str]) -> dict[str, object]:
        produits = [{"nom": n, "quantite_totale": q, "chiffre_affaires": Decimal(ca)} for n, q, ca in vendus]
        return {"magasin": "m", "total": Decimal(total), "produits_vendus": produits}

    rapport = consolider([magasin("5", ("Café", 1, "5")), magasin("27", ("Café", 4, "20"), ("Thé", 1, "7"))])
    assert (rapport.total, rapport.unites) == (Decimal(32), 6)
    assert [m["total"] for m in rapport.magasins] == [Decimal(27), Decimal(5)]
    assert [(b.libelle, b.valeur) for b in rapport.produits.barres] == [("Café", Decimal(25)), ("Thé", Decimal(7))]
