"""Log lines: JSON for machines, one line for people, the ids and the fields of each fact in both."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest

from socle import correlation, journaux

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CHAMPS = {"saga_id": "s-1", "etape": "reservation_stock", "tentative": 2, "duree_ms": 3.5}


@pytest.fixture
def retablir() -> Iterator[None]:
    racine = logging.getLogger()
    avant, niveau = list(racine.handlers), racine.level
    yield
    racine.handlers[:] = avant
    racine.setLevel(niveau)


def ecrire(forme: str) -> str:
    """What one line about a step looks like."""
    logging.config.dictConfig(journaux.configuration("saga", "saga-1", forme=forme, niveau="INFO"))
    sortie = io.StringIO()
    poignee = logging.getLogger().handlers[0]
    assert isinstance(poignee, logging.StreamHandler)
    poignee.setStream(sortie)
    with correlation.contexte("corr-1", f"00-{TRACE}-00f067aa0ba902b7-01"):
        logging.getLogger("socle.saga").info("étape %s %s", "reservation_stock", "panne", extra=CHAMPS)
    poignee.flush()
    return sortie.getvalue()


@pytest.mark.usefixtures("retablir")
def test_a_step_is_one_json_object_with_its_ids_attempt_and_duration() -> None:
    (ligne,) = ecrire("json").splitlines()
    lue = json.loads(ligne)
    assert lue.pop("ts")
    lue.pop("taskName", None)  # Python 3.12 adds it
    assert lue == CHAMPS | {
        "niveau": "INFO", "journal": "socle.saga", "message": "étape reservation_stock panne", "service": "saga",
        "instance": "saga-1", "correlation_id": "corr-1", "trace_id": TRACE,
    }  # fmt: skip


@pytest.mark.usefixtures("retablir")
def test_a_json_line_is_made_readable_as_the_program_would_have_written_it() -> None:
    (brute,), (lue,) = ecrire("json").splitlines(), ecrire("texte").splitlines()
    heure = len("2026-01-02 03:04:05,678")
    assert journaux.lisible(brute)[heure:] == lue[heure:]
    assert journaux.lisible(brute)[:heure] == json.loads(brute)["ts"]


@pytest.mark.parametrize("autre", ["", "texte", "[1]", "3", '{"message": "d\'autrui"}'])
def test_what_is_no_line_of_ours_stays_as_it_is(autre: str) -> None:
    assert journaux.lisible(autre) == autre


def test_the_checkouts_of_a_batch_are_named_in_the_readable_line() -> None:
    ligne = {
        "ts": "t", "niveau": "INFO", "journal": "j", "message": "lot succes", "instance": "i", "correlation_id": "c",
        "checkouts": ["a", "b"], "lot": 3,
    }  # fmt: skip
    assert journaux.lisible(json.dumps(ligne)) == "t INFO    i j: lot succes [c] checkouts=a,b lot=3"


@pytest.mark.usefixtures("retablir")
def test_for_people_it_is_one_line_without_what_it_says_twice() -> None:
    (ligne,) = ecrire("texte").splitlines()
    assert ligne.endswith(
        "INFO    saga-1 socle.saga: étape reservation_stock panne [corr-1] saga_id=s-1 tentative=2 duree_ms=3.5"
    )
