"""What every bench needs: a bounded load of threads, percentiles, and CPU by process."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psutil


@dataclass(frozen=True)
class Serie:
    """Outcome of one round: latencies in seconds of the `nombre` operations that succeeded, wall time, failures."""

    latences: list[float]
    duree_s: float
    echecs: list[str] = field(default_factory=list)

    @property
    def debit(self) -> float:
        """Successful operations per second."""
        return len(self.latences) / self.duree_s

    def centile(self, p: float) -> float:
        """The p-th percentile of the latencies, in milliseconds."""
        ordonnees = sorted(self.latences)
        return 1000 * ordonnees[min(len(ordonnees) - 1, int(len(ordonnees) * p / 100))]


def reunir(series: list[Serie]) -> Serie:
    """Several rounds as one: latencies together, times added."""
    return Serie(
        [latence for serie in series for latence in serie.latences],
        sum(serie.duree_s for serie in series),
        [echec for serie in series for echec in serie.echecs],
    )


def charger(operation: Callable[[], None], *, nombre: int, concurrence: int) -> Serie:
    """Run `operation` `nombre` times from `concurrence` threads; an exception counts as a failure with its text."""
    restant = iter(range(nombre))
    verrou = threading.Lock()
    latences: list[float] = []
    echecs: list[str] = []

    def travailler() -> None:
        while True:
            with verrou:
                if next(restant, None) is None:
                    return
            debut = time.perf_counter()
            try:
                operation()
            except Exception as erreur:  # a bench reports failures, whatever they are
                with verrou:
                    echecs.append(f"{type(erreur).__name__}: {erreur}")
            else:
                duree = time.perf_counter() - debut
                with verrou:
                    latences.append(duree)

    fils = [threading.Thread(target=travailler) for _ in range(concurrence)]
    debut = time.perf_counter()
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    return Serie(latences, time.perf_counter() - debut, echecs)


def cpu(groupes: Mapping[str, list[int]]) -> dict[str, float]:
    """CPU seconds (user + system) used so far by each named group of processes; those that ended count for nothing."""
    total = {}
    for nom, pids in groupes.items():
        secondes = 0.0
        for pid in pids:
            try:
                temps = psutil.Process(pid).cpu_times()
            except psutil.NoSuchProcess:
                continue
            secondes += temps.user + temps.system
        total[nom] = secondes
    return total


def mediane(valeurs: list[float]) -> float:
    return statistics.median(valeurs)
