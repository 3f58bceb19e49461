"""`./labo chaos`: a seeded schedule of faults under traffic, then the checker's verdict.

Guarantee: the same seed, duration and kinds replay the same schedule (`chaos_plan`); what breaks meanwhile is always
mended before the verdict; a violation ends in exit status 1 and the line that replays it.
"""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from local import coffre
from local.chaos_pannes import Atelier
from local.chaos_plan import GENRES, SEULEMENT_ISOLEE, Panne, planifier
from local.composants import SERVICES, liens
from local.lieux import RACINE
from local.mandataire import Mandataire
from local.plateforme import Plateforme
from local.processus import ADRESSE, ErreurLabo
from tests.chaos.acces import Acces, Injoignable
from tests.chaos.rapport import Rapport
from tests.chaos.sql import SERVICES as AVEC_SQL
from tests.chaos.verifier import REPOS_MAX_S, Verificateur

ACHETEURS = 4


@contextlib.contextmanager
def plateforme_isolee(racine: Path = RACINE) -> Iterator[Atelier]:
    """A platform of its own, running the code in `racine`, whose components find each other through the proxy."""
    with contextlib.ExitStack() as pile:

        def detourner(decalage: int) -> dict[str, int]:
            mandataires.append(pile.enter_context(Mandataire(liens(SERVICES, decalage))))
            return mandataires[0].ports

        mandataires: list[Mandataire] = []
        plateforme = pile.enter_context(Plateforme.ephemere(racine=racine, detourner=detourner))
        yield Atelier(plateforme, mandataires[0])


def acces_a(plateforme: Plateforme) -> Acces:
    """Every way into the platform the checker can use."""
    secrets = plateforme.secrets
    dsn = {
        s.nom: f"postgresql://{s.proprietaire}:{secrets[coffre.variable_proprietaire(s)]}"
        f"@{ADRESSE}:{plateforme.ports['postgres']}/{s.nom_base}"
        for s in plateforme.services
        if s.nom in AVEC_SQL
    }
    return Acces(
        plateforme.urls["gateway"],
        plateforme.cle(),
        jeton=secrets["INTERNAL_TOKEN"],
        dsn=dsn,
        journaux=str(plateforme.lieux.logs),
    )


def mener(
    atelier: Atelier,
    graine: int,
    plan: Sequence[Panne],
    console: Console,
    *,
    duree_s: float = 0.0,
    repos_max_s: float = REPOS_MAX_S,
) -> Rapport:
    """Traffic, faults, mending, verdict. The traffic lasts as long as the faults, and `duree_s` at least.

    Raises `ErreurLabo` when a component does not come back, or the platform is not fit to begin with.
    """
    verificateur = Verificateur(acces_a(atelier.plateforme), graine, fils=ACHETEURS)
    arret = threading.Event()
    try:
        verificateur.preparer()
        with ThreadPoolExecutor(1) as bassin:
            trafic = bassin.submit(verificateur.conduire, arret)
            try:
                derouler(atelier, plan, console, duree_s)
            finally:
                arret.set()
            trafic.result()
        rapport = verificateur.conclure(repos_max_s)
    except Injoignable as erreur:
        raise ErreurLabo(f"La plateforme ne répond plus comme il faut : {erreur}") from erreur
    if rapport.violations:
        console.print(f"Journaux gardés dans {_garder(atelier.plateforme)}", markup=False, soft_wrap=True)
    return rapport


def _garder(plateforme: Plateforme) -> Path:
    """A copy of the logs: a platform of its own takes them with it."""
    dossier = Path(tempfile.mkdtemp(prefix="labo-chaos-"))
    shutil.copytree(plateforme.lieux.logs, dossier, dirs_exist_ok=True)
    return dossier


def derouler(atelier: Atelier, plan: Sequence[Panne], console: Console, duree_s: float) -> None:
    """Each fault at its time, then everything mended. A fault that cannot be done is told and skipped."""
    depart = time.monotonic()
    fini = threading.Event()

    def subir(panne: Panne) -> None:
        try:
            with atelier.panne(panne):
                console.print(f"{panne}", markup=False)
                fini.wait(panne.duree_s)
        except Exception as erreur:  # whatever went wrong with one fault, the others and the mending go on
            console.print(f"{time.monotonic() - depart:6.1f} s  {panne.genre} {panne.cible} : {erreur}", markup=False)

    try:
        with ThreadPoolExecutor(32) as bassin:
            try:
                for panne in plan:
                    time.sleep(max(0.0, depart + panne.debut_s - time.monotonic()))
                    bassin.submit(subir, panne)
                time.sleep(max(0.0, depart + duree_s - time.monotonic()))
            except BaseException:
                fini.set()  # interrupted: what is broken is mended at once
                raise
    finally:
        atelier.remettre()
    console.print(f"{time.monotonic() - depart:6.1f} s  tout est réparé", markup=False)


def commande(graine: int, minutes: float, genres: Sequence[str], *, sur_place: bool) -> str:
    """The line that replays a run."""
    choix = "".join(f" --only {genre}" for genre in genres)
    return f"./labo chaos --seed {graine} --minutes {minutes:g}{choix}{' --sur-place' if sur_place else ''}"


def executer(
    graine: int | None,
    minutes: float,
    genres: Sequence[str],
    *,
    sur_place: bool,
    rapport_json: Path | None,
    console: Console,
) -> int:
    """One run; 0 when every invariant held. Raises `ErreurLabo`."""
    if graine is None:
        graine = random.SystemRandom().randrange(1, 1_000_000)
    voulus = list(genres)
    if sur_place:
        if interdits := sorted(SEULEMENT_ISOLEE & set(voulus)):
            raise ErreurLabo(f"Sans --sur-place seulement : {', '.join(interdits)}.")
        voulus = voulus or [genre for genre in GENRES if genre not in SEULEMENT_ISOLEE]
    plan = planifier(graine, minutes * 60, voulus)
    ligne = commande(graine, minutes, genres, sur_place=sur_place)
    console.print(f"Graine {graine}, {len(plan)} pannes. Pour rejouer : {ligne}", markup=False, soft_wrap=True)
    with contextlib.ExitStack() as pile:
        if sur_place:
            atelier = Atelier(Plateforme(), None)
            atelier.plateforme.superviseur.etats()  # raises when nothing runs
        else:
            with console.status("Une plateforme démarre pour cet essai…"):
                atelier = pile.enter_context(plateforme_isolee())
        rapport = mener(atelier, graine, plan, console)
    rapport.montrer(console)
    if rapport_json is not None:
        rapport_json.write_text(json.dumps(rapport.json(), ensure_ascii=False, indent=1, default=str))
    if rapport.violations:
        console.print(f"[red]✗[/red] {len(rapport.violations)} violations. Pour rejouer : {ligne}", soft_wrap=True)
        return 1
    console.print(f"[green]✓[/green] Aucune violation ({len(plan)} pannes, graine {graine}).")
    return 0
