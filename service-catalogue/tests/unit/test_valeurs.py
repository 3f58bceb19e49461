"""Rules of a product, without a database."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from catalogue.domain.criteres import Criteres
from catalogue.domain.erreurs import CategorieInexistante, CriteresInvalides
from catalogue.domain.produit import Produit
from catalogue.domain.valeurs import Categorie, NomProduit, Prix, Sku
from socle.erreurs import DonneesInvalides


@pytest.mark.parametrize(
    ("brut", "net"),
    [
        ("ab", "ab"),
        ("  Thé d'été  ", "Thé d'été"),
        ("Jus d’orange", "Jus d’orange"),
        ("x" * 100, "x" * 100),
        ("Cafe\u0301", "Café"),
    ],
)
def test_a_name_is_trimmed_and_composed(brut: str, net: str) -> None:
    assert NomProduit(brut).texte == net


@pytest.mark.parametrize("brut", ["", " a ", "x" * 101, "a<b", "a>b", "<script>"])
def test_a_name_out_of_the_rules_is_refused_by_its_field(brut: str) -> None:
    with pytest.raises(DonneesInvalides) as refus:
        NomProduit(brut)
    assert list(refus.value.champs) == ["nom"]


@pytest.mark.parametrize("montant", ["0.01", "999999.99", "100"])
def test_prices_within_the_bounds(montant: str) -> None:
    assert Prix(Decimal(montant)).montant == Decimal(montant)


@pytest.mark.parametrize("montant", ["0", "0.001", "-1", "1000000", "1.005", "NaN", "Infinity"])
def test_prices_out_of_the_bounds(montant: str) -> None:
    with pytest.raises(DonneesInvalides) as refus:
        Prix(Decimal(montant))
    assert list(refus.value.champs) == ["prix"]


@pytest.mark.parametrize(("montant", "premium"), [("100", False), ("100.01", True)])
def test_premium_is_above_one_hundred_dollars(montant: str, premium: bool) -> None:
    assert Prix(Decimal(montant)).est_premium is premium


def test_a_sku_is_kept_in_upper_case() -> None:
    assert Sku(" abc1234 ").code == "ABC1234"


@pytest.mark.parametrize("code", ["", "AB1234", "ABCD123", "ABC12345", "ÉBC1234", "ABC١٢٣٤"])
def test_a_sku_is_three_letters_and_four_digits(code: str) -> None:
    with pytest.raises(DonneesInvalides) as refus:
        Sku(code)
    assert list(refus.value.champs) == ["sku"]


def test_categories_are_a_closed_list_with_identifiers_that_never_change() -> None:
    assert Categorie.nommee("Électronique") is Categorie.ELECTRONIQUE
    assert Categorie.INFORMATIQUE.identifiant == UUID("c6cd67af-2d65-530d-80c1-799352cb4691")
    assert len({categorie.identifiant for categorie in Categorie}) == 6
    with pytest.raises(CategorieInexistante):
        Categorie.nommee("informatique")


def produit() -> Produit:
    return Produit(id=uuid4(), nom=NomProduit("Lampe"), categorie=Categorie.MEUBLES, prix=Prix(Decimal("10.00")))


def test_a_new_price_gives_the_former_one_back_for_the_history() -> None:
    lampe = produit()
    assert lampe.changer_prix(Prix(Decimal(12))) == Prix(Decimal("10.00"))
    assert lampe.prix == Prix(Decimal(12))


def test_the_same_price_again_changes_nothing() -> None:
    assert produit().changer_prix(Prix(Decimal(10))) is None


def test_archiving_and_reactivating_are_idempotent() -> None:
    lampe = produit()
    for _ in range(2):
        lampe.archiver()
        assert lampe.actif is False
    for _ in range(2):
        lampe.reactiver()
        assert lampe.actif is True


@pytest.mark.parametrize(
    ("bornes", "champ"),
    [
        ({"prix_min": Decimal(2), "prix_max": Decimal(1)}, "prix_min"),
        ({"prix_min": Decimal(-1)}, "prix_min"),
        ({"prix_max": Decimal(-1)}, "prix_max"),
    ],
)
def test_contradictory_bounds_are_refused(bornes: dict[str, Decimal], champ: str) -> None:
    with pytest.raises(CriteresInvalides) as refus:
        Criteres(**bornes)  # type: ignore[arg-type]
    assert list(refus.value.champs) == [champ]
