"""`./labo compose-test`: builds the images, brings the Compose project up and asks of it what is asked natively.

1. Every image builds and the stack becomes healthy by itself (`up -d --wait`).
2. The integration script, then what is asked of the shared platform natively (`_SUITES`) but for what is about plain
   processes, pass against it.
3. The profile `scale` joins it: more orchestrators, workers and relays, and Prometheus, as healthy.
4. The checker buys while containers are killed, one after the other; all come back, and the invariants hold.
5. `down`, then `up`: every table holds what it held.

Everything is a project of its own, on shifted ports, and is taken away at the end, volumes included.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from local import coffre
from local.composants import SERVICES
from local.compose import PlateformeCompose, Projet, moteur_absent
from local.essais import PLATEFORME_EXISTANTE
from local.lieux import RACINE, Lieux
from local.plateforme import decalage_libre
from local.processus import ErreurLabo, attendre

RIEN_ESSAYE = 2
_A_TUER = ("saga-1", "inventaire", "worker-stock-reservation", "commandes", "catalogue-2", "ecommerce-fond", "redis",
           "worker-order-creation", "saga-reprise-2", "postgres-saga", "event-store", "ecommerce")  # fmt: skip
_SUITES = ("tests/e2e", "tests/contrats", "tests/navigateur")
_ACHATS_S = 30
_ENTRE_DEUX_S = 2.0
_TUES_MIN = 4
_RETOUR_S = 60.0


def executer(args: list[str], console: Console) -> int:
    """0 when all held, 1 when something did not, 2 when nothing could be tried here. `args` go to pytest."""
    if raison := moteur_absent():
        console.print(f"Rien n'a été essayé. {raison} (Les contrôles du fichier : ./labo test compose)", soft_wrap=True)
        return RIEN_ESSAYE
    with tempfile.TemporaryDirectory(prefix="labo-compose-") as dossier:
        projet = Projet(Lieux(Path(dossier), decalage_libre(SERVICES)))
        projet.preparer()
        essai = Essai(projet, args, console)
        try:
            return essai.tout()
        finally:
            _renforcer(projet).lancer("down", "--volumes", "--timeout", "5")


class Essai:
    """One run against one project."""

    def __init__(self, projet: Projet, args: list[str], console: Console) -> None:
        self._projet, self._renforts, self._args, self._console = projet, _renforcer(projet), args, console
        self._plateforme = PlateformeCompose(projet)
        self._passerelle = self._plateforme.urls["gateway"]

    def tout(self) -> int:
        """Every stage in turn, stopping at the first that fails."""
        etapes: list[tuple[str, Callable[[], bool]]] = [
            ("Images construites", lambda: self._compose(self._renforts, "build")),
            ("Plateforme prête (up --wait)", lambda: self._compose(self._projet, "up", "-d", "--wait")),
            ("tests/test_saga_integration.py", self._integration),
            (f"Suites {', '.join(_SUITES)}", self._suites),
            ("Profil scale prêt (up --wait)", lambda: self._compose(self._renforts, "up", "-d", "--wait")),
            ("Vérificateur pendant que des conteneurs sont tués", self._verifier),
            ("Données gardées par down et up", self._redemarrer),
        ]
        for texte, faire in etapes:
            debut = time.monotonic()
            try:
                bon = faire()
            except ErreurLabo as erreur:
                self._console.print(str(erreur), soft_wrap=True, markup=False)
                bon = False
            marque = "[green]✓[/green]" if bon else "[red]✗[/red]"
            self._console.print(f"{marque} {texte} [dim]{time.monotonic() - debut:.0f} s[/dim]")
            if not bon:
                self._dire_les_journaux()
                return 1
        return 0

    def _compose(self, projet: Projet, *mots: str) -> bool:
        projet.lancer(*mots)
        return True

    def _lancer(self, *ligne: str, **variables: str) -> bool:
        environnement = {**os.environ, "KONG_GATEWAY_URL": self._passerelle, **variables}
        return subprocess.run([sys.executable, *ligne], cwd=RACINE, env=environnement).returncode == 0

    def _integration(self) -> bool:
        return self._lancer("tests/test_saga_integration.py", f"{self._passerelle}/api/saga")

    def _suites(self) -> bool:
        return self._lancer(
            "-m", "pytest", "-q", *_SUITES, *self._args,
            **{PLATEFORME_EXISTANTE: "compose", "LABO_HOME": str(self._projet.lieux.maison),
               "LABO_PORT_OFFSET": str(self._projet.lieux.decalage)},
        )  # fmt: skip

    def _verifier(self) -> bool:
        """The checker, with the databases, while containers die."""
        from tests.chaos import sql  # the checker is a test of any platform, and knows which databases it reads

        secrets = self._plateforme.secrets
        dsn = [
            f"--dsn-{s.nom}=postgresql://{s.proprietaire}:{secrets[coffre.variable_proprietaire(s)]}"
            f"@127.0.0.1:{self._plateforme.bases[s.nom]}/{s.nom_base}"
            for s in self._plateforme.services
            if s.nom in sql.SERVICES
        ]
        with self._tueur() as (tues, revenus):
            tenu = self._lancer(
                "-m", "tests.chaos.verifier", "--passerelle", self._passerelle, "--cle", self._plateforme.cle(),
                "--jeton", secrets["INTERNAL_TOKEN"], "--secondes", str(_ACHATS_S), "--fils", "3", *dsn,
            )  # fmt: skip
        dits = [f"{nom} ({revenus[nom]:.1f} s)" if nom in revenus else f"{nom} (pas revenu)" for nom in tues]
        self._console.print(f"Conteneurs tués, et leur retour : {', '.join(dits) or 'aucun'}.", soft_wrap=True)
        return tenu and len(tues) >= _TUES_MIN and set(revenus) == set(tues)

    @contextlib.contextmanager
    def _tueur(self) -> Iterator[tuple[list[str], dict[str, float]]]:
        """While the checker buys, SIGKILL one container after the other, each once, in whatever state the others are.

        Those killed, and the seconds until each answered as ready again; nothing is killed once the buying is over.
        """
        arret = threading.Event()
        tues: list[str] = []
        revenus: dict[str, float] = {}

        def attendre_le_retour(nom: str, debut: float) -> None:
            with contextlib.suppress(ErreurLabo):  # one that is not back is missing from `revenus`
                attendre(lambda: self._plateforme.pret(nom), _RETOUR_S, f"Retour de {nom}", pas=0.5)
                revenus[nom] = time.monotonic() - debut

        def tuer() -> None:
            fin = time.monotonic() + _ACHATS_S
            with concurrent.futures.ThreadPoolExecutor(len(_A_TUER)) as guetteurs:
                for nom in random.sample(_A_TUER, len(_A_TUER)):
                    if arret.wait(_ENTRE_DEUX_S) or time.monotonic() > fin:
                        return
                    tues.append(nom)
                    self._plateforme.tuer(nom)
                    guetteurs.submit(attendre_le_retour, nom, time.monotonic())

        fil = threading.Thread(target=tuer, name="tueur")
        fil.start()
        try:
            yield tues, revenus
        finally:
            arret.set()
            fil.join()

    def _redemarrer(self) -> bool:
        """The contents of every database survive `down`, which removes the containers."""
        from tests.commun.monde import Monde  # the tests' own reading of all tables

        noms = [service.nom for service in self._plateforme.services]
        avant = Monde(self._plateforme).attendre_le_repos(noms)
        self._renforts.lancer("down", "--timeout", "20")
        self._renforts.lancer("up", "-d", "--wait")
        apres = Monde(self._plateforme).attendre_le_repos(noms)
        avant, apres = _sans_epoques(avant), _sans_epoques(apres)
        for nom in noms:
            autres = dict(apres[nom].items() ^ avant[nom].items())
            if autres:
                self._console.print(f"{nom} : changé dans {', '.join(sorted(autres))}.")
        return avant == apres and self._integration()

    def _dire_les_journaux(self) -> None:
        """The last words of every container that is not well."""
        for nom, un in self._projet.conteneurs().items():
            etat = un["State"]
            sante = etat.get("Health", {}).get("Status", "healthy")
            if sante != "healthy" or etat["ExitCode"] not in (0, 137, 143):
                self._console.print(f"{nom} : {etat['Status']}, {sante}, code {etat['ExitCode']}", markup=False)
                self._console.print(self._projet.lancer("logs", "--tail", "5", nom), markup=False)


def _renforcer(projet: Projet) -> Projet:
    """The same project with everything that this repository can run."""
    return Projet(projet.lieux, profil="scale", nom=projet.nom)


def _sans_epoques(contenus: dict[str, dict[str, tuple[int, str]]]) -> dict[str, dict[str, tuple[int, str]]]:
    """Without what a start writes by itself: who runs sagas now."""
    return {
        nom: {table: contenu for table, contenu in tables.items() if table != "saga_proprietaires"}
        for nom, tables in contenus.items()
    }
