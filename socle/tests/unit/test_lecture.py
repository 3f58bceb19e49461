"""Reading the requests of the hot routes."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from socle.django.lecture import IDENTIFIANTS_MAX, Lecteur, identifiants
from socle.erreurs import DonneesInvalides

ID = "550e8400-e29b-41d4-a716-446655440001"


def lire(lecteur: Lecteur) -> dict[str, Any]:
    """Every kind of member, once."""
    return {
        "identifiant": lecteur.identifiant("identifiant"),
        "entier": lecteur.entier("entier", 1, 5),
        "montant": lecteur.montant("montant", Decimal("0.01"), Decimal(100)),
        "texte": lecteur.texte("texte", 5),
        "facultatif": lecteur.texte("facultatif", 5, defaut="-"),
        "booleen": lecteur.booleen("booleen", defaut=False),
    }


JUSTE = {"identifiant": ID.upper(), "entier": 5, "montant": 7, "texte": " abc ", "booleen": True}


def test_the_values_of_a_right_body() -> None:
    lecteur = Lecteur(JUSTE)
    assert lire(lecteur) == {
        "identifiant": UUID(ID),
        "entier": 5,
        "montant": Decimal("7.00"),
        "texte": "abc",
        "facultatif": "-",
        "booleen": True,
    }
    lecteur.verifier()


@pytest.mark.parametrize(
    ("champ", "valeurs"),
    [
        ("identifiant", [None, 5, "abc", ID.replace("-", ""), f"{ID} "]),
        ("entier", [None, 0, 6, 5.0, Decimal(5), "5", True]),
        ("montant", [None, 0, Decimal("0.001"), Decimal("100.01"), Decimal("1e999"), "5", True]),
        ("texte", [None, 5, "", "  ", "abcdef", "a\nb", "a\x00b", "\ud800"]),
        ("facultatif", [5, "abcdef", "a\tb"]),
        ("booleen", [None, 1, "true"]),
    ],
)
def test_F43_a_wrong_member_is_named_and_no_other(champ: str, valeurs: list[Any]) -> None:
    for valeur in valeurs:
        lecteur = Lecteur({**JUSTE, champ: valeur})
        lire(lecteur)
        with pytest.raises(DonneesInvalides) as refus:
            lecteur.verifier()
        assert list(refus.value.champs) == [champ], repr(valeur)


def test_an_identifier_that_may_be_missing_is_none_or_as_it_should_be() -> None:
    for corps, lu in (({}, None), ({"id": None}, None), ({"id": ID}, UUID(ID))):
        lecteur = Lecteur(corps)
        assert lecteur.identifiant_ou_rien("id") == lu
        lecteur.verifier()
    lecteur = Lecteur({"id": "x"})
    lecteur.identifiant_ou_rien("id")
    with pytest.raises(DonneesInvalides) as refus:
        lecteur.verifier()
    assert list(refus.value.champs) == ["id"]


def test_a_member_that_may_not_be_there_is_refused_even_when_null() -> None:
    lecteur = Lecteur({"lignes": None})
    lecteur.interdire("autre", "Non.")
    lecteur.verifier()
    lecteur.interdire("lignes", "Non.")
    with pytest.raises(DonneesInvalides) as refus:
        lecteur.verifier()
    assert refus.value.champs == {"lignes": "Non."}


def test_every_missing_member_is_named_at_once() -> None:
    lecteur = Lecteur({})
    lire(lecteur)
    with pytest.raises(DonneesInvalides) as refus:
        lecteur.verifier()
    assert refus.value.champs == dict.fromkeys(
        ("identifiant", "entier", "montant", "texte"), "Ce champ est obligatoire."
    )


def test_members_of_a_list_are_named_by_their_place() -> None:
    lecteur = Lecteur({"lignes": [{"n": 1}, {"n": 0}, 3]})
    assert [element.entier("n", 1, 9) for element in lecteur.liste("lignes", 3)] == [1, 1]
    with pytest.raises(DonneesInvalides) as refus:
        lecteur.verifier()
    assert set(refus.value.champs) == {"lignes[1].n", "lignes[2]"}


@pytest.mark.parametrize("valeur", [None, [], {}, "abc", [{}] * 4])
def test_a_list_has_from_one_to_its_maximum(valeur: Any) -> None:
    lecteur = Lecteur({"lignes": valeur})
    assert lecteur.liste("lignes", 3) == []
    with pytest.raises(DonneesInvalides, match="lignes"):
        lecteur.verifier()


def test_identifiers_are_canonical_each_once_and_in_the_order_given() -> None:
    autre = ID.replace("1", "2")
    assert identifiants(f"{autre},{ID.upper()},{autre}", "ids") == [autre, ID]


@pytest.mark.parametrize("brut", ["", "x", f"{ID},", f"{ID} ,{ID}", ",".join([ID] * (IDENTIFIANTS_MAX + 1))])
def test_what_is_no_list_of_identifiers_is_refused_under_its_name(brut: str) -> None:
    with pytest.raises(DonneesInvalides) as refus:
        identifiants(brut, "ids")
    assert list(refus.value.champs) == ["ids"]
