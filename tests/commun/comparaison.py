"""Whether a comparison's report says what its raw data say, computed here in another way."""

from __future__ import annotations

import base64
import csv
import html
import json
import math
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from local.comparer import rapport

_CELLULE = re.compile(r'data-mesure="([^"]+)">([^<]*)<')
_NOMBRE_NU = re.compile(r"<(td|span)[^>]*>\s*[\d.,]+( %| m?s)?\s*</\1>")
_IMAGE = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")


def exiger_un_rapport_fidele(dossier: Path) -> None:
    """Every number of the page is marked as a measure, and is what the raw files say; nothing from any other host."""
    page = (dossier / rapport.PAGE).read_text()
    exiger_des_nombres_justes(page, dossier)
    images = _IMAGE.findall(page)
    assert [base64.b64decode(image) for image in images] == [
        (dossier / f"{nom}.svg").read_bytes() for nom in rapport.FIGURES
    ]
    assert all((dossier / f"{nom}.png").read_bytes().startswith(b"\x89PNG") for nom in rapport.FIGURES)
    # What a browser would fetch: nothing in the page, nothing in the pictures.
    assert "//" not in _IMAGE.sub("", page)
    for image in images:
        assert not re.search(r"""(?:href|src)\s*=\s*["'](?!#)|url\((?!#)|@import""", base64.b64decode(image).decode())


def exiger_des_nombres_justes(page: str, dossier: Path) -> None:
    """The page says of the measures in `dossier` what they are: all of them, each once, and no number besides."""
    cellules = [(html.unescape(cle), html.unescape(texte).strip()) for cle, texte in _CELLULE.findall(page)]
    dites, mesurees = dict(cellules), attendues(dossier)
    assert len(dites) == len(cellules), "a measure is said twice"
    ecarts = {cle: (dites.get(cle), mesurees.get(cle)) for cle in dites.keys() | mesurees.keys()}
    ecarts = {cle: (dite, mesuree) for cle, (dite, mesuree) in ecarts.items() if dite != mesuree}
    assert not ecarts, f"said and measured: {ecarts}"
    nus = [trouve.group() for trouve in _NOMBRE_NU.finditer(page) if "data-mesure" not in trouve.group()]
    assert not nus, f"not marked as measures: {nus}"


def attendues(dossier: Path) -> dict[str, str]:
    """The measures by the name that the page gives them."""
    rondes: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (dossier / "checkouts.csv").open(newline="") as fichier:
        for ligne in csv.DictReader(fichier):
            suffixe = f".{ligne['utilisateurs']}" if ligne["epreuve"] == "balayage" else ""
            rondes[f"{ligne['epreuve']}.{ligne['style']}{suffixe}"].append(ligne)
    lues: dict[str, str] = {}
    for cle, lignes in rondes.items():
        vendus = [ligne for ligne in lignes if ligne["issue"] == "finalise"]
        lues[f"{cle}.reussite"] = f"{_reussite(lignes):.1f} %"
        lues[f"{cle}.debit"] = f"{_debit(vendus):.1f}"
        if cle.startswith("balayage"):
            lues |= {f"{cle}.{d}": f"{_centile(vendus, d, 95):.0f}" for d in ("reponse_ms", "fin_ms")}
            lues[f"{cle}.utilisateurs"] = lignes[0]["utilisateurs"]
            lues[f"{cle}.offert"] = f"{float(lignes[0]['utilisateurs']) / float(lignes[0]['pause_s']):.0f}"
            continue
        lues[f"{cle}.demandes"] = str(len(lignes))
        connues = ("finalise", "echec", "intervention_requise", "absent")
        for issue in connues:
            lues[f"{cle}.{issue}"] = str(sum(ligne["issue"] == issue for ligne in lignes))
        lues[f"{cle}.ouvert"] = str(sum(ligne["issue"] not in connues for ligne in lignes))
        for duree in ("reponse_ms", "fin_ms", "connue_ms"):
            for p in (50, 95, 99):
                lues[f"{cle}.{duree}.p{p}"] = f"{_centile(vendus, duree, p):.0f}" if vendus else "–"
    brut = json.loads((dossier / "donnees.json").read_text())
    return lues | _du_json(brut) | _des_cibles(rondes, brut)


