"""What may enter: the entry fields in both their forms, and every refusal by field."""

import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from event_store.domain.evenements import causes, en_json, lire, lire_lot, separer
from socle import jsons
from socle.erreurs import DonneesInvalides
from tests.conftest import evenement

OBLIGATOIRES = {"id", "type", "ts", "payload"}
json_quelconque = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(-99, 99, places=3) | st.text(max_size=20),
    lambda enfant: st.lists(enfant, max_size=3) | st.dictionaries(st.text(max_size=5), enfant, max_size=3),
    max_leaves=4,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([*evenement("StockReleased", "x"), "autre"]), json_quelconque))
def test_F43_anything_is_either_an_event_or_a_named_refusal(brut: dict[str, Any]) -> None:
    try:
        lire(brut)
        refuses = set()
    except DonneesInvalides as refus:
        refuses = set(refus.champs)
    assert all(nom.partition(".")[0] in brut or nom in OBLIGATOIRES for nom in refuses)
    assert refuses >= OBLIGATOIRES - set(brut)


def test_texts_and_values_are_the_same_event() -> None:
    entree = evenement("StockReleased", str(uuid.uuid4()), ts=5, v=1, remise=Decimal("0.10"))
    textes = {**entree, "ts": "5", "v": "1", "payload": jsons.ecrire(entree["payload"]).decode()}
    assert lire(entree) == lire(textes)


@pytest.mark.parametrize(
    ("champ", "valeur"),
    [
        ("id", "12"), ("id", None), ("type", ""), ("type", "<x>"), ("ts", -1), ("ts", "1e5"), ("ts", None),
        ("v", 1.5), ("v", "x"), ("v", True), ("source", 5), ("source", "x" * 256), ("payload", []),
        ("payload", "{"), ("payload", "[]"), ("payload", '{"a": "\\u0000"}'),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(champ: str, valeur: Any) -> None:
    with pytest.raises(DonneesInvalides) as refus:
        lire({**evenement("StockReleased", str(uuid.uuid4())), champ: valeur})
    assert list(refus.value.champs) == [champ]


def test_a_number_that_cannot_be_kept_exactly_is_refused() -> None:
    entree = evenement("StockReleased", str(uuid.uuid4()), panier={"total": Decimal("0.12345678901234567890")})
    with pytest.raises(DonneesInvalides) as refus:
        lire(entree)
    assert list(refus.value.champs) == ["payload.panier.total"]


@given(st.floats(-1e15, 1e15).filter(lambda nombre: nombre == 0 or abs(nombre) > 1e-9))
def test_any_double_is_kept_exactly(nombre: float) -> None:
    entree = evenement("StockReleased", str(uuid.uuid4()))
    entree["payload"]["n"] = nombre
    lu = lire(jsons.lire(json.dumps(entree).encode()))
    assert json.loads(en_json([lu]))[0]["payload"]["n"] == nombre


@pytest.mark.parametrize("lot", [None, {}, [], [{}] * 1001])
def test_batches_are_bounded(lot: Any) -> None:
    with pytest.raises(DonneesInvalides):
        lire_lot(lot)


def test_F35_a_batch_is_put_in_causal_order_and_what_has_no_known_cause_is_left_out() -> None:
    checkout, ancien = str(uuid.uuid4()), uuid.uuid4()
    debut = lire(evenement("CheckoutInitiated", checkout, causation_id=checkout))
    effet = lire(evenement("StockReserved", checkout, causation_id=str(debut.id)))
    suite = lire(evenement("OrderCreated", checkout, causation_id=str(effet.id), commande_id=str(uuid.uuid4())))
    relivre = lire(evenement("StockReleased", checkout, id=str(ancien), causation_id=str(uuid.uuid4())))
    assert separer([suite, effet, debut], set()) == ([debut, effet, suite], [])
    assert separer([suite, debut], set()) == ([debut], [suite])
    assert separer([suite], {effet.id}) == ([suite], [])
    assert separer([relivre], {ancien}) == ([relivre], [])
    assert separer([relivre], set()) == ([], [relivre])
    assert causes([suite, effet, debut]) == {effet.id, debut.id}


def test_an_event_whose_cause_is_no_event_id_has_none() -> None:
    for cause in ("", "un operateur"):
        seul = lire(evenement("StockReleased", str(uuid.uuid4()), causation_id=cause))
        assert separer([seul], set()) == ([seul], [])
