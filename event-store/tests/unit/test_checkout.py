"""The fold: pure, deterministic, indifferent to order of arrival and to doubles (F35)."""

import random
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_store.domain.checkout import Etat, EvenementLu, chaine_causale, plier
from event_store.domain.evenements import TYPES

CHECKOUT, CLIENT = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


def lu(position: int, nom: str, **suite: Any) -> EvenementLu:
    champs: dict[str, Any] = {"version": position, "id": str(uuid.UUID(int=position)), "ts": Decimal(position)}
    champs |= {"v": 1, "v_origine": 1, "position_checkout": position, "correlation_id": "", "causation_id": ""}
    champs |= {"source": "choreo-order", "traceparent": "", "archive": False}
    payload = {"checkout_id": CHECKOUT, "client_id": CLIENT, "commande_id": f"c{position}", "reason": f"r{position}"}
    return EvenementLu(position=position, type=nom, checkout_id=CHECKOUT, payload=payload, **{**champs, **suite})


suites = st.lists(st.sampled_from([*TYPES, "CartMerged"]), max_size=12).map(
    lambda noms: [lu(rang, nom) for rang, nom in enumerate(noms, 1)]
)


@given(suites, st.randoms(use_true_random=False))
def test_F35_order_of_arrival_and_doubles_change_nothing(suite: list[EvenementLu], hasard: random.Random) -> None:
    melange = suite + suite[:3]
    hasard.shuffle(melange)
    assert plier(melange) == plier(suite)


@given(suites, st.sampled_from(TYPES))
def test_F35_once_ended_nothing_changes_the_outcome(suite: list[EvenementLu], tardif: str) -> None:
    avant = plier(suite)
    apres = plier([*suite, lu(100, tardif)])
    if avant.statut in ("succeeded", "failed"):
        assert (apres.statut, apres.fin_ts) == (avant.statut, avant.fin_ts)


@pytest.mark.parametrize(
    ("noms", "attendu"),
    [
        ([], ("unknown", False, False, None, None)),
        (["CartMerged"], ("unknown", False, False, None, None)),
        (["CheckoutInitiated"], ("initiated", False, False, None, None)),
        (["CheckoutInitiated", "StockReserved", "OrderCreated"], ("initiated", True, False, "c3", None)),
        (["StockReserved", "CheckoutSucceeded", "OrderCreated"], ("succeeded", True, False, "c2", None)),
        (["StockReserved", "OrderCreationFailed", "StockReleased"], ("initiated", True, True, None, "r2")),
        (["OrderCreationFailed", "StockReleased", "CheckoutFailed"], ("failed", False, True, None, "r3")),
        (["CheckoutFailed", "CheckoutSucceeded"], ("failed", False, False, "c2", "r1")),
    ],
)
def test_fold_table(noms: list[str], attendu: tuple[Any, ...]) -> None:
    etat = plier([lu(rang, nom) for rang, nom in enumerate(noms, 1)])
    assert (etat.statut, etat.stock_reserved, etat.stock_released, etat.commande_id, etat.reason) == attendu


def test_F38_a_newer_schema_version_is_not_folded() -> None:
    assert plier([lu(1, "CheckoutSucceeded", v=2)]) == Etat()


def test_causal_chain_survives_missing_causes_and_cycles() -> None:
    a, b, c, d = (str(uuid.UUID(int=rang)) for rang in (1, 2, 3, 4))
    suite = [
        lu(1, "CheckoutInitiated", causation_id="une-commande"),
        lu(2, "StockReserved", causation_id=a),
        lu(3, "OrderCreated", causation_id=d),
        lu(4, "CheckoutSucceeded", causation_id=c),
    ]
    assert [(m["id"], m["profondeur"]) for m in chaine_causale(suite)] == [(a, 0), (b, 1), (c, 1), (d, 0)]
