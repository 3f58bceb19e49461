"""`./labo bench observabilite`: what metrics, logs and traces cost on a checkout.

Three platforms of its own, alike but for what they say of themselves: nothing (no metric is counted, only errors are
logged), the usual metrics and logs, and these with one trace in ten. Rounds of whole orchestrated checkouts alternate
between them; what is compared is the CPU of all the platform's programs, databases and gateway included, in the same
round: the machine's moods fall on all sides.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from local.banc_orchestre import groupes_de_processus
from local.banc_utilisateurs import Caisse
from local.mesures import Depense, charger, mediane
from local.plateforme import Plateforme
from local.processus import ADRESSE, ErreurLabo
from local.recepteur import recevoir

PLAFOND = 1.05
NU, USUEL, TRACE = "rien", "métriques et journaux", "et une trace sur dix"


def executer(
    plateforme: Plateforme, *, nombre: int = 150, tours: int = 6, concurrence: int = 4, console: Console | None = None
) -> int:
    """`tours` rounds of `nombre` checkouts on each side, after one unmeasured; 1 when a ratio is above its bound.

    `plateforme` is left alone: its programs run with one setting, and three are needed.
    """
    console = console or Console()
    with contextlib.ExitStack() as pile:
        port = pile.enter_context(recevoir()).port
        reglages: dict[str, dict[str, str]] = {
            NU: {"LOG_LEVEL": "ERROR", "LABO_SANS_MESURES": "1"},
            USUEL: {},
            TRACE: {
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{ADRESSE}:{port}",
                "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
                "OTEL_TRACES_SAMPLER_ARG": "0.1",
            },
        }
        cotes = {nom: pile.enter_context(_montee(variables)) for nom, variables in reglages.items()}
        caisses = {nom: Caisse(cote, nombre * (tours + 1)) for nom, cote in cotes.items()}
        tous = {nom: [_un_tour(cote, caisses[nom], nombre, concurrence)] for nom, cote in cotes.items()}
        for tour in range(tours):
            noms = list(cotes)
            for nom in noms[tour % 3 :] + noms[: tour % 3]:
                tous[nom].append(_un_tour(cotes[nom], caisses[nom], nombre, concurrence))
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
    """CPU of the platform, in ms per checkout."""

    def payer() -> None:
        reponse = caisse.api.checkout(caisse.client())
        if reponse.statut != 201:
            raise ErreurLabo(f"HTTP {reponse.statut} : {reponse.corps}")

    groupes = groupes_de_processus(plateforme)
    groupes.pop("client du banc")
    depense = Depense()
    with depense.mesurer(groupes):
        serie = charger(payer, nombre=nombre, concurrence=concurrence)
    if serie.echecs:
        raise ErreurLabo(f"Un checkout du banc a échoué : {serie.echecs[0]}")
    return sum(depense.par_operation(nombre).values())


def _rapporter(console: Console, tours: dict[str, list[float]]) -> int:
    table = Table(title="CPU de toute la plateforme par checkout orchestré", title_justify="left")
    for colonne in ("côté", "ms (médiane)", "ms, tour par tour"):
        table.add_column(colonne, justify="left" if colonne == "côté" else "right")
    for nom, durees in tours.items():
        table.add_row(nom, f"{mediane(durees):.2f}", " ".join(f"{duree:.1f}" for duree in durees))
    console.print(table)
    manques = 0
    for quoi, cote, reference in (("métriques et journaux", USUEL, NU), ("traces à 10 %", TRACE, USUEL)):
        ratio = mediane([a / b for a, b in zip(tours[cote], tours[reference], strict=True)])
        console.print(f"{quoi} : ratio {ratio:.3f} (médiane des tours, au plus {PLAFOND})")
        manques += ratio > PLAFOND
    return 1 if manques else 0