def _du_json(brut: dict[str, Any]) -> dict[str, str]:
    """What does not come from the table of checkouts: undoing, getting up again, costs, events, circumstances."""
    lues = {"commande": brut["reglages"]["Commande"], "duree": brut["reglages"]["Durée"]}
    lues |= {f"contexte.{nom}": str(valeur) for nom, valeur in (brut["environnement"] | brut["reglages"]).items()}
    for style, durees in brut["compensations_ms"].items():
        rangees = sorted(durees)
        milieu = (rangees[(len(rangees) - 1) // 2] + rangees[len(rangees) // 2]) / 2
        lues[f"compensation.{style}.nombre"] = str(len(durees))
        lues[f"compensation.{style}.mediane"] = f"{milieu:.1f}"
        lues[f"compensation.{style}.pire"] = f"{rangees[-1]:.1f}"
    for style, reprises in brut["reprises"].items():
        for rang, reprise in enumerate(reprises, 1):
            lues[f"reprise.{style}.{rang}.coupes"] = str(reprise["coupes"])
            lues[f"reprise.{style}.{rang}.duree"] = f"{reprise['duree_s']:.2f} s"
            lues[f"reprise.{style}.{rang}.connue"] = f"{reprise['connue_s']:.2f} s"
    for style, cout in brut["couts"].items():
        totaux = {
            "requêtes entre services": sum(cout["requetes"][qui] for qui in cout["requetes"] if qui != "magasin-app"),
            "entrées du flux": cout["entrees"],
            "commits": sum(cout["commits"].values()),
            "CPU de toute la plateforme, ms": sum(cout["cpu_ms"].values()),
        }
        lues |= {f"cout.{style}.{nom}": f"{total / cout['checkouts']:.2f}" for nom, total in totaux.items()}
    for style, flots in brut["flots"].items():
        for flot in flots:
            lues[f"flot.{style}.{flot['type']}.{flot['sens']}.{flot['par']}"] = str(flot["nombre"])
    return lues


def _des_cibles(rondes: dict[str, list[dict[str, str]]], brut: dict[str, Any]) -> dict[str, str]:
    """The rows of the historical targets, as the contract words and bounds them."""
    rangees: list[tuple[str, str, str, bool]] = []
    for style, nom, duree, quoi, p95_ms, par_minute in (
        ("orchestre", "orchestré", "reponse_ms", "réponse à l'acheteur", 2000, 25),
        ("choreo", "chorégraphié", "fin_ms", "événement terminal", 500, 100),
    ):
        lignes = rondes[f"sain.{style}"]
        vendus = [ligne for ligne in lignes if ligne["issue"] == "finalise"]
        p95, minute, taux = _centile(vendus, duree, 95), 60 * _debit(vendus), _reussite(lignes)
        qui = f"{nom}, {lignes[0]['utilisateurs']} utilisateurs"
        rangees += [
            (f"{qui} : P95, {quoi}", f"< {p95_ms} ms", f"{p95:.0f} ms", p95 < p95_ms),
            (f"{qui} : débit", f"> {par_minute} par minute", f"{minute:.0f} par minute", minute > par_minute),
            (f"{qui} : réussite", "100 %", f"{taux:.1f} %", len(vendus) == len(lignes)),
        ]
    noms = {"orchestre": "orchestré", "choreo": "chorégraphié"}
    for style, nom in noms.items():
        pire = max(brut["compensations_ms"][style])
        rangees.append((f"{nom} : stock rendu après l'échec, au pire", "< 5 s", f"{pire / 1000:.3f} s", pire < 5000))
    for style, nom in noms.items():
        pire = max(reprise["duree_s"] for reprise in brut["reprises"][style])
        rangees.append((f"{nom} : tout fini après redémarrage, au pire", "< 2 s", f"{pire:.2f} s", pire < 2))
    lues = {}
    for rang, (quoi, cible, mesure, tenue) in enumerate(rangees, 1):
        cellules = (("quoi", quoi), ("cible", cible), ("mesure", mesure), ("verdict", "tenue" if tenue else "manquée"))
        lues |= {f"cible.{rang}.{colonne}": texte for colonne, texte in cellules}
    return lues


def _reussite(lignes: list[dict[str, str]]) -> float:
    return 100 * sum(ligne["issue"] == "finalise" for ligne in lignes) / len(lignes)


def _centile(lignes: list[dict[str, str]], duree: str, p: int) -> float:
    """The smallest value that more than p % of all do not exceed."""
    valeurs = sorted(float(ligne[duree]) for ligne in lignes if ligne[duree])
    return valeurs[min(len(valeurs) - 1, math.floor(len(valeurs) * p / 100))]


def _debit(vendus: list[dict[str, str]]) -> float:
    bornes = [(float(v["debut_s"]), float(v["debut_s"]) + float(v["fin_ms"]) / 1000) for v in vendus if v["fin_ms"]]
    return len(bornes) / (max(fin for _, fin in bornes) - min(debut for debut, _ in bornes)) if bornes else 0.0
