"""`./labo test`: every check of the project, cheap ones first, with one table and one line at the end.

1. Each folder has its own Django settings, so each one is a pytest process of its own; several run at a time, on one
   PostgreSQL and one Valkey of this run, each in a database of its own.
2. The parts that need no platform go on together, `EN_PARALLELE` processes in all, the longest first: the machine is
   never half idle while one slow suite ends.
3. The parts that need the running platform share one, brought up in a temporary folder on free ports.
4. A part in which no test ran is a failure: a green line must mean that something was tried.
5. With `--reprendre`, the tests that failed are run once more, by themselves. One that then passes is counted as
   unstable and named in the closing table: it is to be mended, and it does not hide the rest of the run. What judges
   invariants (`SANS_REPRISE`) is never asked twice.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local import postgres, valkey
from local.compose import moteur_absent
from local.lieux import RACINE
from local.plateforme import Plateforme
from local.processus import ADRESSE, ErreurLabo

EN_PARALLELE = 3
REPRENDRE = "--reprendre"
PLATEFORME_EXISTANTE = "LABO_PLATEFORME_EXISTANTE"
"""Set for the tests that must use the platform named by LABO_HOME and LABO_PORT_OFFSET instead of their own."""

_MOT_DE_PASSE = "mot-de-passe-de-test"
_AUCUN_TEST = 5  # pytest's exit status when it collected nothing


@dataclass(kw_only=True)
class Compte:
    """What one part did; `duree` in seconds. `dispense`: why it may be ignored as a whole on this machine."""

    nom: str
    passes: int = 0
    echecs: int = 0
    ignores: int = 0
    instables: int = 0
    duree: float = 0.0
    dispense: str = ""

    @property
    def bon(self) -> bool:
        """Something was tried, or could not be tried for a reason that is told, and nothing failed."""
        return self.echecs == 0 and (self.passes > 0 or (self.ignores > 0 and bool(self.dispense)))


@dataclass(frozen=True, kw_only=True)
class Suite:
    """One pytest process: where it runs and what it collects."""

    nom: str
    dossier: Path
    chemins: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


class Enfants:
    """The processes of this run, so that an interruption ends them all and lets them clean up."""

    def __init__(self) -> None:
        self._vivants: set[subprocess.Popen[str]] = set()
        self._verrou = threading.Lock()
        self._fini = False

    def executer(self, ligne: Sequence[str], dossier: Path, variables: Mapping[str, str], *, direct: bool) -> int:
        """Run a command; its output goes straight to ours, or in one piece when it has ended."""
        with self._verrou:
            if self._fini:
                return 1
            enfant = subprocess.Popen(
                ligne,
                cwd=dossier,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=None if direct else subprocess.PIPE,
                stderr=None if direct else subprocess.STDOUT,
                text=True,
            )
            self._vivants.add(enfant)
        try:
            sortie = enfant.communicate()[0]
        finally:
            with self._verrou:
                self._vivants.discard(enfant)
        if sortie:
            print(sortie, end="", flush=True)
        return enfant.returncode

    def arreter(self) -> None:
        """Interrupt what still runs and wait for it: pytest then stops its servers."""
        with self._verrou:
            self._fini = True
            restants = list(self._vivants)
        for enfant in restants:
            with contextlib.suppress(ProcessLookupError):
                enfant.send_signal(signal.SIGINT)
        for enfant in restants:
            with contextlib.suppress(subprocess.TimeoutExpired):
                enfant.wait(20)
            enfant.kill()


class Essais:
    """One run of the checks. `args` go to pytest."""

    def __init__(
        self, args: Sequence[str], rapports: Path, enfants: Enfants, racine: Path = RACINE, *, reprendre: bool = False
    ) -> None:
        self._args, self._rapports, self._enfants, self._racine = tuple(args), rapports, enfants, racine
        self._reprendre = reprendre
        self._places = threading.BoundedSemaphore(EN_PARALLELE)

    def arreter(self) -> None:
        """End what runs: else leaving a pool would wait for suites nobody wants any more."""
        self._enfants.arreter()

    # -- parts -----------------------------------------------------------------------------------------------------

    def lint(self) -> Compte:
        """ruff: rules and layout."""
        commandes = (["ruff", "check", "."], ["ruff", "format", "--check", "."])
        return self._verifier("lint", *commandes)

    def types(self) -> Compte:
        """mypy, strict, on everything that is not a test."""
        paquets = [
            "socle/src/socle",
            "local",
            "kong",
            "monitoring",
            *(str(p.relative_to(self._racine)) for p in paquets_des_services()),
        ]
        return self._verifier("types", ["mypy", *paquets])

    def regles(self) -> Compte:
        """Import rules and source rules, each proven by a planted violation."""
        return self._a_la_racine("regles", "tests/architecture")

    def unit(self) -> Compte:
        """Tests without servers, of the socle and of every service."""
        return self._par_dossier("unit", lambda nom: nom == "unit", {})

    def integration(self) -> Compte:
        """Tests on real PostgreSQL and Valkey, of the socle and of every service."""
        with _serveurs() as variables:
            return self._par_dossier("integration", lambda nom: nom != "unit", variables)

    def labo(self) -> Compte:
        """The laboratory itself: gateway, supervisor, start and stop."""
        return self._a_la_racine("labo", "tests/labo")

    def compose(self) -> Compte:
        """docker-compose.yml, its images, kong.yml as Kong reads it, and the OpenAPI documents; needs no Docker."""
        return self._a_la_racine("compose", "tests/compose")

    def conteneurs(self) -> Compte:
        """`./labo compose-test`, where a Docker engine answers; ignored, saying why, where none does."""
        if raison := moteur_absent():
            return Compte(nom="conteneurs", ignores=1, dispense=raison)
        return self._verifier("conteneurs", ["local", "compose-test"])

    def docs(self) -> Compte:
        """The written record: links, snippets, commands, pictures, decisions."""
        return self._a_la_racine("docs", "tests/docs")

    def contrats(self) -> Compte:
        """Every route and error of the contract, and hostile input, on the running platform."""
        return self._a_la_racine("contrats", "tests/contrats")

    def e2e(self) -> Compte:
        """Checkouts and faults on the running platform, and a sample of the walk through the fault points."""
        suites = ("tests/test_saga_integration.py", "tests/e2e", "tests/fautes", "tests/labs")
        return self._a_la_racine("e2e", *suites, "-m", "not long")

    def navigateur(self) -> Compte:
        """The journeys of people, in a real browser; ignored, saying so, where no browser can be had."""
        compte = self._a_la_racine("navigateur", "tests/navigateur")
        if not compte.passes:
            compte.dispense = "sans Chromium"
        return compte

    def labs(self) -> Compte:
        """Every guided lab, command by command."""
        return self._a_la_racine("labs", "tests/labs")

    def fautes(self) -> Compte:
        """The whole walk: a crash at every declared fault point, in each style, on success and on compensation."""
        return self._a_la_racine("fautes", "tests/fautes")

    def chaos(self) -> Compte:
        """The checker, and two short runs of the fault runner on a platform of their own."""
        return self._a_la_racine("chaos", "tests/chaos")

    def observabilite(self) -> Compte:
        """Dashboards, rules and alerts asked of a real Prometheus, traces of a receiver, on a platform of its own."""
        return self._a_la_racine("observabilite", "tests/observabilite")

    def mutations(self) -> Compte:
        """Planted defects, one per mechanism in the checker's sight, each on a platform of its own: it sees each."""
        return self._a_la_racine("mutations", "tests/mutations")

    # -- how they run ----------------------------------------------------------------------------------------------

    def _verifier(self, nom: str, *commandes: list[str]) -> Compte:
        compte, debut = Compte(nom=nom), time.monotonic()
        for commande in commandes:
            with self._places:
                code = self._enfants.executer([sys.executable, "-m", *commande], self._racine, {}, direct=False)
            compte.passes += code == 0
            compte.echecs += code != 0
        compte.duree = time.monotonic() - debut
        return compte

    def _a_la_racine(self, nom: str, *chemins: str) -> Compte:
        compte, debut = Compte(nom=nom), time.monotonic()
        self._pytest(compte, Suite(nom=nom, dossier=self._racine, chemins=chemins), direct=nom not in ENSEMBLE)
        compte.duree = time.monotonic() - debut
        return compte

    def _par_dossier(self, nom: str, choisir: Callable[[str], bool], variables: Mapping[str, str]) -> Compte:
        compte, debut = Compte(nom=nom), time.monotonic()
        suites = sorted(suites_des_dossiers(nom, choisir, variables), key=_poids, reverse=True)
        with concurrent.futures.ThreadPoolExecutor(EN_PARALLELE) as bassin:
            travaux = [bassin.submit(self._pytest, compte, suite, direct=False) for suite in suites]
            try:
                for travail in travaux:
                    travail.result()
            except BaseException:
                self.arreter()
                raise
        compte.duree = time.monotonic() - debut
        return compte

    def _pytest(self, compte: Compte, suite: Suite, *, direct: bool) -> None:
        """Run one suite and add its counts to `compte`; a suite that crashed or ran nothing is one failure."""
        with self._places:
            code, (passes, echecs, ignores) = self._lancer(suite, suite.nom, (), direct=direct)
            if echecs and self._reprendre and compte.nom not in SANS_REPRISE:
                print(f"--- {suite.nom} : les {echecs} échecs sont rejoués seuls", flush=True)
                _, (gueris, _, _) = self._lancer(suite, f"{suite.nom}-reprise", ("--lf", "--lfnf=none"), direct=direct)
                code, passes, echecs = int(echecs > gueris), passes + gueris, echecs - gueris
                compte.instables += gueris
        vide = code == _AUCUN_TEST and self._args  # a filter given by the user may leave a suite without tests
        compte.passes += passes
        compte.echecs += echecs or (code != 0 and not vide)
        compte.ignores += ignores

    def _lancer(
        self, suite: Suite, nom: str, options: Sequence[str], *, direct: bool
    ) -> tuple[int, tuple[int, int, int]]:
        rapport = self._rapports / f"{nom}.xml"
        memoire = f"cache_dir={self._rapports / f'{suite.nom}.cache'}"
        ligne = [
            sys.executable, "-m", "pytest", "-q", f"--junitxml={rapport}", "-o", memoire, *options, *self._args,
            *suite.chemins,
        ]  # fmt: skip
        if direct:
            print(f"\n=== {nom}", flush=True)
        code = self._enfants.executer(ligne, suite.dossier, suite.variables, direct=direct)
        print(f"--- {nom} : {'réussi' if code == 0 else f'échec (code {code})'}", flush=True)
        return code, lire_rapport(rapport)


