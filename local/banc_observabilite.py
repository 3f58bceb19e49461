"""`./labo bench observabilite`: what metrics, logs and traces cost on a checkout.

One platform of its own, whose programs are switched while they run (`local/bascule`) between saying nothing of
themselves (no metric is counted, only errors are logged), the usual metrics and logs, and these with one trace in ten.
Short rounds of whole orchestrated checkouts go from one to the next; what is compared is the CPU of all the platform's
programs, databases and gateway included, in the same round: the machine's moods last longer than a round, and fall on
all sides. (Three platforms, one for each side, differed from each other by as much as what was looked for.)

Nobody scrapes the metrics here: that costs so much a minute, however little or much is sold.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
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
NU, USUEL, TRACE = "rien", "métriques et journaux", "et une trace sur dix"
MODES = {NU: "rien", USUEL: "usuel", TRACE: "traces"}
_BASCULE_S = 0.3
"""Every process has looked at its mode meanwhile."""
_REPOS_S = 0.5
_SUITES_S = 0.7
"""Followers have taken what the round published (the slowest look every half second)."""


def executer(
    plateforme: Plateforme, *, nombre: int = 20, tours: int = 80, concurrence: int = 4, console: Console | None = None
) -> int:
    """`tours` rounds of `nombre` checkouts on each side, after one unmeasured; 1 when a ratio is above its bound.

    `plateforme` is left alone: its programs cannot be switched.
    """
    console = console or Console()
    tous: dict[str, list[float]] = {nom: [] for nom in MODES}
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
            for tour in range(tours + 1):
                noms = [*MODES]
                for nom in noms[tour % 3 :] + noms[: tour % 3]:
                    mode.write_text(MODES[nom])
                    tous[nom].append(_un_tour(banc, caisse, nombre, concurrence))
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


def _un_tour(plateforme: Plateforme, caisse: Caisse, nombre: int, concurrence: int) -> float:
    """CPU of the platform, in ms per checkout: what follows the last one included, what it does when idle taken off."""

    def payer() -> None:
        reponse = caisse.api.checkout(caisse.client())
        if reponse.statut != 201:
            raise ErreurLabo(f"HTTP {reponse.statut} : {reponse.corps}")

    groupes = groupes_de_processus(plateforme)
    groupes.pop("client du banc")
    repos, depense = Depense(), Depense()
    time.sleep(_BASCULE_S)
    with repos.mesurer(groupes):
        time.sleep(_REPOS_S)
    debut = time.monotonic()
    with depense.mesurer(groupes):
        serie = charger(payer, nombre=nombre, concurrence=concurrence)
        time.sleep(_SUITES_S)
    duree = time.monotonic() - debut
    if serie.echecs:
        raise ErreurLabo(f"Un checkout du banc a échoué : {serie.echecs[0]}")
    au_repos = sum(repos.secondes.values()) * duree / _REPOS_S
    return 1000 * (sum(depense.secondes.values()) - au_repos) / nombre


def _rapporter(console: Console, tours: dict[str, list[float]]) -> int:
    table = Table(title="CPU de toute la plateforme par checkout orchestré, en ms", title_justify="left")
    for colonne in ("côté", "médiane des tours", "premier quartile", "dernier quartile"):
        table.add_column(colonne, justify="left" if colonne == "côté" else "right")
    for nom, durees in tours.items():
        premier, median, dernier = statistics.quantiles(durees, n=4, method="inclusive")
        table.add_row(nom, f"{median:.2f}", f"{premier:.2f}", f"{dernier:.2f}")
    console.print(table)
    manques = 0
    for quoi, cote, reference in (("métriques et journaux", USUEL, NU), ("traces à 10 %", TRACE, USUEL)):
        ratios = [a / b for a, b in zip(tours[cote], tours[reference], strict=True)]
        ratio = _milieu(ratios)
        console.print(f"{quoi} : ratio {ratio:.3f} ± {_incertitude(ratios):.3f} (au plus {PLAFOND})")
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
