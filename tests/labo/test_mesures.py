"""What the benches measure with."""

from __future__ import annotations

import io
import itertools
import os
import threading
import time

from rich.console import Console

from local.mesures import Depense, charger, tableau_cpu


def test_every_operation_is_run_once_and_failures_keep_their_text() -> None:
    rangs = itertools.count()

    def operation() -> None:
        if next(rangs) % 5 == 0:
            raise ValueError("un sur cinq")

    serie = charger(operation, nombre=20, concurrence=4)
    assert (len(serie.latences), serie.echecs) == (16, ["ValueError: un sur cinq"] * 4)


def test_users_who_think_pause_between_operations_and_begin_one_after_the_other() -> None:
    debuts: dict[int, list[float]] = {}

    def operation() -> None:
        debuts.setdefault(threading.get_ident(), []).append(time.monotonic())

    debut = time.monotonic()
    serie = charger(operation, nombre=6, concurrence=2, pause_s=0.2)
    assert len(serie.latences) == 6
    premiers = sorted(instants[0] - debut for instants in debuts.values())
    assert premiers[1] >= 0.1
    assert all(apres - avant >= 0.2 for instants in debuts.values() for avant, apres in itertools.pairwise(instants))


def test_cpu_is_added_up_by_group_over_the_blocks_measured() -> None:
    depense = Depense()
    for _ in range(2):
        with depense.mesurer({"nous": [os.getpid()], "personne": [2**22]}):
            limite = time.process_time() + 0.1
            while time.process_time() < limite:
                pass
    par_operation = depense.par_operation(10)
    assert 20.0 <= par_operation["nous"] < 200.0
    assert par_operation["personne"] == 0.0
    console = Console(file=io.StringIO(), width=80)
    console.print(tableau_cpu("CPU", {"avec": {"a": 1.0, "b": 0.001}, "sans": {"a": 0.5}}))
    assert isinstance(console.file, io.StringIO)
    lignes = [ligne.split() for ligne in console.file.getvalue().splitlines() if ligne.startswith("│")]
    assert [[mot for mot in ligne if mot != "│"] for ligne in lignes] == [
        ["a", "1.00", "0.50"],
        ["total", "1.00", "0.50"],
    ]