PARTIES: dict[str, Callable[[Essais], Compte]] = {
    "lint": Essais.lint,
    "types": Essais.types,
    "regles": Essais.regles,
    "unit": Essais.unit,
    "integration": Essais.integration,
    "compose": Essais.compose,
    "docs": Essais.docs,
    "labo": Essais.labo,
    "observabilite": Essais.observabilite,
    "chaos": Essais.chaos,
    "conteneurs": Essais.conteneurs,  # a platform of its own, of containers: before the shared one is up
    "contrats": Essais.contrats,
    "e2e": Essais.e2e,
    "navigateur": Essais.navigateur,
    "labs": Essais.labs,
    "fautes": Essais.fautes,
    "mutations": Essais.mutations,
}
ENSEMBLE = ("integration", "chaos", "labo", "observabilite", "unit", "compose", "regles", "docs", "types", "lint")
"""Parts that do without the shared platform, the longest first: they go on together. What judges invariants may be
among them: they hold on a busy machine, or they do not hold."""
SANS_REPRISE = ("chaos", "fautes", "mutations")
"""Parts whose failures are violations: a second run with other luck would hide one."""
SUR_PLATEFORME = ("contrats", "e2e", "navigateur", "labs", "fautes")
A_LA_DEMANDE = ("labs", "fautes", "mutations")
"""Parts too long for every run: only when they are named."""


