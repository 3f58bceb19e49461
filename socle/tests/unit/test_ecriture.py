"""Log lines are written together, in order, whole; what must not be lost is written at once."""

from __future__ import annotations

import io
import logging
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from socle import ecriture, fautes
from socle.ecriture import EcritureGroupee
from socle.tests.concurrence import attendre_que


class Flux(io.StringIO):
    """Remembers each write, and fails as often as told; `pendant` is called once in the middle of one."""

    def __init__(self) -> None:
        super().__init__()
        self.ecrits: list[str] = []
        self.refus = 0
        self.pendant: Callable[[], object] | None = None

    def write(self, texte: str) -> int:
        pendant, self.pendant = self.pendant, None
        if pendant is not None:
            pendant()
        if self.refus:
            self.refus -= 1
            raise OSError(28, "No space left on device")
        if texte:
            self.ecrits.append(texte)
        return len(texte)


@pytest.fixture
def flux(monkeypatch: pytest.MonkeyPatch) -> Flux:
    monkeypatch.setattr(ecriture, "DELAI_S", 0.02)
    return Flux()


@pytest.fixture
def journal(flux: Flux) -> Iterator[logging.Logger]:
    poignee = EcritureGroupee()
    poignee.setStream(flux)
    essai = logging.getLogger("essai.ecriture")
    essai.handlers, essai.propagate = [poignee], False
    essai.setLevel(logging.INFO)
    yield essai
    essai.handlers = []
    poignee.close()


def test_lines_are_written_in_order_a_moment_later_and_together(
    journal: logging.Logger, flux: Flux, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ecriture, "DELAI_S", 0.2)
    for rang in range(5):
        journal.info("ligne %s", rang)
    assert flux.ecrits == []
    attendre_que(lambda: flux.ecrits)
    assert flux.ecrits == ["ligne 0\nligne 1\nligne 2\nligne 3\nligne 4\n"]
    journal.info("encore")
    attendre_que(lambda: len(flux.ecrits) == 2)


def test_a_warning_is_written_at_once_with_what_was_said_before(journal: logging.Logger, flux: Flux) -> None:
    journal.info("avant")
    journal.warning("attention")
    assert flux.ecrits == ["avant\nattention\n"]


def test_a_signal_that_says_something_while_its_thread_writes_waits_for_nobody(
    journal: logging.Logger, flux: Flux
) -> None:
    flux.pendant = lambda: journal.warning("du signal")
    journal.warning("interrompue")
    assert sorted(flux.ecrits) == ["du signal\n", "interrompue\n"]


def test_what_is_said_while_lines_are_written_is_not_held_up(journal: logging.Logger, flux: Flux) -> None:
    libre = threading.Event()
    flux.pendant = lambda: libre.wait(10)
    journal.info("lente")
    attendre_que(lambda: flux.pendant is None)
    journal.info("pendant ce temps")
    assert flux.ecrits == []
    libre.set()
    attendre_que(lambda: flux.ecrits == ["lente\n", "pendant ce temps\n"])


def test_a_write_is_whole_lines_that_a_pipe_does_not_cut(journal: logging.Logger, flux: Flux) -> None:
    lignes = ["é" * longueur for longueur in (1500, 1500, 100, 3000, 1, 2)]
    for ligne in lignes:
        journal.info(ligne)
    journal.handlers[0].flush()
    assert "".join(flux.ecrits).splitlines() == lignes
    seules = [ecrit for ecrit in flux.ecrits if len(ecrit.encode()) > select.PIPE_BUF]
    assert seules == ["é" * 3000 + "\n"]
    assert all(ecrit.endswith("\n") for ecrit in flux.ecrits)


def test_a_disk_that_is_full_stops_neither_the_program_nor_later_lines(journal: logging.Logger, flux: Flux) -> None:
    flux.refus = 2
    journal.warning("perdue")
    journal.info("perdue aussi")
    attendre_que(lambda: flux.refus == 0)
    journal.info("écrite")
    attendre_que(lambda: flux.ecrits == ["écrite\n"])


_PROGRAMME = """
import logging, os, sys
from socle import fautes
from socle.ecriture import EcritureGroupee

logging.basicConfig(level=logging.INFO, handlers=[EcritureGroupee()], format="%(message)s")
journal = logging.getLogger("essai")
"""


def lancer(suite: str, *arguments: str) -> tuple[int, list[str]]:
    """Exit code and lines of a program that says things."""
    fini = subprocess.run(
        [sys.executable, "-c", _PROGRAMME + suite, *arguments],
        capture_output=True, text=True, timeout=30, check=False,
        env=os.environ | {"PYTHONPATH": str(Path(ecriture.__file__).parents[1])},
    )  # fmt: skip
    return fini.returncode, fini.stderr.splitlines()


def test_nothing_is_missing_after_an_ordinary_end() -> None:
    assert lancer('journal.info("un"); journal.info("deux")') == (0, ["un", "deux"])


def test_a_line_that_cannot_be_made_takes_no_other_with_it() -> None:
    code, lignes = lancer('journal.info("%d", "trois"); journal.info("suivante")')
    assert (code, lignes[0], lignes[-1]) == (0, "--- Logging error ---", "suivante")


def test_a_child_does_not_write_what_its_parent_said() -> None:
    suite = """
journal.info("parent avant")
if os.fork() == 0:
    journal.info("enfant")
    sys.exit(0)
os.wait()
journal.info("parent après")
"""
    assert sorted(lancer(suite)[1]) == ["enfant", "parent après", "parent avant"]


def test_a_fault_point_that_kills_is_the_last_line_after_all_the_others(tmp_path: Path) -> None:
    suite = """
fautes.activer(sys.argv[1]).ecrire([fautes.Faute(point="http.avant_envoi", genre="crash")])
journal.info("avant")
fautes.point("http.avant_envoi")
journal.info("jamais")
"""
    code, lignes = lancer(suite, str(tmp_path / "f.json"))
    assert (code, lignes) == (-9, ["avant", "point de faute http.avant_envoi : crash"])
    assert fautes.Tableau(tmp_path / "f.json").lire() == {}
