"""What every bench needs: a bounded load of threads, percentiles, and CPU by process."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.table import Table

_CPUCLOCK_SCHED = 2  # include/linux/posix-timers.h


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


def charger(operation: Callable[[], None], *, nombre: int, concurrence: int, pause_s: float = 0.0) -> Serie:
    """Run `operation` `nombre` times from `concurrence` threads; an exception counts as a failure with its text.

    `pause_s`: what each thread waits between two operations; their first ones are spread over that time.
    """
    restant = iter(range(nombre))
    verrou = threading.Lock()
    latences: list[float] = []
    echecs: list[str] = []

    def travailler(rang: int) -> None:
        attente = pause_s * rang / concurrence
        while True:
            with verrou:
                if next(restant, None) is None:
                    return
            time.sleep(attente)
            attente = pause_s
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

    fils = [threading.Thread(target=travailler, args=(rang,)) for rang in range(concurrence)]
    debut = time.perf_counter()
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    return Serie(latences, time.perf_counter() - debut, echecs)


def cpu(groupes: Mapping[str, list[int]]) -> dict[str, float]:
    """CPU seconds used so far by each named group of processes; those that ended count for nothing."""
    return {nom: sum(_cpu_du_processus(pid) or 0.0 for pid in pids) for nom, pids in groupes.items()}


def _cpu_du_processus(pid: int) -> float | None:
    """CPU seconds (user + system) used so far; None for a process that ended.

    By the kernel's clock of that process, in nanoseconds: /proc counts in hundredths of a second.

    The clock's number is what clock_getcpuclockid(3) gives, which Python has for threads only.
    """
    try:
        return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)
    except OSError:
        return None


class Depense:
    """CPU seconds by named group of processes, added up over the blocks measured."""

    def __init__(self) -> None:
        self.secondes: dict[str, float] = {}

    @contextmanager
    def mesurer(self, groupes: Mapping[str, list[int]]) -> Iterator[None]:
        """Add what these groups use while the block runs; a process that ends meanwhile counts for nothing."""
        avant = {nom: [(pid, _cpu_du_processus(pid)) for pid in pids] for nom, pids in groupes.items()}
        yield
        for nom, releves in avant.items():
            depense = 0.0
            for pid, debut in releves:
                fin = _cpu_du_processus(pid)
                if debut is not None and fin is not None:
                    depense += fin - debut
            self.secondes[nom] = self.secondes.get(nom, 0.0) + depense

    def par_operation(self, nombre: int) -> dict[str, float]:
        """Milliseconds by group for each of `nombre` operations."""
        return {nom: 1000 * secondes / max(1, nombre) for nom, secondes in self.secondes.items()}


def tableau_cpu(titre: str, colonnes: Mapping[str, Mapping[str, float]]) -> Table:
    """Milliseconds by group, one column for each side; what shows nowhere is left out, and the total added."""
    table = Table(title=titre, title_justify="left")
    table.add_column("processus")
    for cote in colonnes:
        table.add_column(cote, justify="right")
    for nom in sorted({nom for depenses in colonnes.values() for nom in depenses}):
        valeurs = [depenses.get(nom, 0.0) for depenses in colonnes.values()]
        if max(valeurs) >= 0.005:
            table.add_row(nom, *(f"{valeur:.2f}" for valeur in valeurs))
    table.add_row("total", *(f"{sum(depenses.values()):.2f}" for depenses in colonnes.values()))
    return table


def mediane(valeurs: list[float]) -> float:
    return statistics.median(valeurs)
