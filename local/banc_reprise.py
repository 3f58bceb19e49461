"""`./labo bench reprise`: SIGKILL both replicas in the middle of sagas; how long until every saga has ended?

The recovery processes are stopped too, so that nothing survives: what is measured is restart to all-finished.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console

from local.api import MAGASIN_EN_LIGNE, PRODUITS, attendre
from local.banc_orchestre import CLIENT, preparer
from local.plateforme import Plateforme
from socle.http import ClientHttp, ServiceIndisponible

LIMITE_S = 2.0
PROGRAMMES = ("saga-reprise-1", "saga-reprise-2", "saga-1", "saga-2")
FINALES = ("SAGA_TERMINEE", "SAGA_ANNULEE", "INTERVENTION_REQUISE")


def executer(plateforme: Plateforme, *, sagas: int = 24, console: Console | None = None) -> int:
    """Kill with `sagas` requests in flight, restart, wait for all to end; 1 when it takes `LIMITE_S` or more."""
    console = console or Console()
    preparer(plateforme, 10 * sagas + 100)
    ids = [str(uuid.uuid4()) for _ in range(sagas)]
    demandes = [lambda saga_id=saga_id: _demander(plateforme, saga_id) for saga_id in ids]
    coupure = interrompre(plateforme, PROGRAMMES, demandes, lambda: _ouvertes(plateforme, ids))
    console.print(
        f"{coupure.coupes} sagas coupées net par SIGKILL, toutes finies {coupure.duree_s:.2f} s après le redémarrage "
        f"(moins de {LIMITE_S:.0f} s)"
    )
    return 0 if coupure.coupes and coupure.duree_s < LIMITE_S else 1


@dataclass(frozen=True, kw_only=True)
class Coupure:
    """How many were cut short, when the programs were started again (epoch), and how long until none was open."""

    coupes: int
    redemarrage: float
    duree_s: float


def interrompre(
    plateforme: Plateforme,
    programmes: Sequence[str],
    demandes: Sequence[Callable[[], None]],
    ouvertes: Callable[[], int],
) -> Coupure:
    """Ask for all at once, SIGKILL the programs as soon as something is under way, restart them once nobody asks more.

    Raises `ErreurLabo` when one is still open a minute after the restart.
    """
    fils = [threading.Thread(target=demande) for demande in demandes]
    for fil in fils:
        fil.start()
    groupes = [plateforme.pid(nom) for nom in programmes]
    attendre(lambda: ouvertes() > 0, "Un checkout en cours")
    for groupe in groupes:  # all at one moment: to kill takes a while, to freeze does not
        os.killpg(groupe, signal.SIGSTOP)
    for nom in programmes:
        plateforme.tuer(nom, relancer=False)
    for fil in fils:
        fil.join()
    coupes = ouvertes()
    redemarrage, debut = time.time(), time.monotonic()
    for nom in programmes:
        plateforme.demarrer(nom)
    attendre(lambda: ouvertes() == 0, "Tous les checkouts finis", 60.0)
    duree = time.monotonic() - debut
    for nom in programmes:
        plateforme.attendre_pret(nom)
    return Coupure(coupes=coupes, redemarrage=redemarrage, duree_s=duree)


def _ouvertes(plateforme: Plateforme, ids: list[str]) -> int:
    lignes = plateforme.sql(
        "saga",
        "SELECT count(*) FROM saga_commandes WHERE saga_id = ANY(%s::uuid[]) AND NOT (etat_actuel = ANY(%s))",
        [ids, list(FINALES)],
    )
    return int(lignes[0][0])


def _demander(plateforme: Plateforme, saga_id: str) -> None:
    client = ClientHttp(
        plateforme.urls["gateway"],
        nom="passerelle",
        cle_api=plateforme.secrets["KONG_KEY_ORCHESTRATOR"],
        lecture=15.0,
        essais=1,
    )
    lignes = [{"produit_id": produit, "quantite": 1} for produit in list(PRODUITS.values())[:3]]
    corps = {"client_id": CLIENT, "magasin_id": MAGASIN_EN_LIGNE, "checkout_id": saga_id, "lignes": lignes}
    try:
        client.post("/api/saga/commandes/", corps, cle_idempotence=saga_id)
    except ServiceIndisponible:
        return  # the replica died under it: that is the point
