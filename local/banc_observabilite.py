"""`./labo bench observabilite`: what metrics, logs and traces cost on a checkout.

One platform of its own, whose programs are switched while they run (`local/bascule`) between saying nothing of
themselves (no metric is counted, only errors are logged), the usual metrics and logs, and these with one trace in ten.
Short rounds of whole orchestrated checkouts go from one to the next; what is compared is the CPU of all the platform's
programs, databases and gateway included. (Three platforms, one for each side, differed from each other by as much as
what was looked for.)

The machine's moods move a round's CPU by more than what is looked for. Databases, bus and gateway do and say the same
on every side: what a round cost them tells its mood, and our programs' CPU is measured by it (a control variate). The
plain ratio, four times as uncertain, is told beside it: were our programs to make the others dearer, it would show.

Nobody scrapes the metrics here: that costs so much a minute, however little or much is sold.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.banc_orchestre import groupes_de_processus
from local.banc_utilisateurs import Caisse
from local.mesures import Depense, charger
from local.plateforme import Plateforme
from local.processus import ADRESSE, ErreurLabo
from local.recepteur import recevoir

PLAFOND = 1.05
_NE_DISENT_RIEN = ("postgres", "redis", "gateway")
"""What costs the same on every side."""
NU, USUEL, TRACE = "rien", "métriques et journaux", "et une trace sur dix"
MODES = {NU: "rien", USUEL: "usuel", TRACE: "traces"}
_BASCULE_S = 0.3
"""Every process has looked at its mode meanwhile."""
_REPOS_S = 5.0
_SUITES_S = 0.7
"""Followers have taken what the round published (the slowest look every half second)."""


@dataclass(frozen=True, slots=True)
class Tour:
    """CPU of a round in ms per checkout: of our programs, and of what says nothing."""

    programmes: float
    autres: float

    @property
    def total(self) -> float:
        return self.programmes + self.autres

    def surcout(self, reference: Tour) -> float:
        """How many times the reference's total this one's is, were the others' CPU the same in both."""
        ratio = self.programmes / self.autres * reference.autres / reference.programmes
        return 1 + (ratio - 1) * reference.programmes / reference.total


def executer(
    plateforme: Plateforme, *, nombre: int = 40, tours: int = 60, concurrence: int = 4, console: Console | None = None
) -> int:
    """`tours` rounds of `nombre` checkouts on each side, after one unmeasured; 1 when a ratio is above its bound.

    `plateforme` is left alone: its programs cannot be switched.
    """
    console = console or Console()
    tous: dict[str, list[Tour]] = {nom: [] for nom in MODES}
    with tempfile.TemporaryDirectory(prefix="labo-bascule-") as dossier, recevoir() as recepteur:
        mode = Path(dossier, "mode")
        mode.write_text(MODES[TRACE])
        reglages = {
            "LABO_BASCULE": str(mode),
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{ADRESSE}:{recepteur.port}",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0.1",
        }
        with _montee(reglages) as banc:
            caisse = Caisse(banc, 3 * nombre * (tours + 1))
            repos = _au_repos(banc)
            for tour in range(tours + 1):
                noms = [*MODES]
                for nom in noms[tour % 3 :] + noms[: tour % 3]:
                    mode.write_text(MODES[nom])
                    time.sleep(_BASCULE_S)
                    tous[nom].append(_un_tour(banc, caisse, repos, nombre, concurrence))
    return _rapporter(console, {nom: durees[1:] for nom, durees in tous.items()})


@contextlib.contextmanager
def _montee(variables: dict[str, str]) -> Iterator[Plateforme]:
    """A platform whose programs start with these settings."""
    avant = {nom: os.environ.get(nom) for nom in variables}
    with contextlib.ExitStack() as pile:
        os.environ.update(variables)
        try:
            montee = pile.enter_context(Plateforme.ephemere())
        finally:
            for nom, valeur in avant.items():
                os.environ.pop(nom) if valeur is None else os.environ.update({nom: valeur})
        yield montee


def _groupes(plateforme: Plateforme) -> dict[str, list[int]]:
    groupes = groupes_de_processus(plateforme)
    groupes.pop("client du banc")
    return groupes


def _au_repos(plateforme: Plateforme) -> dict[str, float]:
    """CPU seconds per second of each group while nobody buys."""
    depense = Depense()
    with depense.mesurer(_groupes(plateforme)):
        time.sleep(_REPOS_S)
    return {nom: secondes / _REPOS_S for nom, secondes in depense.secondes.items()}


def _un_tour(plateforme: Plateforme, caisse: Caisse, repos: Mapping[str, float], nombre: int, concurrence: int) -> Tour:
    """What follows the last checkout is in it; what the platform does when idle is taken off."""

    def payer() -> None:
        reponse = caisse.api.checkout(caisse.client())
        if reponse.statut != 201:
            raise ErreurLabo(f"HTTP {reponse.statut} : {reponse.corps}")

    depense = Depense()
    debut = time.monotonic()
    with depense.mesurer(_groupes(plateforme)):
        serie = charger(payer, nombre=nombre, concurrence=concurrence)
        time.sleep(_SUITES_S)
    duree = time.monotonic() - debut
    if serie.echecs:
        raise ErreurLabo(f"Un checkout du banc a échoué : {serie.echecs[0]}")
    parts = {True: 0.0, False: 0.0}
    for nom, secondes in depense.secondes.items():
        parts[nom.startswith(_NE_DISENT_RIEN)] += 1000 * (secondes - repos.get(nom, 0.0) * duree) / nombre
    return Tour(programmes=parts[False], autres=parts[True])


def _rapporter(console: Console, tours: dict[str, list[Tour]]) -> int:
    table = Table(title="CPU par checkout orchestré, en ms : médiane des tours", title_justify="left")
    for colonne in ("côté", "programmes", "bases, bus et passerelle", "toute la plateforme"):
        table.add_column(colonne, justify="left" if colonne == "côté" else "right")
    for nom, durees in tours.items():
        medianes = (statistics.median(getattr(t, de) for t in durees) for de in ("programmes", "autres", "total"))
        table.add_row(nom, *(f"{mediane:.2f}" for mediane in medianes))
    console.print(table)
    manques = 0
    for quoi, cote, reference in (("métriques et journaux", USUEL, NU), ("traces à 10 %", TRACE, USUEL)):
        paires = list(zip(tours[cote], tours[reference], strict=True))
        ratios, bruts = [a.surcout(b) for a, b in paires], [a.total / b.total for a, b in paires]
        ratio = _milieu(ratios)
        console.print(
            f"{quoi} : ratio {ratio:.3f} ± {_incertitude(ratios):.3f} (au plus {PLAFOND}) ; "
            f"sans égard à l'humeur de la machine {_milieu(bruts):.3f} ± {_incertitude(bruts):.3f}"
        )
        manques += ratio > PLAFOND
    return 1 if manques else 0


def _milieu(valeurs: list[float]) -> float:
    """The mean of the middle half: one bad round condemns nothing, and one good one saves nothing."""
    ecartees = (len(valeurs) + 3) // 4 if len(valeurs) > 2 else 0
    return statistics.fmean(sorted(valeurs)[ecartees : len(valeurs) - ecartees])


def _incertitude(valeurs: list[float]) -> float:
    """Half of the 95 % interval of `_milieu`, from rounds drawn again (bootstrap); the same each time."""
    hasard = random.Random(1)  # noqa: S311 -- a sample, not a secret
    tires = [_milieu(hasard.choices(valeurs, k=len(valeurs))) for _ in range(400)]
    marges = statistics.quantiles(tires, n=40)
    return (marges[-1] - marges[0]) / 2