def paquets_des_services() -> list[Path]:
    """The package of every service: the folder beside its `tests` that holds Python code."""
    dossiers = [d for d in sorted(RACINE.iterdir()) if d.is_dir() and not d.name.startswith(".")]
    services = [d for d in dossiers if d.name.startswith("service-") or d.name in ("lab7-workers", "event-store")]
    return [p.parent for d in services for p in sorted(d.glob("*/__init__.py")) if p.parent.name != "tests"]


def _poids(suite: Suite) -> int:
    """A stand-in for how long a suite takes: the size of its tests, in bytes."""
    return sum(p.stat().st_size for chemin in suite.chemins for p in (suite.dossier / chemin).rglob("test_*.py"))


def suites_des_dossiers(partie: str, choisir: Callable[[str], bool], variables: Mapping[str, str]) -> Iterator[Suite]:
    """The folders with a pytest configuration of their own, and the subfolders of their `tests` that `choisir` takes.

    Each gets a PostgreSQL database and a Redis database of its own on the shared servers.
    """
    dossiers = [d for d in sorted(RACINE.iterdir()) if (d / "pyproject.toml").exists()]
    for rang, dossier in enumerate(dossiers, start=1):
        configuration = tomllib.loads((dossier / "pyproject.toml").read_text())
        if "pytest" not in configuration.get("tool", {}):
            continue
        sous_dossiers = [d for d in sorted((dossier / "tests").glob("*/")) if choisir(d.name)]
        chemins = tuple(f"tests/{d.name}" for d in sous_dossiers if any(d.rglob("test_*.py")))
        if not chemins:
            continue
        propres = {**variables}
        if "REDIS_URL" in propres:
            propres["POSTGRES_DB"] = f"essais_{rang}"
            propres["REDIS_URL"] += str(rang)
        yield Suite(nom=f"{partie}-{dossier.name}", dossier=dossier, chemins=chemins, variables=propres)


