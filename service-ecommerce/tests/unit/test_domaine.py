"""Rules that need no database."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from ecommerce.domain import valeurs
from ecommerce.domain.checkout import Checkout, LigneCheckout, Statut, Style
from ecommerce.domain.erreurs import PanierPlein, QuantiteExcessive
from ecommerce.domain.issue import EN_COURS, INJOIGNABLE, Article, Genre, Issue
from ecommerce.domain.livraison import frais_livraison
from ecommerce.domain.panier import LignePanier, Panier, reunir
from socle.erreurs import DonneesInvalides

CLIENT = uuid4()


def ligne(rang: int, quantite: int = 1, prix: str = "1.00") -> LignePanier:
    return LignePanier(
        produit_id=UUID(int=rang), nom_produit=f"P{rang}", prix_unitaire=Decimal(prix), quantite=quantite
    )


@pytest.mark.parametrize(("saisi", "garde"), [("h1a1a1", "H1A 1A1"), (" H7X 2Y3 ", "H7X 2Y3"), ("g1k-4l5", "G1K 4L5")])
def test_postal_codes_are_kept_in_one_form(saisi: str, garde: str) -> None:
    assert valeurs.code_postal(saisi, "x") == garde


@pytest.mark.parametrize("saisi", ["", "H1A", "1A1 A1A", "H1A  1A1", "D1A 1A1", "W1A 1A1", "H1O 1A1", "H1A 1A1 ."])
def test_other_postal_codes_are_refused(saisi: str) -> None:
    with pytest.raises(DonneesInvalides):
        valeurs.code_postal(saisi, "x")


@pytest.mark.parametrize(
    "saisi", ["5145550101", "514-555-0101", "(514) 555-0101", "514.555.0101", "+1 514 555 0101", "1-514-555-0101"]
)
def test_phone_numbers_are_kept_in_one_form(saisi: str) -> None:
    assert valeurs.telephone(saisi) == "514-555-0101"


@pytest.mark.parametrize("saisi", ["514555010", "25145550101", "514-555-010a", "514;555;0101"])
def test_other_phone_numbers_are_refused(saisi: str) -> None:
    with pytest.raises(DonneesInvalides):
        valeurs.telephone(saisi)


@pytest.mark.parametrize(
    ("sous_total", "express", "frais"),
    [("99.99", False, "7.50"), ("99.99", True, "15.00"), ("100.00", False, "0.00"), ("100.00", True, "0.00")],
)
def test_delivery_is_free_from_one_hundred(sous_total: str, express: bool, frais: str) -> None:
    assert frais_livraison(Decimal(sous_total), express=express) == Decimal(frais)


def test_a_cart_holds_99_of_a_product_and_50_products() -> None:
    panier = Panier(CLIENT, uuid4(), [ligne(n, 99) for n in range(50)])
    with pytest.raises(QuantiteExcessive):
        panier.verifier_ajout(UUID(int=1), 1)
    with pytest.raises(PanierPlein):
        panier.verifier_ajout(UUID(int=50), 1)


def test_returned_lines_are_capped_and_the_present_price_stays() -> None:
    presentes = [ligne(n) for n in range(49)] + [ligne(100, 60, "2.00")]
    ecrites = reunir(presentes[1:], [ligne(100, 70, "1.00"), ligne(200), ligne(201)])
    assert ecrites == [ligne(100, 99, "2.00"), ligne(200)]


def checkout(**suite: object) -> Checkout:
    article = LigneCheckout(
        produit_id=UUID(int=1),
        nom_produit="Ancien nom",
        quantite=3,
        prix_panier=Decimal("10.10"),
        prix_unitaire=Decimal("10.10"),
    )
    base = Checkout(
        id=uuid4(),
        client_id=CLIENT,
        style=Style.ORCHESTRE,
        statut=Statut.INITIE,
        magasin_id=uuid4(),
        lignes=[article],
        adresse=None,
        express=True,
        notes="",
        correlation_id="",
        date_creation=datetime(2025, 1, 1, tzinfo=UTC),
        date_modification=datetime(2025, 1, 1, tzinfo=UTC),
    )
    return replace(base, **suite)  # type: ignore[arg-type]


REUSSIE = Issue(
    genre=Genre.REUSSIE, commande_id=uuid4(), articles={UUID(int=1): Article("Nouveau nom", Decimal("10.20"))}
)


def test_success_takes_names_and_prices_of_the_saga() -> None:
    apres = checkout().apres(REUSSIE)
    assert (apres.statut, apres.commande_id, apres.lignes[0].nom_produit) == (
        Statut.FINALISE,
        REUSSIE.commande_id,
        "Nouveau nom",
    )
    assert apres.montants is not None
    assert (apres.montants.sous_total, apres.montants.frais_livraison, apres.montants.total) == (
        Decimal("30.60"),
        Decimal("15.00"),
        Decimal("45.60"),
    )
    assert apres.lignes[0].prix_change


@pytest.mark.parametrize("fin", [Statut.FINALISE, Statut.ECHEC])
def test_a_concluded_checkout_never_changes(fin: Statut) -> None:
    conclu = checkout(statut=fin)
    assert [conclu.apres(issue) for issue in (REUSSIE, Issue(genre=Genre.COMPENSEE), EN_COURS)] == [conclu] * 3


def test_silence_changes_nothing_once_it_is_followed() -> None:
    suivi = checkout(statut=Statut.EN_COURS)
    assert suivi.apres(INJOIGNABLE) == suivi
    assert checkout().apres(INJOIGNABLE).statut is Statut.EN_COURS
    intervention = checkout(statut=Statut.INTERVENTION_REQUISE)
    assert intervention.apres(INJOIGNABLE) == intervention
    assert intervention.apres(EN_COURS).statut is Statut.EN_COURS


@pytest.mark.parametrize(("genre", "reessayable"), [(Genre.REFUSEE, False), (Genre.COMPENSEE, True)])
def test_failure_says_whether_trying_again_makes_sense(genre: Genre, reessayable: bool) -> None:
    apres = checkout().apres(Issue(genre=genre, libelle="L", motif="M", code="c"))
    assert (apres.statut, apres.reessayable, apres.motif, apres.code) == (Statut.ECHEC, reessayable, "M", "c")
