"""The decision to take units."""

from uuid import UUID

import pytest

from inventaire.domain.erreurs import MagasinInexistant, ProduitInexistant, StockInsuffisant
from inventaire.domain.stock import EtatStock, Ligne, refuser_inconnus, regrouper

A, B, M = UUID(int=1), UUID(int=2), UUID(int=9)


def etat(disponibles: dict[UUID, int], *, noms: tuple[UUID, ...] = (A, B), lieu_connu: bool = True) -> EtatStock:
    return EtatStock(lieu=M, lieu_connu=lieu_connu, noms={p: f"Produit {p.int}" for p in noms}, disponibles=disponibles)


def test_F10_two_lines_of_one_product_are_summed_and_products_are_in_lock_order() -> None:
    assert list(regrouper([Ligne(B, 2), Ligne(A, 1), Ligne(B, 3)]).items()) == [(A, 1), (B, 5)]


def test_enough_of_everything_is_accepted() -> None:
    etat({A: 3, B: 5}).exiger_disponibles({A: 3, B: 5})


def test_a_shortage_names_each_product_what_is_available_and_what_was_asked() -> None:
    with pytest.raises(StockInsuffisant) as refus:
        etat({A: 2}).exiger_disponibles({A: 3, B: 1})
    assert refus.value.extra["produits"] == [
        {"produit_id": str(A), "nom_produit": "Produit 1", "disponible": 2, "demande": 3},
        {"produit_id": str(B), "nom_produit": "Produit 2", "disponible": 0, "demande": 1},
    ]
    assert refus.value.details == [
        f"Stock insuffisant au magasin {M} pour Produit 1 ({A}) : 2 disponible(s), 3 demandé(s).",
        f"Stock insuffisant au magasin {M} pour Produit 2 ({B}) : 0 disponible(s), 1 demandé(s).",
    ]


def test_an_unknown_magasin_comes_before_unknown_products() -> None:
    with pytest.raises(MagasinInexistant, match="n'existe pas"):
        etat({}, noms=(), lieu_connu=False).exiger_connus([A], refuser_inconnus)


def test_unknown_products_are_named() -> None:
    with pytest.raises(ProduitInexistant) as refus:
        etat({A: 1}, noms=(A,)).exiger_connus([A, B], refuser_inconnus)
    assert refus.value.details == f"Le produit {B} n'existe pas."