def lire_rapport(rapport: Path) -> tuple[int, int, int]:
    """(passed, failed, skipped) of a JUnit report; zeros when pytest died before writing it."""
    if not rapport.exists():
        return 0, 0, 0
    racine = ET.parse(rapport).getroot()  # noqa: S314
    suites = [racine] if racine.tag == "testsuite" else list(racine.iter("testsuite"))
    total, echecs, ignores = 0, 0, 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        echecs += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        ignores += int(suite.get("skipped", 0))
    return max(total - echecs - ignores, 0), echecs, ignores


@contextlib.contextmanager
def _serveurs() -> Iterator[dict[str, str]]:
    """One PostgreSQL and one Valkey for every integration suite, in the form `local.pytest_serveurs` looks for."""
    with contextlib.ExitStack() as pile:
        dossier = Path(tempfile.mkdtemp(prefix="labo-essais-"))
        pile.callback(shutil.rmtree, dossier, ignore_errors=True)
        port = pile.enter_context(postgres.serveur_jetable(dossier, _MOT_DE_PASSE))
        port_valkey = pile.enter_context(valkey.serveur_jetable(dossier))
        yield {
            "POSTGRES_HOST": ADRESSE,
            "POSTGRES_PORT": str(port),
            "POSTGRES_USER": postgres.SUPERUTILISATEUR,
            "POSTGRES_PASSWORD": _MOT_DE_PASSE,
            "REDIS_URL": f"redis://{ADRESSE}:{port_valkey}/",
        }


@contextlib.contextmanager
def _plateforme() -> Iterator[None]:
    """One platform for all the parts that need it, announced to them through the environment."""
    if PLATEFORME_EXISTANTE in os.environ:
        yield
        return
    debut = time.monotonic()
    with Plateforme.ephemere() as plateforme:
        print(f"\n=== plateforme prête en {time.monotonic() - debut:.1f} s", flush=True)
        annonce = {
            PLATEFORME_EXISTANTE: "1",
            "LABO_HOME": str(plateforme.lieux.maison),
            "LABO_PORT_OFFSET": str(plateforme.lieux.decalage),
        }
        avant = {nom: os.environ.get(nom) for nom in annonce}
        os.environ.update(annonce)
        try:
            yield
        finally:
            for nom, valeur in avant.items():
                os.environ.pop(nom) if valeur is None else os.environ.update({nom: valeur})


