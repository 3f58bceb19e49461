"""Ids and deadlines that follow a request."""

import re
import threading

import pytest

from socle import correlation


@pytest.mark.parametrize("recu", ["abc-1", "550e8400-e29b-41d4-a716-446655440000", "a:b_c.d", "x" * 128])
def test_a_harmless_id_is_kept(recu: str) -> None:
    assert correlation.accepter(recu) == recu


@pytest.mark.parametrize("recu", [None, "", "a b", "a\nb", "x" * 129, "é", '"', "a\r\nX: y", "abc\n"])
def test_an_id_that_could_forge_a_line_or_header_is_replaced(recu: str | None) -> None:
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", correlation.accepter(recu))


def test_a_well_formed_trace_is_kept_and_anything_else_begins_one() -> None:
    bonne = f"00-{'a' * 32}-{'b' * 16}-01"
    assert correlation.accepter_traceparent(bonne) == bonne
    for mauvaise in (
        None,
        "",
        bonne.upper(),
        bonne + "\n",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
    ):
        neuve = correlation.accepter_traceparent(mauvaise)
        assert neuve != mauvaise
        assert correlation.accepter_traceparent(neuve) == neuve


def test_a_context_ends_with_its_block_even_on_an_error() -> None:
    vus: list[str] = []

    def echouer() -> None:
        with correlation.contexte("un", "t"):
            vus.extend((correlation.correlation_id(), correlation.traceparent()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        echouer()
    assert vus == ["un", "t"]
    assert (correlation.correlation_id(), correlation.traceparent()) == ("", "")


def test_another_thread_does_not_see_it() -> None:
    vus: list[str] = []
    with correlation.contexte("un"):
        fil = threading.Thread(target=lambda: vus.append(correlation.correlation_id()))
        fil.start()
        fil.join()
    assert vus == [""]


def test_the_earlier_deadline_wins_whichever_block_set_it() -> None:
    assert correlation.temps_restant(7.0) == 7.0
    with correlation.echeance(10):
        assert 9 < correlation.temps_restant(60) <= 10
        assert correlation.temps_restant(3) == 3
        with correlation.echeance(1):
            assert 0 < correlation.temps_restant(60) <= 1
        with correlation.echeance(100):
            assert 9 < correlation.temps_restant(60) <= 10
    assert correlation.temps_restant(60) == 60


def test_a_deadline_that_has_passed_is_negative() -> None:
    with correlation.echeance(-1):
        assert correlation.temps_restant(60) < 0


def test_a_new_request_begins_without_the_deadline_of_another() -> None:
    with correlation.echeance(1):
        correlation.ouvrir("un", "t")
        assert correlation.temps_restant(60) == 60
        correlation.fermer()
    assert correlation.correlation_id() == ""
