"""JSON at the boundary: exact money both ways, and nothing that PostgreSQL, a log or JSON itself cannot hold."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socle import jsons

MONTANTS = st.decimals(min_value=Decimal("-9999999999999"), max_value=Decimal("9999999999999"), places=2)
TEXTES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALEURS = st.recursive(
    st.none() | st.booleans() | st.integers() | MONTANTS.map(Decimal.normalize) | TEXTES,
    lambda enfants: st.lists(enfants, max_size=4) | st.dictionaries(TEXTES, enfants, max_size=4),
    max_leaves=20,
)


@given(MONTANTS)
def test_money_survives_the_trip_exactly(montant: Decimal) -> None:
    texte = jsons.ecrire({"prix": montant})
    assert Decimal(str(jsons.lire(texte)["prix"])) == montant


@given(VALEURS)
def test_what_was_read_is_written_with_the_same_bytes(valeur: Any) -> None:
    octets = jsons.ecrire(valeur)
    assert jsons.ecrire(jsons.lire(octets)) == octets


def _tous_les_textes(valeur: Any) -> list[str]:
    if isinstance(valeur, str):
        return [valeur]
    if isinstance(valeur, dict):
        return [t for paire in valeur.items() for element in paire for t in _tous_les_textes(element)]
    return [t for element in valeur for t in _tous_les_textes(element)] if isinstance(valeur, list) else []


N_IMPORTE_QUOI = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(st.characters() | st.sampled_from("\x00\ud800\udfff\U0001f600")),
    lambda enfants: st.lists(enfants, max_size=4) | st.dictionaries(st.text(st.characters()), enfants, max_size=4),
    max_leaves=20,
)


@given(N_IMPORTE_QUOI, st.booleans())
def test_F43_whatever_is_accepted_can_be_stored_and_written_again(valeur: Any, echappe: bool) -> None:
    octets = json.dumps(valeur, ensure_ascii=echappe).encode("utf-8", "surrogatepass")
    try:
        lue = jsons.lire(octets)
    except jsons.JsonRefuse:
        return
    for texte in _tous_les_textes(lue):
        assert "\x00" not in texte
        texte.encode()  # a lone surrogate would raise
    jsons.ecrire(lue)


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0dE+-.1eNaInf \x00\x7f\ufeff').map(str.encode))
def test_F43_any_bytes_are_read_or_refused(octets: bytes) -> None:
    try:
        jsons.ecrire(jsons.lire(octets))
    except jsons.JsonRefuse:
        return


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"", "JSON malformé, ligne 1, colonne 1"),
        (b'{"a":\n}', "JSON malformé, ligne 2, colonne 1"),
        (b"\xff", "le corps n'est pas de l'UTF-8"),
        (b'"\xed\xa0\x80"', "le corps n'est pas de l'UTF-8"),
        (b"\xef\xbb\xbf{}", "JSON malformé, ligne 1, colonne 1"),
        (b'"\x00"', "JSON malformé, ligne 1, colonne 2"),
        (b"NaN", "NaN n'est pas du JSON"),
        (b"-Infinity", "-Infinity n'est pas du JSON"),
        (b"1e400", "nombre hors limites"),
        (b"1e99999999999999999999", "nombre hors limites"),
        (b"0." + b"1" * 50, "nombre trop long"),
        (b"9" * 5000, "nombre trop long"),
        (b"[" * 34 + b"]" * 34, "le corps est trop imbriqué"),
        (b"[" * 100_000, "le corps est trop imbriqué"),
    ],
)
def test_F43_each_refusal_says_why(octets: bytes, message: str) -> None:
    with pytest.raises(jsons.JsonRefuse) as leve:
        jsons.lire(octets)
    assert str(leve.value) == message


def test_depth_is_counted_in_values_not_in_brackets_of_texts() -> None:
    assert jsons.lire(b'["' + b"[" * 500 + b'"]') == ["[" * 500]
    assert jsons.lire(b"[" * 33 + b"]" * 33)


@pytest.mark.parametrize(
    ("octets", "champ"),
    [
        (b'{"a": {"b": ["x", "\\u0000"]}}', "a.b[1]"),
        (b'{"a": "\\ud800"}', "a"),
        (b'{"a": {"\\udfff": 1}}', "a"),
        (b'"\\u0000"', ""),
    ],
)
def test_a_forbidden_character_names_its_field(octets: bytes, champ: str) -> None:
    with pytest.raises(jsons.JsonRefuse) as leve:
        jsons.lire(octets)
    assert leve.value.champ == champ


def test_a_surrogate_pair_is_one_character() -> None:
    assert jsons.lire(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_types_of_the_services_are_written_as_the_contract_says() -> None:
    assert (
        jsons.ecrire(
            {
                "prix": Decimal("25.50"),
                "id": UUID(int=5),
                "quand": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
                "nom": "Écouteurs",
            }
        )
        == (
            '{"prix":25.5,"id":"00000000-0000-0000-0000-000000000005",'
            '"quand":"2026-01-02T03:04:05+00:00","nom":"Écouteurs"}'
        ).encode()
    )


@pytest.mark.parametrize("valeur", [float("inf"), float("nan"), Decimal("Infinity"), "\ud800"])
def test_what_json_cannot_say_is_our_defect_not_invalid_json(valeur: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        jsons.ecrire(valeur)
