"""Every number of the report, from what was measured and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from local.banc_choreo import LIMITE_P95_MS as FIN_P95_MS
from local.banc_choreo import PLANCHER_PAR_MINUTE as CHOREO_PAR_MINUTE
from local.banc_reprise import LIMITE_S as REPRISE_S
from local.banc_utilisateurs import LIMITE_P95_MS as REPONSE_P95_MS
from local.banc_utilisateurs import PLANCHER_PAR_MINUTE as ORCHESTRE_PAR_MINUTE
from local.comparer.donnees import APPELANT, STYLES, Checkout, Cout, Donnees, Epreuve, Style
from local.demo import COMPENSATION_MAX_S
from local.mesures import Serie

NOMS: dict[Style, str] = {"orchestre": "orchestré", "choreo": "chorégraphié"}
CENTILES = (50, 95, 99)
DUREES = {
    "reponse_ms": "réponse à l'acheteur",
    "fin_ms": "événement terminal",
    "connue_ms": "issue connue de la boutique",
}
ISSUES = {
    "finalise": "vendu",
    "echec": "échoué et compensé",
    "intervention_requise": "intervention requise",
    "absent": "refusé sans trace",
    "ouvert": "encore ouvert",
}


@dataclass(frozen=True)
class Cible:
    """One historical target, what was measured, and whether it is met."""

    quoi: str
    cible: str
    mesure: str
    tenue: bool


def issues(epreuve: Epreuve) -> dict[str, int]:
    """How many ended how; every way is there."""
    vues = Counter(vu.issue if vu.issue in ISSUES else "ouvert" for vu in epreuve.checkouts)
    return {issue: vues[issue] for issue in ISSUES}


def reussite(epreuve: Epreuve) -> float:
    """Percentage of the checkouts asked for that were sold."""
    return 100 * issues(epreuve)["finalise"] / len(epreuve.checkouts)


def vendus(epreuve: Epreuve) -> list[Checkout]:
    """The checkouts that succeeded: the latencies are theirs."""
    return [vu for vu in epreuve.checkouts if vu.issue == "finalise"]


def centiles(vus: Iterable[Checkout], duree: str) -> list[float]:
    """P50, P95 and P99 in milliseconds of those that have this duration; empty when none has."""
    valeurs = [valeur / 1000 for vu in vus if (valeur := getattr(vu, duree)) is not None]
    return [Serie(valeurs, 1.0).centile(p) for p in CENTILES] if valeurs else []


def debit(epreuve: Epreuve) -> float:
    """Sales per second, from the first beginning to the last terminal event."""
    finis = [
        (vu.debut_s, vu.debut_s + vu.fin_ms / 1000) for vu in vendus(epreuve) if vu.debut_s is not None and vu.fin_ms
    ]
    return len(finis) / (max(fin for _, fin in finis) - min(debut for debut, _ in finis)) if finis else 0.0


def par_checkout(cout: Cout) -> dict[str, float]:
    """What one checkout costs: requests of its buyer and between services, stream entries, commits, CPU."""
    entre = sum(n for qui, n in cout.requetes.items() if qui != APPELANT)
    return {
        "requêtes entre services": entre / cout.checkouts,
        "entrées du flux": cout.entrees / cout.checkouts,
        "commits": sum(cout.commits.values()) / cout.checkouts,
        "CPU de toute la plateforme, ms": sum(cout.cpu_ms.values()) / cout.checkouts,
    }


def commits_par_base(cout: Cout) -> dict[str, float]:
    """Commits of one checkout by database, without those that have none."""
    parts = {base: commits / cout.checkouts for base, commits in sorted(cout.commits.items())}
    return {base: part for base, part in parts.items() if part >= 0.05}


def cibles(donnees: Donnees) -> list[Cible]:
    """The targets that the historical platform was given, at its load."""
    lues = []
    historiques: tuple[tuple[Style, str, float, float], ...] = (
        ("orchestre", "reponse_ms", REPONSE_P95_MS, ORCHESTRE_PAR_MINUTE),
        ("choreo", "fin_ms", FIN_P95_MS, CHOREO_PAR_MINUTE),
    )
    for style, duree, limite, plancher in historiques:
        saine = donnees.epreuve("sain", style)
        p95, minute = (centiles(vendus(saine), duree) or [0, float("inf")])[1], 60 * debit(saine)
        qui = f"{NOMS[style]}, {saine.utilisateurs} utilisateurs"
        lues += [
            Cible(f"{qui} : P95, {DUREES[duree]}", f"< {limite:.0f} ms", f"{p95:.0f} ms", p95 < limite),
            Cible(f"{qui} : débit", f"> {plancher:.0f} par minute", f"{minute:.0f} par minute", minute > plancher),
            Cible(f"{qui} : réussite", "100 %", f"{reussite(saine):.1f} %", reussite(saine) == 100),
        ]
    for style, nom in NOMS.items():
        durees = donnees.compensations_ms[style]
        pire = max(durees) / 1000
        lues.append(
            Cible(
                f"{nom} : stock rendu après l'échec, au pire",
                f"< {COMPENSATION_MAX_S:.0f} s",
                f"{pire:.3f} s",
                pire < COMPENSATION_MAX_S,
            )
        )
    for style, nom in NOMS.items():
        pire = max(reprise.duree_s for reprise in donnees.reprises[style])
        lues.append(
            Cible(
                f"{nom} : tout fini après redémarrage, au pire",
                f"< {REPRISE_S:.0f} s",
                f"{pire:.2f} s",
                pire < REPRISE_S,
            )
        )
    return lues


def point_de_charge(epreuve: Epreuve) -> dict[str, float]:
    """One load of the sweep: what its buyers could ask for at most, what was sold, and how long it took."""
    p95 = {duree: (centiles(vendus(epreuve), duree) or [0.0] * 3)[1] for duree in ("reponse_ms", "fin_ms")}
    return {
        "utilisateurs": epreuve.utilisateurs,
        "offert": epreuve.utilisateurs / epreuve.pause_s,
        "debit": debit(epreuve),
        "reussite": reussite(epreuve),
        **p95,
    }


def fins_par_seconde(epreuve: Epreuve) -> list[tuple[float, str]]:
    """When each checkout was known to have ended, in seconds of the round, and how."""
    return [
        (vu.debut_s + vu.connue_ms / 1000, vu.issue)
        for vu in epreuve.checkouts
        if vu.debut_s is not None and vu.connue_ms is not None
    ]


def a_dessiner(donnees: Donnees) -> dict[str, Any]:
    """What the figures show, by figure."""
    rondes = ("sain", "pannes")
    return {
        "noms": NOMS,
        "issues": ISSUES,
        "durees": DUREES,
        "reussite": {r: {s: issues(donnees.epreuve(r, s)) for s in STYLES} for r in rondes},
        "latences": {
            r: {s: {d: centiles(vendus(donnees.epreuve(r, s)), d) for d in DUREES} for s in STYLES} for r in rondes
        },
        "charge": {s: [point_de_charge(e) for e in donnees.balayage(s)] for s in STYLES},
        "pannes": {
            s: {"fins": fins_par_seconde(donnees.epreuve("pannes", s)), "plan": donnees.epreuve("pannes", s).pannes}
            for s in STYLES
        },
        "flots": {s: [asdict(flot) for flot in donnees.flots[s]] for s in STYLES},
        "couts": {s: par_checkout(donnees.couts[s]) for s in STYLES},
        "commits": {s: commits_par_base(donnees.couts[s]) for s in STYLES},
        "compensations": donnees.compensations_ms,
        "reprises": {s: [asdict(reprise) for reprise in donnees.reprises[s]] for s in STYLES},
    }
