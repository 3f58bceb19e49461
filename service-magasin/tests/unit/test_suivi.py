from typing import Any

import pytest

from magasin.application.suivi import humeur, suivi
from tests.monde import checkout


@pytest.mark.parametrize(
    ("genre", "attendue"),
    [
        ("SAGA_DEMARRE", "actif"), ("STOCK_RESERVE_SUCCES", "reussite"), ("STOCK_VERIFIE_ECHEC", "echec"),
        ("COMPENSATION_TERMINEE", "compensation"), ("SAGA_TERMINEE_SUCCES", "reussite"),
        ("StockReserved", "reussite"), ("StockReservationFailed", "echec"), ("StockReleased", "compensation"),
        ("OrderCreationFailed", "echec"), ("CheckoutSucceeded", "reussite"), ("CheckoutInitiated", "actif"),
        ("CHECKOUT_ECHEC", "echec"), ("INTERVENTION_REQUISE", "attente"),
    ],
)  # fmt: skip
def test_the_colour_of_an_event_in_either_style_s_words(genre: str, attendue: str) -> None:
    assert humeur(genre) == attendue


@pytest.mark.parametrize(
    ("statut", "en_cours"),
    [("initie", True), ("en_cours", True), ("finalise", False), ("echec", False), ("intervention_requise", False)],
)
def test_one_looks_again_until_it_has_ended(statut: str, en_cours: bool) -> None:
    assert suivi(checkout(statut), None).en_cours is en_cours


@pytest.mark.parametrize(
    ("saga", "attend"),
    [(None, None), ({"attend": None}, None), ({"attend": {"quoi": None}}, None), ({"attend": {"quoi": "x"}}, "x")],
)
def test_what_a_saga_waits_for_is_shown_when_it_says_so(saga: dict[str, Any] | None, attend: str | None) -> None:
    vu = suivi(checkout("en_cours"), saga).attend
    assert (vu and vu["quoi"]) == attend
