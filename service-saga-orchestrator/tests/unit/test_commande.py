"""Rules of the cart, without a database."""

from decimal import Decimal

import pytest

from saga_orchestrator.domain.commande import CommandeImpossible, Fiche, Ligne, exiger_stock, tarifer, total


def test_stock_that_suffices_exactly_is_enough() -> None:
    exiger_stock([Ligne("a", 3), Ligne("b", 1)], {"a": 3, "b": 1})


def test_F10_duplicates_are_summed_before_the_comparison() -> None:
    with pytest.raises(CommandeImpossible) as refus:
        exiger_stock([Ligne("a", 2), Ligne("b", 1), Ligne("a", 2)], {"a": 3, "b": 1})
    assert refus.value.code == "stock_insuffisant"
    assert refus.value.message == "Stock insuffisant : produit a : 3 disponible(s), 4 demandé(s)."


def test_a_product_without_stock_row_counts_as_none() -> None:
    with pytest.raises(CommandeImpossible, match=r"produit b : 0 disponible\(s\), 1 demandé\(s\)"):
        exiger_stock([Ligne("a", 1), Ligne("b", 1)], {"a": 9})


def test_lines_keep_their_order_and_the_total_is_exact() -> None:
    fiches = {"a": Fiche("A", Decimal("0.10"), True), "b": Fiche("B", Decimal("89.99"), True)}
    lignes = tarifer([Ligne("b", 3), Ligne("a", 3), Ligne("b", 1)], fiches)
    assert [(ligne.produit_id, ligne.quantite, ligne.prix_unitaire) for ligne in lignes] == [
        ("b", 3, Decimal("89.99")), ("a", 3, Decimal("0.10")), ("b", 1, Decimal("89.99")),
    ]  # fmt: skip
    assert total(lignes) == Decimal("360.26")


@pytest.mark.parametrize(
    ("fiche", "code"),
    [
        (None, "produit_introuvable"),
        (Fiche("A", Decimal("1.00"), False), "produit_archive"),
        (Fiche("A", Decimal("0.00"), True), "produit_sans_prix"),
    ],
)
def test_what_cannot_be_sold_is_refused(fiche: Fiche | None, code: str) -> None:
    with pytest.raises(CommandeImpossible) as refus:
        tarifer([Ligne("a", 1)], {} if fiche is None else {"a": fiche})
    assert refus.value.code == code
