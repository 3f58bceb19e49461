"""Whether a comparison's report says what its raw data say, computed here in another way."""

from __future__ import annotations

import base64
import csv
import json
import math
import re
from collections import defaultdict
from pathlib import Path

from local.comparer import rapport

_CELLULE = re.compile(r'data-mesure="([^"]+)">([^<]*)<')
_IMAGE = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")


def exiger_un_rapport_fidele(dossier: Path) -> None:
    """Every number of the page that is marked as a measure, from the raw files; and nothing from any other host."""
    page = (dossier / rapport.PAGE).read_text()
    dites = {cle: texte.strip().removesuffix(" %") for cle, texte in _CELLULE.findall(page)}
    assert dites == attendues(dossier)
    images = _IMAGE.findall(page)
    assert [base64.b64decode(image) for image in images] == [
        (dossier / f"{nom}.svg").read_bytes() for nom in rapport.FIGURES
    ]
    assert all((dossier / f"{nom}.png").read_bytes().startswith(b"\x89PNG") for nom in rapport.FIGURES)
    # What a browser would fetch: nothing in the page, nothing in the pictures.
    assert "//" not in _IMAGE.sub("", page)
    for image in images:
        assert not re.search(r"""(?:href|src)\s*=\s*["'](?!#)|url\((?!#)|@import""", base64.b64decode(image).decode())


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
        lues[f"{cle}.reussite"] = f"{100 * len(vendus) / len(lignes):.1f}"
        lues[f"{cle}.debit"] = f"{_debit(vendus):.1f}"
        if cle.startswith("balayage"):
            lues |= {f"{cle}.{d}": f"{_centile(vendus, d, 95):.0f}" for d in ("reponse_ms", "fin_ms")}
            continue
        lues[f"{cle}.demandes"] = str(len(lignes))
        connues = ("finalise", "echec", "intervention_requise", "absent")
        for issue in connues:
            lues[f"{cle}.{issue}"] = str(sum(ligne["issue"] == issue for ligne in lignes))
        lues[f"{cle}.ouvert"] = str(sum(ligne["issue"] not in connues for ligne in lignes))
        for duree in ("reponse_ms", "fin_ms", "connue_ms"):
            for p in (50, 95, 99):
                lues[f"{cle}.{duree}.p{p}"] = f"{_centile(vendus, duree, p):.0f}" if vendus else "–"
    for style, durees in json.loads((dossier / "donnees.json").read_text())["compensations_ms"].items():
        rangees = sorted(durees)
        milieu = (rangees[(len(rangees) - 1) // 2] + rangees[len(rangees) // 2]) / 2
        lues |= {f"compensation.{style}.mediane": f"{milieu:.1f}", f"compensation.{style}.pire": f"{rangees[-1]:.1f}"}
    return lues


def _centile(lignes: list[dict[str, str]], duree: str, p: int) -> float:
    """The smallest value that more than p % of all do not exceed."""
    valeurs = sorted(float(ligne[duree]) for ligne in lignes if ligne[duree])
    return valeurs[min(len(valeurs) - 1, math.floor(len(valeurs) * p / 100))]


def _debit(vendus: list[dict[str, str]]) -> float:
    bornes = [(float(v["debut_s"]), float(v["debut_s"]) + float(v["fin_ms"]) / 1000) for v in vendus if v["fin_ms"]]
    return len(bornes) / (max(fin for _, fin in bornes) - min(debut for debut, _ in bornes)) if bornes else 0.0
