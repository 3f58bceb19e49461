"""The report: one page that needs nothing but itself, its figures beside it, and the measures it was made from."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import jinja2

from local.annexe import interpreteur
from local.comparer import synthese
from local.comparer.donnees import STYLES, Donnees
from local.lieux import RACINE
from local.mesures import mediane
from local.processus import ErreurLabo

PAGE = "rapport.html"
_ICI = Path(__file__).parent
VERROU = _ICI / "figures.lock"
_ENVIRONNEMENT = RACINE / ".labo" / "outils" / "figures"
FIGURES = {
    "reussite": "Comment les checkouts ont fini, sans panne et avec les mêmes pannes.",
    "latences": "Latences des checkouts vendus, sans panne, à charge égale.",
    "latences-pannes": "Latences des checkouts vendus pendant les pannes.",
    "charge": "Débit et P95 selon le nombre d'acheteurs à la fois.",
    "pannes": "Quand les checkouts ont fini pendant les pannes (zones rouges).",
    "evenements": "Événements publiés et consommés, par type et par programme ou groupe.",
    "retours": "Temps de compensation, et temps pour se relever d'un arrêt brutal.",
    "couts": "Messages, commits et CPU d'un checkout réussi.",
}
"""What each file shows: also the text for who does not see it."""


def dessinateur() -> Path:
    """The Python that draws, its packages fetched at the first use. Raises `ErreurLabo` when they cannot be had."""
    _ENVIRONNEMENT.parent.mkdir(parents=True, exist_ok=True)
    return interpreteur(_ENVIRONNEMENT, VERROU, "des figures")


def ecrire(donnees: Donnees, dossier: Path) -> Path:
    """Figures and page into `dossier`; the page."""
    _dessiner(donnees, dossier)
    page = dossier / PAGE
    page.write_text(composer(donnees, dossier))
    return page


def composer(donnees: Donnees, dossier: Path) -> str:
    """The page, with the figures that are in `dossier`."""
    images = {nom: base64.b64encode((dossier / f"{nom}.svg").read_bytes()).decode("ascii") for nom in FIGURES}
    modeles = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ICI), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    modele = modeles.get_template("rapport.html.j2")
    return modele.render(
        d=donnees,
        s=synthese,
        mediane=mediane,
        styles=STYLES,
        rondes=("sain", "pannes"),
        figures=FIGURES,
        images=images,
    )


def _dessiner(donnees: Donnees, dossier: Path) -> None:
    series = json.dumps(synthese.a_dessiner(donnees))
    ligne = [str(dessinateur()), str(_ICI / "figures.py"), str(dossier)]
    fait = subprocess.run(ligne, input=series, capture_output=True, text=True)
    if fait.returncode != 0:
        raise ErreurLabo(f"Figures : {fait.stderr.strip()[-1500:]}")