def choisir(part: str | None, args: Sequence[str]) -> tuple[list[str], list[str]]:
    """The parts to run, in their order (by default all but `A_LA_DEMANDE`), and what is left for pytest.

    Raises `ErreurLabo` for an unknown part.
    """
    mots = [part, *args] if part else list(args)
    voulues = []
    while mots and not mots[0].startswith("-"):
        voulues.append(mots.pop(0))
    if inconnues := [nom for nom in voulues if nom not in PARTIES]:
        raise ErreurLabo(f"Partie inconnue : {', '.join(inconnues)}. Connues : {', '.join(PARTIES)}.")
    return [nom for nom in PARTIES if nom in (voulues or set(PARTIES) - set(A_LA_DEMANDE))], mots


def executer(part: str | None, args: Sequence[str]) -> int:
    """Run a part (for None every one that is not long); 0 when each ran tests and none failed for good.

    The last line printed is `N passed, M failed`, with `, K skipped` when there are any. Further part names may
    stand at the head of `args`; the rest goes to pytest. Raises `ErreurLabo` for an unknown part.
    """
    reprendre = REPRENDRE in (part, *args)
    noms, restants = choisir(None if part == REPRENDRE else part, [mot for mot in args if mot != REPRENDRE])
    comptes: list[Compte] = []
    enfants = Enfants()
    with contextlib.ExitStack() as pile:
        rapports = Path(tempfile.mkdtemp(prefix="labo-rapports-"))
        pile.callback(shutil.rmtree, rapports, ignore_errors=True)
        essais = Essais(restants, rapports, enfants, reprendre=reprendre)
        try:
            montee = False
            comptes += _ensemble(essais, [nom for nom in ENSEMBLE if nom in noms])
            for nom in (nom for nom in noms if nom not in ENSEMBLE):
                if nom in SUR_PLATEFORME and not montee:
                    try:
                        pile.enter_context(_plateforme())
                        montee = True
                    except ErreurLabo as erreur:
                        print(f"✗ {nom} : {erreur}", flush=True)
                        comptes.append(Compte(nom=nom, echecs=1))
                        continue
                comptes.append(PARTIES[nom](essais))
        finally:
            enfants.arreter()
    return conclure(comptes)


def _ensemble(essais: Essais, noms: Sequence[str]) -> list[Compte]:
    """These parts at the same time; their counts in the order of `PARTIES`."""
    with concurrent.futures.ThreadPoolExecutor(len(noms) or 1) as bassin:
        comptes = {nom: bassin.submit(PARTIES[nom], essais) for nom in noms}
        try:
            return [comptes[nom].result() for nom in PARTIES if nom in comptes]
        except BaseException:
            essais.arreter()
            raise


def conclure(comptes: Sequence[Compte]) -> int:
    """Print the table and the closing line; the exit status."""
    print(f"\n{'partie':<14}{'réussis':>9}{'échecs':>9}{'ignorés':>9}{'durée':>10}")
    for c in comptes:
        print(f"{c.nom:<14}{c.passes:>9}{c.echecs:>9}{c.ignores:>9}{c.duree:>8.1f} s{_marque(c)}")
    ignores = sum(c.ignores for c in comptes)
    fin = f", {ignores} skipped" if ignores else ""
    print(f"{sum(c.passes for c in comptes)} passed, {sum(c.echecs for c in comptes)} failed{fin}", flush=True)
    return 0 if comptes and all(c.bon for c in comptes) else 1


def _marque(compte: Compte) -> str:
    if not compte.bon:
        return "  ✗"
    if not compte.passes:
        return f"  ignoré : {compte.dispense}"
    return f"  {compte.instables} instables" if compte.instables else ""
