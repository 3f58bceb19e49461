"""`python -m tests.chaos.verifier`: drive a running platform, then say whether the invariants I1–I9 held.

It knows the contract's routes and nothing else, so it runs against any platform, native or Compose. With `--dsn-…` it
also looks into the databases. It breaks nothing itself: break things meanwhile (`./labo kill`, `./labo chaos`).
Exit status: 0 when everything held, 1 for violations, 2 when the platform cannot be reached.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.chaos import constats, invariants, registres, sql
from tests.chaos.acces import Acces, Injoignable
from tests.chaos.achats import Achat
from tests.chaos.rapport import Rapport
from tests.chaos.trafic import Trafic

_ESSAIS_AU_CALME = 3
REPOS_MAX_S = 30.0
"""I3: how long after the last fault a checkout may take to end."""


class Verificateur:
    """One drive and one verdict: `preparer`, `conduire` while things break, `conclure` once nothing does any more."""

    def __init__(self, acces: Acces, graine: int, *, fils: int = 4) -> None:
        self._acces, self.graine = acces, graine
        self.trafic = Trafic(acces, graine, fils=fils)
        self._debut = 0.0

    def preparer(self) -> None:
        """Put its own products and stock there. Raises `Injoignable`."""
        self._debut = time.monotonic()
        self.trafic.preparer()

    def conduire(self, arret: threading.Event, *, maximum: int | None = None) -> None:
        """Buy until `arret`, or until there are `maximum` purchases."""
        self.trafic.tourner(arret, maximum=maximum)

    def conclure(self, repos_max_s: float = REPOS_MAX_S) -> Rapport:
        """Wait for the checkouts to end, at most `repos_max_s`, buy twice more in calm, and judge.

        What lags for a good reason (the event store, the read models) has the same time. Raises `Injoignable`.
        """
        depart = time.monotonic()
        restants = self._attendre(self.trafic.achats, repos_max_s)
        repos = time.monotonic() - depart
        self._acheter_au_calme(repos_max_s)
        fin = max(depart + repos_max_s, time.monotonic() + repos_max_s / 2)
        releve, violations = self.juger()
        while violations and time.monotonic() < fin:
            time.sleep(1.0)
            releve, violations = self.juger()
        violations += registres.reconstructions(self._acces)
        violations += [
            invariants.Violation(
                invariant="I3", texte=f"pas terminé {repos_max_s:g} s après les pannes", achat=achat.numero
            )
            for achat in restants
        ]
        return Rapport(
            graine=self.graine,
            releve=releve,
            violations=violations,
            duree_s=time.monotonic() - self._debut,
            repos_s=repos,
            bases=sorted(self._acces.dsn),
        )

    def _attendre(self, achats: Sequence[Achat], delai_s: float) -> list[Achat]:
        """Wait for these purchases to conclude; those that have not after `delai_s`."""
        fin = time.monotonic() + delai_s
        restants = list(achats)
        while (restants := constats.en_cours(self._acces, restants)) and time.monotonic() < fin:
            time.sleep(0.3)
        return restants

    def _acheter_au_calme(self, delai_s: float) -> None:
        """Twins with nothing in their way; again if the machine was too slow for a time limit, three times at most."""
        for _ in range(_ESSAIS_AU_CALME):
            paires = self.trafic.jumeaux()
            self._attendre(paires, delai_s)
            if all(constats.obtenue(self._acces, achat) == achat.attendu for achat in paires):
                break
        for achat in paires:
            achat.calme = True

    def juger(self) -> tuple[constats.Releve, list[invariants.Violation]]:
        """What the platform says now, and what is wrong with it. Raises `Injoignable`."""
        releve = constats.relever(self._acces, self.trafic.achats, self.trafic.rayon)
        violations = invariants.verifier(releve) + registres.verifier(self._acces, releve)
        return releve, violations + sql.verifier(self._acces, releve)


def _lire(arguments: Sequence[str]) -> argparse.Namespace:
    analyseur = argparse.ArgumentParser(
        prog="python -m tests.chaos.verifier", description="Achète dans les deux styles, puis vérifie I1–I9."
    )
    analyseur.add_argument("--passerelle", default="http://localhost:8080", help="adresse de la passerelle")
    analyseur.add_argument(
        "--cle", default=os.environ.get("KONG_KEY_MAGASIN_APP"), help="clé X-API-Key (ou KONG_KEY_MAGASIN_APP)"
    )
    analyseur.add_argument(
        "--jeton", default=os.environ.get("INTERNAL_TOKEN", ""), help="jeton interne : lettres mortes, reconstructions"
    )
    for service in sql.SERVICES:
        analyseur.add_argument(
            f"--dsn-{service}", default="", metavar="DSN", help=f"base de {service} (postgresql://…)"
        )
    analyseur.add_argument("--journaux", default="", metavar="DOSSIER", help="journaux où ne doit rien être personnel")
    analyseur.add_argument("--graine", type=int, default=None, help="graine des achats (au hasard sinon)")
    analyseur.add_argument("--secondes", type=float, default=30.0, help="durée des achats")
    analyseur.add_argument("--achats", type=int, default=None, help="nombre d'achats, s'il est atteint avant")
    analyseur.add_argument("--fils", type=int, default=4, help="acheteurs simultanés")
    analyseur.add_argument("--repos", type=float, default=REPOS_MAX_S, help="secondes laissées pour finir (I3)")
    analyseur.add_argument("--json", default="", metavar="FICHIER", help="rapport complet")
    choix = analyseur.parse_args(arguments)
    if not choix.cle:
        analyseur.error("--cle est requis (ou KONG_KEY_MAGASIN_APP)")
    return choix


def principal(arguments: Sequence[str]) -> int:
    """Run from the command line; the exit status."""
    choix = _lire(arguments)
    dsn = {s: getattr(choix, f"dsn_{s.replace('-', '_')}") for s in sql.SERVICES}
    acces = Acces(
        choix.passerelle,
        choix.cle,
        jeton=choix.jeton,
        dsn={service: valeur for service, valeur in dsn.items() if valeur},
        journaux=choix.journaux,
    )
    console = Console(highlight=False)
    verificateur = Verificateur(
        acces, random.SystemRandom().getrandbits(31) if choix.graine is None else choix.graine, fils=choix.fils
    )
    console.print(f"Graine {verificateur.graine}")
    arret = threading.Event()
    minuterie = threading.Timer(choix.secondes, arret.set)
    try:
        if not acces.appeler("GET", "/api/catalogue/health/").statut:
            raise Injoignable(f"rien à {choix.passerelle}")
        verificateur.preparer()
        minuterie.start()
        verificateur.conduire(arret, maximum=choix.achats)
        rapport = verificateur.conclure(choix.repos)
    except Injoignable as erreur:
        Console(stderr=True).print(f"La plateforme ne répond pas comme il faut : {erreur}")
        return 2
    finally:
        minuterie.cancel()
    rapport.montrer(console)
    if choix.json:
        Path(choix.json).write_text(json.dumps(rapport.json(), ensure_ascii=False, indent=1, default=str))
    return 1 if rapport.violations else 0


if __name__ == "__main__":
    sys.exit(principal(sys.argv[1:]))
