"""`./labo bench replay`: replay of one checkout and rebuild of the read models, with a million events in the history.

In a database of its own beside the real one, dropped whatever happens. The event store's own code writes the events and
measures (event-store/tests/charge/banc_rejeu.py), as the roles of the platform's event store; this module judges.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

from psycopg2 import sql
from rich.console import Console
from rich.table import Table

from local import postgres, programmes
from local.composants import Service
from local.plateforme import Plateforme
from local.processus import ErreurLabo

LIMITE_REJEU_S = 0.020
LIMITE_RECONSTRUCTION_S = 10.0
RECONSTRUITS = 300_000
_MODULE = "tests.charge.banc_rejeu"
_PREFIXE = "banc_replay_"
_MINIMUM = 5  # one checkout


def executer(plateforme: Plateforme, *, evenements: int = 1_000_000, console: Console | None = None) -> int:
    """Fill, measure, print; 1 when a bound is missed. Takes about a minute and a gigabyte per million events."""
    if evenements < _MINIMUM:
        raise ErreurLabo(f"Ce banc demande au moins {_MINIMUM} événements.")
    console = console or Console()
    service = next(s for s in plateforme.services if s.nom == "event-store")
    with _base_jetable(plateforme, service) as base, console.status(f"{evenements} événements…"):
        mesures = _mesurer(plateforme, service, base, evenements)
    table = Table(title=f"Historique de {evenements} événements", title_justify="left")
    table.add_column("mesure")
    table.add_column("durée", justify="right")
    table.add_column("limite", justify="right")
    table.add_row("écriture, en chaîne", f"{mesures['ecriture_s']:.1f} s", "")
    table.add_row("rejeu d'un checkout, p50", f"{1000 * mesures['rejeu_p50_s']:.1f} ms", "")
    limite_ms = f"{1000 * LIMITE_REJEU_S:.0f} ms"
    table.add_row("rejeu d'un checkout, p95", f"{1000 * mesures['rejeu_p95_s']:.1f} ms", limite_ms)
    rapportees = {nom: s * RECONSTRUITS / evenements for nom, s in mesures["reconstructions_s"].items()}
    for nom, secondes in rapportees.items():
        quoi = f"reconstruction de {nom}, par {RECONSTRUITS} événements"
        table.add_row(quoi, f"{secondes:.1f} s", f"{LIMITE_RECONSTRUCTION_S:.0f} s")
    console.print(table)
    tenu = mesures["rejeu_p95_s"] < LIMITE_REJEU_S and max(rapportees.values()) < LIMITE_RECONSTRUCTION_S
    return 0 if tenu else 1


@contextlib.contextmanager
def _base_jetable(plateforme: Plateforme, service: Service) -> Iterator[str]:
    """An empty database that the event store's owner owns; one that a killed bench left goes too."""
    nom = f"{_PREFIXE}{uuid.uuid4().hex[:8]}"
    lien = postgres.connexion(plateforme.ports["postgres"], plateforme.secrets["POSTGRES_PASSWORD"])
    with contextlib.closing(lien), lien.cursor() as curseur:
        curseur.execute(
            "SELECT datname FROM pg_database d WHERE starts_with(datname, %s) "
            "AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datid = d.oid)",
            [_PREFIXE],
        )
        for (reste,) in curseur.fetchall():
            curseur.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(reste)))
        proprietaire = sql.Identifier(service.proprietaire)
        curseur.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(nom), proprietaire))
        try:
            yield nom
        finally:
            curseur.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(nom)))


def _mesurer(plateforme: Plateforme, service: Service, base: str, evenements: int) -> dict[str, Any]:
    lieux = plateforme.lieux
    variables = programmes.environnement_d_amorce(service, lieux, plateforme.secrets, plateforme.services)
    with subprocess.Popen(
        [sys.executable, "-m", _MODULE, str(evenements)],
        cwd=lieux.racine / service.dossier,
        env=programmes.environnement_de_base(lieux) | variables | {"POSTGRES_DB": base, "LABO_FAUTES": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as enfant:
        try:
            sortie, erreurs = enfant.communicate()
        except BaseException:  # an interruption: it must not go on filling a database that is being dropped
            enfant.kill()
            raise
    if enfant.returncode != 0:
        derniere = (erreurs.strip().splitlines() or ["sans un mot"])[-1]
        raise ErreurLabo(f"La mesure a échoué : {derniere}")
    return dict(json.loads(sortie))
