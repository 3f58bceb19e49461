"""The files that are generated, and their contents: dashboards as JSON, and the scrape configuration of Compose."""

from __future__ import annotations

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from local.composants import SERVICES
from monitoring import cibles
from monitoring.cibles import DOSSIER
from monitoring.tableaux import TABLEAUX

TABLEAUX_JSON = DOSSIER / "grafana" / "tableaux"


def fichiers() -> dict[Path, str]:
    """Contents by path."""
    produits = {DOSSIER / "prometheus" / "prometheus.yml": cibles.compose(SERVICES)}
    for construire in TABLEAUX:
        tableau = construire()
        texte = json.dumps(tableau, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False)
        produits[TABLEAUX_JSON / f"{tableau.uid}.json"] = texte + "\n"
    return produits


def ecrire() -> None:
    """Write them all."""
    for chemin, texte in fichiers().items():
        chemin.parent.mkdir(parents=True, exist_ok=True)
        chemin.write_text(texte)
