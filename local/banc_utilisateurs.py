"""`./labo bench utilisateurs`: complete orchestrated checkouts (cart, then checkout) by 50 users at once."""

from __future__ import annotations

import threading

from rich.console import Console
from rich.table import Table

from local.api import PRODUITS, Api
from local.banc_orchestre import preparer
from local.mesures import charger
from local.plateforme import Plateforme
from local.processus import ErreurLabo

LIMITE_P95_MS = 2000.0
PLANCHER_PAR_MINUTE = 25.0
_REMPLISSAGE = 8


class Caisse:
    """`nombre` clients with three products each in their cart, made before the clock starts. Thread-safe."""

    def __init__(self, plateforme: Plateforme, nombre: int) -> None:
        preparer(plateforme, 2 * nombre + 500)
        self._passerelle, self._cle = plateforme.urls["gateway"], plateforme.secrets["KONG_KEY_MAGASIN_APP"]
        self._local = threading.local()
        self._pleins: list[str] = []
        rempli = charger(self._remplir, nombre=nombre, concurrence=_REMPLISSAGE)
        if rempli.echecs:
            raise ErreurLabo(f"Les paniers ne se remplissent pas : {rempli.echecs[0]}")

    def _remplir(self) -> None:
        client = self.api.nouveau_client()
        self.api.remplir_panier(client, [(produit, 1) for produit in list(PRODUITS.values())[:3]])
        self._pleins.append(client)

    @property
    def api(self) -> Api:
        """This thread's caller."""
        if not hasattr(self._local, "api"):
            self._local.api = Api(self._passerelle, self._cle)
        return self._local.api

    @property
    def clients(self) -> list[str]:
        """Those who have not checked out yet."""
        return list(self._pleins)

    def client(self) -> str:
        """A client who has not checked out yet."""
        return self._pleins.pop()


def executer(
    plateforme: Plateforme, *, utilisateurs: int = 50, nombre: int = 500, console: Console | None = None
) -> int:
    """`nombre` checkouts by `utilisateurs` threads, each with a client of its own; 1 when a bound is missed.

    The cart is filled before the clock starts: what is timed is the POST of the checkout.
    """
    console = console or Console()
    caisse = Caisse(plateforme, nombre)

    def payer() -> None:
        reponse = caisse.api.checkout(caisse.client())
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
