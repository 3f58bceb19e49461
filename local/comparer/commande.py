"""`./labo comparer`: the rounds in turn, a bar that says how far, and the report."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from local.comparer import environnement, phases, rapport
from local.comparer.donnees import STYLES, Donnees, Style, lire
from local.plateforme import Plateforme
from local.processus import ErreurLabo


@dataclass(frozen=True, kw_only=True)
class Reglages:
    """How much of everything. Numbers of checkouts are for each style; times in seconds."""

    utilisateurs: int
    secondes: float
    pause_s: float
    charges: tuple[int, ...]
    charge_s: float
    charge_pause_s: float
    couts: int
    repos_s: float
    publication_s: float
    compensations: int
    reprises: int
    reprise: int


COMPLET = Reglages(
    utilisateurs=50,
    secondes=20,
    pause_s=5,
    charges=(5, 10, 25, 50, 100),
    charge_s=4,
    charge_pause_s=1,
    couts=100,
    repos_s=6,
    publication_s=10.5,
    compensations=30,
    reprises=3,
    reprise=24,
)
VITE = Reglages(
    utilisateurs=4,
    secondes=3,
    pause_s=1,
    charges=(2, 6),
    charge_s=1,
    charge_pause_s=0.5,
    couts=10,
    repos_s=1,
    publication_s=1,
    compensations=3,
    reprises=1,
    reprise=6,
)


class Suivi:
    """The bars: all rounds, and the checkouts of the one under way."""

    def __init__(self, progression: Progress, rondes: int) -> None:
        self.console = progression.console
        self._progression = progression
        self._toutes = progression.add_task("Comparaison", total=rondes)
        self._une = progression.add_task("", total=None)

    @contextmanager
    def ronde(self, titre: str, nombre: int) -> Iterator[Callable[[], None]]:
        """One round; call what it gives for each checkout."""
        self._progression.reset(self._une, total=nombre, description=titre)
        yield lambda: self._progression.advance(self._une)
        self._progression.advance(self._toutes)


def executer(dossier: Path, *, vite: bool = False, redessiner: bool = False, console: Console) -> Path:
    """Measure (unless `redessiner`: the measures in `dossier` are taken) and write the report; its page.

    Raises `ErreurLabo` when the platform does not do what a round needs, or the figures cannot be drawn.
    """
    dossier.mkdir(parents=True, exist_ok=True)
    if redessiner:
        try:
            donnees = lire(dossier)
        except OSError as erreur:
            raise ErreurLabo(f"Pas de mesures à redessiner : {erreur}.") from erreur
    else:
        with console.status("Les outils de dessin se préparent…"):
            rapport.dessinateur()  # what cannot be drawn need not be measured
        with contextlib.ExitStack() as pile:
            charge = os.getloadavg()
            with console.status("Une plateforme démarre pour cette comparaison…"):
                plateforme = pile.enter_context(Plateforme.ephemere())
            ligne = "./labo comparer" + (" --vite" if vite else "")
            donnees = mesurer(plateforme, VITE if vite else COMPLET, ligne=ligne, charge=charge, console=console)
        donnees.ecrire(dossier)
    with console.status("Le rapport s'écrit…"):
        return rapport.ecrire(donnees, dossier)


def mesurer(
    plateforme: Plateforme, reglages: Reglages, *, ligne: str, charge: tuple[float, float, float], console: Console
) -> Donnees:
    """Every round of both styles. `ligne`: the command that asked; `charge`: the machine's load averages before.

    Raises `ErreurLabo` when the platform does not do what a round needs.
    """
    debut = time.monotonic()
    donnees = Donnees(environnement=environnement.decrire(plateforme, charge), reglages={})
    colonnes = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    rondes = len(STYLES) * (4 + len(reglages.charges) + reglages.reprises)
    with Progress(*colonnes, console=console) as progression:
        suivi = Suivi(progression, rondes)
        for jouer in (_couts, _sain, _balayage, _compensations, _reprises, _pannes):
            for style in STYLES:
                jouer(plateforme, donnees, style, reglages, suivi)
    donnees.reglages |= {
        "Commande": ligne,
        "Durée": f"{time.monotonic() - debut:.0f} s",
        "Rondes": (
            f"{reglages.utilisateurs} utilisateurs qui réfléchissent {reglages.pause_s:g} s, pendant "
            f"{reglages.secondes:g} s ; balayage à {', '.join(map(str, reglages.charges))} utilisateurs qui "
            f"réfléchissent {reglages.charge_pause_s:g} s, pendant {reglages.charge_s:g} s"
        ),
    }
    return donnees


def _couts(plateforme: Plateforme, donnees: Donnees, style: Style, r: Reglages, suivi: Suivi) -> None:
    with suivi.ronde(f"coûts, {style}", r.couts) as avancer:
        donnees.couts[style] = phases.cout(
            plateforme,
            style,
            nombre=r.couts,
            repos_s=r.repos_s,
            publication_s=r.publication_s,
            avancer=avancer,
        )


def _sain(plateforme: Plateforme, donnees: Donnees, style: Style, r: Reglages, suivi: Suivi) -> None:
    nombre = int(r.utilisateurs * r.secondes / r.pause_s)
    with suivi.ronde(f"sans panne, {style}", nombre) as avancer:
        vue, donnees.flots[style] = phases.saine(
            plateforme, style, utilisateurs=r.utilisateurs, nombre=nombre, pause_s=r.pause_s, avancer=avancer
        )
    donnees.epreuves.append(vue)


def _balayage(plateforme: Plateforme, donnees: Donnees, style: Style, r: Reglages, suivi: Suivi) -> None:
    for utilisateurs in r.charges:
        nombre = int(utilisateurs * r.charge_s / r.charge_pause_s)
        with suivi.ronde(f"{utilisateurs} acheteurs, {style}", nombre) as avancer:
            donnees.epreuves.append(
                phases.epreuve(
                    plateforme,
                    "balayage",
                    style,
                    utilisateurs=utilisateurs,
                    nombre=nombre,
                    pause_s=r.charge_pause_s,
                    avancer=avancer,
                )
            )


def _compensations(plateforme: Plateforme, donnees: Donnees, style: Style, r: Reglages, suivi: Suivi) -> None:
    with suivi.ronde(f"compensations, {style}", r.compensations) as avancer:
        donnees.compensations_ms[style] = phases.compensation(
            plateforme, style, nombre=r.compensations, avancer=avancer
        )


def _reprises(plateforme: Plateforme, donnees: Donnees, style: Style, r: Reglages, suivi: Suivi) -> None:
    donnees.reprises[style] = []
    for rang in range(r.reprises):
        with suivi.ronde(f"arrêt brutal {rang + 1}, {style}", r.reprise) as avancer:
            donnees.reprises[style].append(phases.reprise(plateforme, style, nombre=r.reprise, avancer=avancer))


def _pannes(plateforme: Plateforme, donnees: Donnees, style: Style, r: Reglages, suivi: Suivi) -> None:
    nombre = int(r.utilisateurs * r.secondes / r.pause_s)
    with suivi.ronde(f"avec pannes, {style}", nombre) as avancer:
        donnees.epreuves.append(
            phases.cassee(
                plateforme,
                style,
                utilisateurs=r.utilisateurs,
                nombre=nombre,
                pause_s=r.pause_s,
                avancer=avancer,
                console=suivi.console,
            )
        )
