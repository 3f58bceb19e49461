"""The loop of a background program: pauses, a lost database, a defect, and the hourly upkeep."""

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from django.db import connection

from socle.django import boucle
from socle.django.boucle import tourner
from tests.integration.outils import Fil, brute, sql

pytestmark = pytest.mark.django_db(transaction=True)


class Arret(threading.Event):
    """Ends after `tours` waits, and notes how long each was asked to be."""

    def __init__(self, tours: int) -> None:
        super().__init__()
        self._tours, self.pauses = tours, []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        return len(self.pauses) > self._tours


def test_a_turn_that_has_more_to_do_is_followed_at_once_another_after_a_pause() -> None:
    suites = iter([True, True, False, False])
    arret = Arret(4)
    tourner(lambda: next(suites), arret, intervalle_s=2.0)
    assert arret.pauses[:3] == [0.0, 0.0, 0.0]
    assert [1.5 <= pause <= 2.5 for pause in arret.pauses[3:]] == [True, True]


def test_a_defect_in_one_turn_is_logged_with_its_traceback_and_does_not_end_the_loop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tours: list[int] = []

    def tour() -> bool:
        tours.append(1)
        raise ValueError("un défaut")

    with caplog.at_level(logging.ERROR, "socle.boucle"):
        tourner(tour, Arret(3), intervalle_s=0.1)
    assert len(tours) == 3
    assert [entree.exc_info[0] for entree in caplog.records] == [ValueError] * 3


def test_a_lost_database_is_waited_for_longer_and_longer_and_its_return_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bon, faux = connection.settings_dict["PORT"], "9"
    lus: list[Any] = []

    def tour() -> bool:
        # The third turn finds the server again.
        monkeypatch.setitem(connection.settings_dict, "PORT", bon if len(arret.pauses) >= 5 else faux)
        if connection.settings_dict["PORT"] == faux:
            connection.close()
        lus.append(sql("SELECT 1"))
        return False

    arret = Arret(6)
    tourner(tour, arret, intervalle_s=1.0)
    assert lus == [[(1,)], [(1,)]]
    attendues = [2.0, 4.0, 5.0, 5.0, 1.0, 1.0]
    assert [0.75 * s <= pause <= 1.25 * s for s, pause in zip(attendues, arret.pauses[1:], strict=True)] == [True] * 6


def test_a_session_that_the_server_ended_between_two_turns_costs_no_turn() -> None:
    lus: list[Any] = []

    def tour() -> bool:
        lus.append(sql("SELECT pg_backend_pid()")[0][0])
        with closing(brute()) as lien, lien.cursor() as curseur:
            curseur.execute("SELECT pg_terminate_backend(%s, 2000)", [lus[-1]])
        return True

    tourner(tour, Arret(3), intervalle_s=1.0)
    assert len(set(lus)) == 3
    connection.close()


def test_the_upkeep_comes_with_the_first_turn_then_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    heure = [1000.0]
    monkeypatch.setattr(boucle.time, "monotonic", lambda: heure[0])
    faits: list[float] = []

    def tour() -> bool:
        heure[0] += 1800.0
        return False

    tourner(tour, Arret(6), intervalle_s=1.0, menage=lambda: faits.append(heure[0]))
    assert faits == [2800.0, 6400.0, 10000.0]


def test_a_turn_under_way_ends_before_the_loop(en_parallele: Callable[[Callable[[], Any]], Fil]) -> None:
    arret, dedans, lacher, fini = (threading.Event() for _ in range(4))

    def tour() -> bool:
        dedans.set()
        lacher.wait(10)
        fini.set()
        return True

    fil = en_parallele(lambda: tourner(tour, arret, intervalle_s=60.0))
    assert dedans.wait(10)
    arret.set()
    assert fil.is_alive()
    lacher.set()
    fil.resultat()
    assert fini.is_set()
