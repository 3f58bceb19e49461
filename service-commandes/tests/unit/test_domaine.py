"""Rules of a sale and of the figures, without a database."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from commandes.domain.indicateurs import Bilan, ProduitVendu, StockLocal
from commandes.domain.intention import Demande, Fiche, Intention
from commandes.domain.vente import Ligne, Vente
from socle.erreurs import DonneesInvalides


def ligne(**suite: Any) -> Ligne:
    return Ligne(
        **{"produit_id": uuid4(), "produit_nom": "Lampe", "quantite": 3, "prix_unitaire": Decimal("0.10"), **suite}
    )


def vente(*lignes: Ligne) -> Vente:
    reference = uuid4()
    return Vente(
        id=uuid4(),
        reference=reference,
        reservation_reference=reference,
        magasin_id=uuid4(),
        client_id=uuid4(),
        lignes=lignes,
    )


def test_the_total_is_the_exact_sum_of_the_lines() -> None:
    assert vente(ligne(), ligne(quantite=7, prix_unitaire=Decimal("25.50"))).total == Decimal("178.80")


@pytest.mark.parametrize("quantite", [0, -1, 10_001])
def test_a_quantity_is_from_one_to_ten_thousand(quantite: int) -> None:
    with pytest.raises(DonneesInvalides):
        ligne(quantite=quantite)


@pytest.mark.parametrize("prix", ["0", "-1", "1000000"])
def test_a_price_is_above_zero(prix: str) -> None:
    with pytest.raises(DonneesInvalides):
        ligne(prix_unitaire=Decimal(prix))


@pytest.mark.parametrize("nombre", [0, 51])
def test_a_sale_has_from_one_to_fifty_lines(nombre: int) -> None:
    with pytest.raises(DonneesInvalides):
        vente(*[ligne()] * nombre)


def test_fifty_lines_are_allowed() -> None:
    assert len(vente(*[ligne()] * 50).lignes) == 50


def test_the_identifier_is_no_part_of_what_a_repetition_asks() -> None:
    premiere = vente(ligne())
    autres = {nom: getattr(premiere, nom) for nom in Vente.__slots__ if nom != "id"}
    assert Vente(id=uuid4(), **autres).demande == premiere.demande


def test_an_intention_becomes_the_sale_of_its_frozen_name_and_price() -> None:
    demande = Demande(magasin_id=uuid4(), client_id=uuid4(), produit_id=uuid4(), quantite=4)
    intention = Intention(vente_id=UUID(int=7), demande=demande, fiche=Fiche(nom="Lampe", prix=Decimal("2.25")))
    montree = intention.vente()
    assert (montree.id, montree.reference, montree.reservation_reference) == (UUID(int=7),) * 3
    assert (montree.total, montree.lignes[0].produit_nom) == (Decimal("9.00"), "Lampe")


def test_an_intention_without_a_price_is_no_sale() -> None:
    demande = Demande(magasin_id=uuid4(), client_id=uuid4(), produit_id=uuid4(), quantite=4)
    with pytest.raises(ValueError, match="ni nom ni prix"):
        Intention(vente_id=uuid4(), demande=demande, fiche=None).vente()


def test_local_stock_is_counted_by_its_thresholds() -> None:
    assert StockLocal.compter([0, 0, 1, 10, 11, 500]) == StockLocal(ruptures=2, surstock=2, produits_en_stock=4)


def test_the_trends_are_the_three_products_sold_most() -> None:
    vendus = [
        ProduitVendu(uuid4(), nom, quantite, Decimal(ca))
        for nom, quantite, ca in (("a", 1, 9), ("b", 5, 1), ("c", 5, 2), ("d", 2, 2))
    ]
    bilan = Bilan(uuid4(), "Nord", vendus, StockLocal(0, 0, 0))
    assert [produit.nom for produit in bilan.tendances] == ["c", "b", "d"]
    assert bilan.chiffre_affaires == Decimal(14)
