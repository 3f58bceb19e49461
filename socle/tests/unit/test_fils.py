"""Threads of one program end together."""

import threading

import pytest

from socle.fils import Fils


def test_a_defect_in_one_thread_ends_the_program_with_status_1() -> None:
    arret = threading.Event()
    fils = Fils(arret)
    fils.lancer("sain", lambda: [arret.wait(10)].clear())
    fils.lancer("malade", lambda: [][0])
    assert arret.wait(5)
    with pytest.raises(SystemExit) as fin:
        fils.finir(5)
    assert fin.value.code == 1


def test_threads_asked_to_end_are_waited_for_and_the_program_ends_well() -> None:
    arret, fini = threading.Event(), threading.Event()
    fils = Fils(arret)

    def corps() -> None:
        arret.wait(10)
        fini.set()

    fils.lancer("sain", corps)
    assert not arret.is_set()
    fils.finir(5)
    assert fini.is_set()
