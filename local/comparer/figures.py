"""Draws the figures: `python figures.py FOLDER < series.json` writes each one as SVG and PNG.

Runs in an environment of its own (`figures.lock`): nothing of the platform can be imported here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

STYLES = ("orchestre", "choreo")
COULEURS = {"orchestre": "#0072B2", "choreo": "#D55E00"}
DES_ISSUES = {
    "finalise": "#009E73",
    "echec": "#E69F00",
    "intervention_requise": "#CC79A7",
    "absent": "#999999",
    "ouvert": "#000000",
}
DES_PANNES = {"absence": "absence de", "valkey": "absence de", "mort": "mort de"}
Donnees = dict[str, Any]


def _axes(titre: str, largeur: float = 8, hauteur: float = 4.2, colonnes: int = 1) -> tuple[Figure, list[Axes]]:
    figure, axes = plt.subplots(1, colonnes, figsize=(largeur, hauteur), layout="constrained", squeeze=False)
    figure.suptitle(titre, fontsize=12, fontweight="bold")
    return figure, list(axes[0])


def _etiqueter(axe: Axes, barres: Any, forme: str = "{:.0f}") -> None:
    axe.bar_label(barres, fmt=forme, fontsize=8, padding=2)


def reussite(d: Donnees) -> Figure:
    """How the checkouts asked for ended, healthy and with faults."""
    figure, (axe,) = _axes("Comment les checkouts ont fini", hauteur=3.2)
    lignes = [(f"{d['noms'][s]}, {r}", d["reussite"][r][s]) for r in ("pannes", "sain") for s in reversed(STYLES)]
    gauche = [0.0] * len(lignes)
    for issue, nom in d["issues"].items():
        parts = [100 * vues[issue] / sum(vues.values()) for _, vues in lignes]
        if any(parts):
            barres = axe.barh([n for n, _ in lignes], parts, left=gauche, color=DES_ISSUES[issue], label=nom)
            axe.bar_label(barres, [f"{p:.1f} %" if p >= 4 else "" for p in parts], label_type="center", fontsize=8)
        gauche = [g + p for g, p in zip(gauche, parts, strict=True)]
    axe.set_xlabel("% des checkouts demandés")
    axe.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=5, frameon=False, fontsize=8)
    return figure


def _latences(d: Donnees, ronde: str, titre: str) -> Figure:
    figure, axes = _axes(titre, largeur=10, colonnes=len(d["durees"]))
    for axe, (duree, nom) in zip(axes, d["durees"].items(), strict=True):
        for rang, style in enumerate(STYLES):
            if valeurs := d["latences"][ronde][style][duree]:
                places = [x + 0.4 * rang - 0.2 for x in range(3)]
                _etiqueter(axe, axe.bar(places, valeurs, 0.38, color=COULEURS[style], label=d["noms"][style]))
        axe.set_xticks(range(3), ["P50", "P95", "P99"])
        axe.set_title(nom, fontsize=10)
        axe.margins(y=0.15)
    axes[0].set_ylabel("ms, checkouts vendus")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return figure


def latences(d: Donnees) -> Figure:
    """P50, P95 and P99 of both styles when nothing breaks."""
    return _latences(d, "sain", "Latences, sans panne")


def latences_pannes(d: Donnees) -> Figure:
    """The same while things break."""
    return _latences(d, "pannes", "Latences des checkouts vendus, avec pannes")


def charge(d: Donnees) -> Figure:
    """Throughput and P95 against the number of users."""
    figure, (gauche, droite) = _axes("Débit et latence selon la charge", largeur=10, colonnes=2)
    for style in STYLES:
        points = d["charge"][style]
        x = [p["utilisateurs"] for p in points]
        gauche.plot(x, [p["debit"] for p in points], "o-", color=COULEURS[style], label=d["noms"][style])
        for duree, trait in (("reponse_ms", "--"), ("fin_ms", "-")):
            nom = f"{d['noms'][style]}, {d['durees'][duree]}"
            droite.plot(x, [p[duree] for p in points], f"o{trait}", color=COULEURS[style], label=nom)
    points = d["charge"][STYLES[0]]
    x = [p["utilisateurs"] for p in points]
    gauche.plot(x, [p["offert"] for p in points], ":", color="grey", label="le plus que ces acheteurs demandent")
    gauche.set_ylabel("checkouts vendus par seconde")
    droite.set_ylabel("P95, ms")
    droite.set_yscale("log")
    for axe in (gauche, droite):
        axe.set_xlabel("acheteurs à la fois")
        axe.grid(alpha=0.3)
        axe.legend(frameon=False, fontsize=8)
    return figure


def pannes(d: Donnees) -> Figure:
    """When checkouts ended while things broke."""
    figure, axes = _axes("Fins de checkouts pendant les pannes (par seconde)", largeur=10, hauteur=4.5, colonnes=2)
    for axe, style in zip(axes, STYLES, strict=True):
        ronde = d["pannes"][style]
        dernier = max((t for t, _ in ronde["fins"]), default=1.0)
        paniers = [float(s) for s in range(int(dernier) + 2)]
        series = {i: [t for t, issue in ronde["fins"] if issue == i] for i in d["issues"]}
        series = {i: temps for i, temps in series.items() if temps}
        axe.hist(
            list(series.values()),
            paniers,
            stacked=True,
            color=[DES_ISSUES[i] for i in series],
            label=[d["issues"][i] for i in series],
        )
        haut = axe.get_ylim()[1]
        for rang, panne in enumerate(ronde["plan"]):
            fin = panne["debut_s"] + max(panne["duree_s"], 0.15)
            axe.axvspan(panne["debut_s"], fin, color="crimson", alpha=0.18)
            axe.text(
                panne["debut_s"],
                haut * (1.02 + 0.06 * rang),
                f"{DES_PANNES[panne['genre']]} {panne['cible']}",
                fontsize=7,
            )
        axe.set_ylim(0, haut * (1.1 + 0.06 * len(ronde["plan"])))
        axe.set_title(d["noms"][style], fontsize=10)
        axe.set_xlabel("secondes depuis le début")
    presentes = {nom: barres for axe in axes for barres, nom in zip(*axe.get_legend_handles_labels(), strict=True)}
    figure.legend(
        presentes.values(), presentes, loc="outside lower center", ncols=len(presentes), frameon=False, fontsize=8
    )
    return figure


def evenements(d: Donnees) -> Figure:
    """Events published and consumed by type and by whom, in the healthy round of each style."""
    hauteur = 1.6 + 0.26 * max(len({(f["sens"], f["par"]) for f in d["flots"][s]}) for s in STYLES) * 2
    figure, axes = _axes("Événements pendant la ronde sans panne", largeur=11, hauteur=hauteur, colonnes=2)
    types = sorted({flot["type"] for s in STYLES for flot in d["flots"][s]})
    couleurs = dict(zip(types, plt.get_cmap("tab10").colors, strict=False))
    for axe, style in zip(axes, STYLES, strict=True):
        flots = d["flots"][style]
        qui = sorted({(f["sens"], f["par"]) for f in flots}, key=lambda q: (q[0] == "publie", q[1]))
        gauche = [0] * len(qui)
        for type_ in types:
            nombres = [sum(f["nombre"] for f in flots if (f["sens"], f["par"], f["type"]) == (*q, type_)) for q in qui]
            places = [f"{par} {sens}" for sens, par in qui]
            barres = axe.barh(places, nombres, left=gauche, color=couleurs[type_], label=type_)
            axe.bar_label(barres, [str(n) if n else "" for n in nombres], label_type="center", fontsize=7)
            gauche = [g + n for g, n in zip(gauche, nombres, strict=True)]
        axe.set_title(d["noms"][style], fontsize=10)
        axe.set_xlabel("événements")
        axe.tick_params(axis="y", labelsize=8)
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    return figure


def _nuage(axe: Axes, d: Donnees, series: dict[str, Iterable[float]], unite: str) -> None:
    for rang, style in enumerate(STYLES):
        valeurs = sorted(series[style])
        ecarts = [rang + 0.25 * ((k % 5) / 4 - 0.5) for k in range(len(valeurs))]
        axe.plot(ecarts, valeurs, "o", color=COULEURS[style], alpha=0.5)
        milieu = valeurs[len(valeurs) // 2]
        axe.hlines(milieu, rang - 0.3, rang + 0.3, color="black")
        axe.text(rang + 0.33, milieu, f"{milieu:.3g} {unite}", va="center", fontsize=8)
    axe.set_xticks(range(len(STYLES)), [d["noms"][s] for s in STYLES])
    axe.set_xlim(-0.5, len(STYLES) - 0.2)
    axe.set_ylim(bottom=0)
    axe.set_ylabel(unite)


def retours(d: Donnees) -> Figure:
    """Compensation time and recovery time after a kill, each measure a dot."""
    figure, axes = _axes("Revenir en arrière, se relever", largeur=11, colonnes=3)
    _nuage(axes[0], d, d["compensations"], "ms")
    axes[0].set_title("de l'échec au stock rendu", fontsize=10)
    for axe, champ, titre in (
        (axes[1], "duree_s", "du redémarrage à la dernière fin"),
        (axes[2], "connue_s", "… connue de la boutique"),
    ):
        _nuage(axe, d, {s: [reprise[champ] for reprise in d["reprises"][s]] for s in STYLES}, "s")
        axe.set_title(titre, fontsize=10)
    return figure


def couts(d: Donnees) -> Figure:
    """Messages, commits and CPU of one successful checkout, and where the commits are."""
    figure, (gauche, droite) = _axes("Ce que coûte un checkout réussi", largeur=11, colonnes=2)
    for rang, style in enumerate(STYLES):
        valeurs = d["couts"][style]
        places = [x + 0.4 * rang - 0.2 for x in range(len(valeurs))]
        barres = gauche.bar(places, list(valeurs.values()), 0.38, color=COULEURS[style], label=d["noms"][style])
        _etiqueter(gauche, barres, "{:.1f}")
    gauche.set_xticks(range(len(valeurs)), [nom.replace(" de toute la plateforme", "") for nom in valeurs], fontsize=8)
    gauche.legend(frameon=False, fontsize=8)
    bases = sorted({base for s in STYLES for base in d["commits"][s]})
    for rang, style in enumerate(STYLES):
        places = [x + 0.4 * rang - 0.2 for x in range(len(bases))]
        barres = droite.bar(places, [d["commits"][style].get(b, 0) for b in bases], 0.38, color=COULEURS[style])
        _etiqueter(droite, barres, "{:.1f}")
    droite.set_xticks(range(len(bases)), bases, rotation=30, ha="right", fontsize=8)
    droite.set_title("commits par base", fontsize=10)
    return figure


FIGURES: tuple[Callable[[Donnees], Figure], ...] = (
    reussite, latences, latences_pannes, charge, pannes, evenements, retours, couts,
)  # fmt: skip


def main() -> None:
    """Write them all."""
    dossier, donnees = Path(sys.argv[1]), json.load(sys.stdin)
    # Text stays text, and the same series give the same file.
    plt.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "comparer", "axes.spines.top": False,
                     "axes.spines.right": False}  # fmt: skip
    for dessiner in FIGURES:
        figure = dessiner(donnees)
        nom = dessiner.__name__.replace("_", "-")
        figure.savefig(dossier / f"{nom}.svg", metadata={"Date": None})
        figure.savefig(dossier / f"{nom}.png", dpi=110)
        plt.close(figure)


if __name__ == "__main__":
    main()
