"""`./labo bench utilisateurs`: complete orchestrated checkouts (cart, then checkout) by 50 users at once."""

from __future__ import annotations

import threading
import uuid

from rich.console import Console
from rich.table import Table

from local.api import PRODUITS, Api
from local.banc_orchestre import preparer
from local.mesures import charger
from local.plateforme import Plateforme
from local.processus import ErreurLabo

LIMITE_P95_MS = 2000.0
PLANCHER_PAR_MINUTE = 25.0


def executer(
    plateforme: Plateforme, *, utilisateurs: int = 50, nombre: int = 500, console: Console | None = None
) -> int:
    """`nombre` checkouts by `utilisateurs` threads, each with a client of its own; 1 when a bound is missed.

    The cart is filled before the clock starts: what is timed is the POST of the checkout.
    """
    console = console or Console()
    preparer(plateforme, 2 * nombre + 500)
    cle = plateforme.secrets["KONG_KEY_MAGASIN_APP"]
    lignes = [(produit, 1) for produit in list(PRODUITS.values())[:3]]
    local = threading.local()
    api = Api(plateforme.urls["gateway"], cle)
    paniers = [api.nouveau_client() for _ in range(nombre)]
    remplissage = iter(list(paniers))
    verrou = threading.Lock()

    def caller() -> Api:
        if not hasattr(local, "api"):
            local.api = Api(plateforme.urls["gateway"], cle)
        return local.api

    def remplir() -> None:
        with verrou:
            client = next(remplissage)
        caller().remplir_panier(client, lignes)

    rempli = charger(remplir, nombre=nombre, concurrence=8)
    if rempli.echecs:
        raise ErreurLabo(f"Les paniers ne se remplissent pas : {rempli.echecs[0]}")
    a_payer = iter(paniers)

    def payer() -> None:
        with verrou:
            client = next(a_payer)
        entetes = {"Idempotency-Key": str(uuid.uuid4())}
        reponse = caller().appeler("POST", f"/api/commandes/clients/{client}/checkout/", {}, entetes)
        if reponse.statut != 201:
            raise ErreurLabo(f"HTTP {reponse.statut} : {reponse.corps}")

    serie = charger(payer, nombre=nombre, concurrence=utilisateurs)
    table = Table(title=f"Checkouts complets, {utilisateurs} utilisateurs", title_justify="left")
    for colonne in ("réussis", "échecs", "par minute", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(colonne, justify="right")
    table.add_row(
        str(len(serie.latences)),
        str(len(serie.echecs)),
        f"{60 * serie.debit:.0f}",
        *(f"{serie.centile(p):.0f}" for p in (50, 95, 99)),
    )
    console.print(table)
    if serie.echecs:
        console.print(f"[red]{serie.echecs[0]}[/red]")
    console.print(f"limites historiques : P95 < {LIMITE_P95_MS:.0f} ms, plus de {PLANCHER_PAR_MINUTE:.0f} par minute")
    tenu = serie.centile(95) < LIMITE_P95_MS and 60 * serie.debit > PLANCHER_PAR_MINUTE
    return 0 if tenu and not serie.echecs else 1
