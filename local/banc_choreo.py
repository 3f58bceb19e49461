"""`./labo bench choreo`: choreographed checkouts by 50 users, from the 202 to the terminal event.

Twice: users who think between two checkouts (the historical load: enough for its floor six times over), then users
who do not (saturation). Carts are filled before the clock starts. When each checkout began and ended is read from the
databases afterwards, by their clocks: the row's creation, and the terminal event that the workers emitted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import psycopg2
from rich.console import Console
from rich.table import Table

from local.api import attendre
from local.banc_orchestre import groupes_de_processus
from local.banc_utilisateurs import Caisse
from local.mesures import Depense, Serie, charger, tableau_cpu
from local.plateforme import Plateforme
from local.processus import ErreurLabo

LIMITE_P95_MS = 500.0
PLANCHER_PAR_MINUTE = 100.0
_FIN_S = 60.0
TERMINAUX = """
SELECT checkout_id::text, type, ts::float8 FROM historique
WHERE checkout_id = ANY(%s::uuid[]) AND type IN ('CheckoutSucceeded', 'CheckoutFailed')
"""
_DEBUTS = "SELECT id::text, extract(epoch FROM date_creation)::float8 FROM checkouts WHERE id = ANY(%s::uuid[])"


@dataclass(frozen=True, kw_only=True)
class Mesure:
    """One round: the answers, then the durations of the checkouts that succeeded, and what they cost."""

    acceptes: Serie
    termines: Serie
    cpu: dict[str, float]

    @property
    def complete(self) -> bool:
        """Whether every checkout was accepted and succeeded."""
        return not self.acceptes.echecs and len(self.termines.latences) == len(self.acceptes.latences)


def executer(
    plateforme: Plateforme,
    *,
    utilisateurs: int = 50,
    secondes: int = 20,
    pause: int = 5,
    nombre: int = 500,
    console: Console | None = None,
) -> int:
    """Print both rounds; 1 when a checkout is lost or a bound is missed.

    The first lasts about `secondes`, each user thinking `pause` seconds between two checkouts; the second is `nombre`
    checkouts without a pause. The bounds are those of the first; the floor holds for both.
    """
    console = console or Console()
    calmes = max(utilisateurs, utilisateurs * secondes // pause)
    caisse = Caisse(plateforme, calmes + nombre)
    historique = _mesurer(plateforme, caisse, utilisateurs, calmes, pause_s=float(pause))
    saturation = _mesurer(plateforme, caisse, utilisateurs, nombre)
    _montrer(console, utilisateurs, {f"pause {pause} s": historique, "saturation": saturation})
    tenu = historique.termines.centile(95) < LIMITE_P95_MS
    tenu = tenu and all(60 * m.termines.debit > PLANCHER_PAR_MINUTE for m in (historique, saturation))
    return 0 if tenu and historique.complete and saturation.complete else 1


def _mesurer(plateforme: Plateforme, caisse: Caisse, utilisateurs: int, nombre: int, *, pause_s: float = 0.0) -> Mesure:
    checkouts: list[str] = []

    def payer() -> None:
        reponse = caisse.api.checkout_choreo(caisse.client())
        if reponse.statut != 202:
            raise ErreurLabo(f"HTTP {reponse.statut} : {reponse.corps}")
        checkouts.append(reponse.corps["checkout_id"])

    depense = Depense()
    with depense.mesurer(groupes_de_processus(plateforme)):
        acceptes = charger(payer, nombre=nombre, concurrence=utilisateurs, pause_s=pause_s)
        if not checkouts:
            raise ErreurLabo(f"Aucun checkout n'a été accepté : {acceptes.echecs[0]}")
        attendre(lambda: _tous_finis(plateforme, checkouts), "La fin de tous les checkouts", _FIN_S)
    debuts = dict(plateforme.sql("ecommerce", _DEBUTS, [checkouts]))
    fins = {cle: ts for cle, type_, ts in _fins(plateforme, checkouts) if type_ == "CheckoutSucceeded"}
    if not fins:
        raise ErreurLabo("Aucun checkout n'a réussi.")
    duree_s = max(fins.values()) - min(debuts.values())
    termines = Serie([fin - debuts[cle] for cle, fin in fins.items()], duree_s)
    return Mesure(acceptes=acceptes, termines=termines, cpu=depense.par_operation(len(checkouts)))


def _fins(plateforme: Plateforme, checkouts: list[str]) -> list[tuple[str, str, float]]:
    return [
        (str(cle), str(type_), float(ts)) for cle, type_, ts in plateforme.sql("event-store", TERMINAUX, [checkouts])
    ]


def _tous_finis(plateforme: Plateforme, checkouts: list[str]) -> bool:
    """False also when the database is too busy to say."""
    with contextlib.suppress(psycopg2.OperationalError):
        return len(_fins(plateforme, checkouts)) == len(checkouts)
    return False


def _centiles(serie: Serie) -> str:
    return " ".join(f"{serie.centile(p):5.0f}" for p in (50, 95, 99))


def _montrer(console: Console, utilisateurs: int, mesures: dict[str, Mesure]) -> None:
    table = Table(title=f"Checkouts chorégraphiés, {utilisateurs} utilisateurs", title_justify="left")
    table.add_column("")
    for nom in mesures:
        table.add_column(nom, justify="right")
    lignes: dict[str, Callable[[Mesure], str]] = {
        "réussis": lambda m: str(len(m.termines.latences)),
        "perdus ou échoués": lambda m: str(
            len(m.acceptes.latences) + len(m.acceptes.echecs) - len(m.termines.latences)
        ),
        "terminés par seconde": lambda m: f"{m.termines.debit:.1f}",
        "réponse 202, ms (p50 p95 p99)": lambda m: _centiles(m.acceptes),
        "du début à la fin, ms (p50 p95 p99)": lambda m: _centiles(m.termines),
    }
    for quoi, cellule in lignes.items():
        table.add_row(quoi, *(cellule(mesure) for mesure in mesures.values()))
    for nom, mesure in mesures.items():
        for echec in mesure.acceptes.echecs[:1]:
            console.print(f"[red]{nom} : {echec}[/red]")
    console.print(table)
    console.print(tableau_cpu("CPU par checkout, en ms", {nom: mesure.cpu for nom, mesure in mesures.items()}))
    console.print(
        f"limites : fin P95 < {LIMITE_P95_MS:.0f} ms à la charge historique (avec pause) ; "
        f"partout plus de {PLANCHER_PAR_MINUTE:.0f} checkouts par minute"
    )
