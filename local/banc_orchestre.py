"""`./labo bench orchestre`: sagas, and in turn the same four calls made directly by a client with no saga.

Both sides go through the gateway on the same running platform, with the same HTTP client (`socle.http`), the same
number of threads and lines; rounds alternate (bare, saga, saga, bare, …) so that the machine's moods fall on both.
The caller's own request counts on the saga side.
"""

from __future__ import annotations

import uuid
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from local.api import MAGASIN_EN_LIGNE, PRODUITS, Api
from local.mesures import Depense, Serie, charger, reunir, tableau_cpu
from local.plateforme import Plateforme
from local.processus import ErreurLabo
from socle.http import ClientHttp, Reponse

CLIENT = "11111111-1111-1111-1111-111111111111"
SEUIL_RATIO = 0.75
SEUIL_CPU_MS = 4.0


class Appelant:
    """The two ways to do one checkout: by the orchestrator, or by hand."""

    def __init__(self, plateforme: Plateforme, lignes: int) -> None:
        secrets = plateforme.secrets
        self._http = ClientHttp(
            plateforme.urls["gateway"],
            nom="passerelle",
            cle_api=secrets["KONG_KEY_ORCHESTRATOR"],
            jeton_interne=secrets["INTERNAL_TOKEN"],
            lecture=15.0,
            essais=1,
            connexions_max=64,
        )
        self._produits = list(PRODUITS.values())[:lignes]
        self._lignes = [{"produit_id": produit, "quantite": 1} for produit in self._produits]

    def saga(self) -> None:
        """One request: the orchestrator does the rest."""
        checkout_id = str(uuid.uuid4())
        corps = {
            "client_id": CLIENT,
            "magasin_id": MAGASIN_EN_LIGNE,
            "checkout_id": checkout_id,
            "lignes": self._lignes,
        }
        _reussie(self._http.post("/api/saga/commandes/", corps, cle_idempotence=checkout_id), 201)

    def appels_nus(self) -> None:
        """The four calls of a saga, with no saga: nothing is undone if one fails."""
        reference = str(uuid.uuid4())
        ids = ",".join(self._produits)
        _reussie(self._http.get(f"/api/inventaire/stocks-locaux/{MAGASIN_EN_LIGNE}/", params={"produits": ids}), 200)
        catalogue = _reussie(self._http.get("/api/catalogue/produits/", params={"ids": ids}), 200)
        reservation = {"reference": reference, "magasin_id": MAGASIN_EN_LIGNE, "lignes": self._lignes}
        _reussie(self._http.post("/api/inventaire/diminuer-stock/", reservation, cle_idempotence=reference), 200)
        vente = {
            "magasin_id": MAGASIN_EN_LIGNE,
            "client_id": CLIENT,
            "reference": reference,
            "reservation_reference": reference,
            "lignes": [
                {"produit_id": p["id"], "produit_nom": p["nom"], "quantite": 1, "prix_unitaire": p["prix"]}
                for p in catalogue["produits"]
            ],
        }
        _reussie(self._http.post("/api/commandes/ventes-ddd/enregistrer/", vente, cle_idempotence=reference), 201)


def _reussie(reponse: Reponse, statut: int) -> dict[str, Any]:
    if reponse.statut != statut:
        raise ErreurLabo(f"HTTP {reponse.statut} : {reponse.corps}")
    return reponse.corps


def groupes_de_processus(plateforme: Plateforme) -> dict[str, list[int]]:
    """Process ids by program, the database's split by the database each backend serves."""
    groupes: dict[str, list[int]] = {}
    for nom in plateforme.programmes():
        pid = plateforme.pid(nom)
        if nom == "postgres" or pid is None:
            continue
        processus = psutil.Process(pid)
        groupes[nom] = [pid, *(enfant.pid for enfant in processus.children(recursive=True))]
    for pid, base in plateforme.sql("saga", "SELECT pid, coalesce(datname, 'commun') FROM pg_stat_activity"):
        groupes.setdefault(f"postgres:{base}", []).append(pid)
    superviseur = int((plateforme.lieux.run / "supervisord.pid").read_text())
    groupes["supervisord (journaux)"] = [superviseur]
    groupes["client du banc"] = [psutil.Process().pid]
    return groupes


def preparer(plateforme: Plateforme, unites: int) -> None:
    """Enough stock for every saga of the run."""
    api = Api(plateforme.urls["gateway"], plateforme.secrets["KONG_KEY_MAGASIN_APP"])
    for produit in PRODUITS.values():
        api.reassortir(produit, unites)


def executer(
    plateforme: Plateforme,
    *,
    concurrence: int = 8,
    nombre: int = 400,
    tours: int = 4,
    lignes: int = 3,
    console: Console | None = None,
) -> int:
    """Print rates, percentiles, ratio and CPU per checkout; 1 when a checkout failed or a bound is missed.

    `nombre` operations per round and side, `tours` rounds of each side (after one unmeasured of each).
    """
    console = console or Console()
    preparer(plateforme, 2 * (tours + 1) * nombre + 500)
    appelant = Appelant(plateforme, lignes)
    for echauffement in (appelant.appels_nus, appelant.saga):
        charger(echauffement, nombre=max(50, nombre // 4), concurrence=concurrence)
    series: dict[str, list[Serie]] = {"appels nus": [], "saga": []}
    depenses = {cote: Depense() for cote in series}
    operations = {"appels nus": appelant.appels_nus, "saga": appelant.saga}
    for tour in range(tours):
        ordre = ["appels nus", "saga"] if tour % 2 == 0 else ["saga", "appels nus"]
        for cote in ordre:
            with depenses[cote].mesurer(groupes_de_processus(plateforme)):
                series[cote].append(charger(operations[cote], nombre=nombre, concurrence=concurrence))
    return _rapporter(console, {c: reunir(s) for c, s in series.items()}, depenses, concurrence)


def _rapporter(console: Console, series: dict[str, Serie], depenses: dict[str, Depense], concurrence: int) -> int:
    for cote, serie in series.items():
        if not serie.latences:
            raise ErreurLabo(f"Aucun checkout n'a réussi ({cote}) : {serie.echecs[0]}")
    table = Table(title=f"Checkouts orchestrés, concurrence {concurrence}", title_justify="left")
    for colonne in ("côté", "réussis", "échecs", "par seconde", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(colonne, justify="right" if colonne != "côté" else "left")
    for cote, serie in series.items():
        table.add_row(
            cote,
            str(len(serie.latences)),
            str(len(serie.echecs)),
            f"{serie.debit:.1f}",
            *(f"{serie.centile(p):.1f}" for p in (50, 95, 99)),
        )
    console.print(table)
    for cote, serie in series.items():
        if serie.echecs:
            console.print(f"[red]{cote} : {serie.echecs[0]}[/red]")
    par_checkout = {cote: depense.par_operation(len(series[cote].latences)) for cote, depense in depenses.items()}
    console.print(tableau_cpu("CPU par checkout, en ms", par_checkout))
    ratio = series["saga"].debit / series["appels nus"].debit
    propre = sum(
        valeur for nom, valeur in par_checkout["saga"].items() if nom.startswith("saga-") or nom == "postgres:saga_db"
    )
    console.print(f"ratio saga / appels nus : {ratio:.2f} (au moins {SEUIL_RATIO})")
    console.print(f"part de l'orchestrateur : {propre:.2f} ms de CPU par saga, base comprise (moins de {SEUIL_CPU_MS})")
    echecs = any(serie.echecs for serie in series.values())
    return 1 if echecs or ratio < SEUIL_RATIO or propre >= SEUIL_CPU_MS else 0
