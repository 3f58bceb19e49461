"""What the dashboards and the rules ask of Prometheus, read from the files as they are shipped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from monitoring.cibles import DOSSIER, REGLES

TABLEAUX = DOSSIER / "grafana" / "tableaux"
# The run is minutes old and scraped each second; Grafana would put in what the dashboard's time range and step say.
VARIABLES = {"$__rate_interval": "2m", "$__range": "5m"}
_MOTS = frozenset({
    "sum", "rate", "by", "le", "max", "min", "count", "histogram_quantile", "increase", "on", "or", "and", "vector",
    "topk", "group", "type", "style", "service", "job", "projection",
})  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One query and where it stands."""

    lieu: str
    expression: str

    def __str__(self) -> str:
        return self.lieu


def fichiers_de_tableaux() -> list[Path]:
    """Every dashboard shipped."""
    return sorted(TABLEAUX.glob("*.json"))


def des_panneaux() -> Iterator[Question]:
    """Every query of every panel, its Grafana variables replaced."""
    for fichier in fichiers_de_tableaux():
        for panneau in json.loads(fichier.read_text())["panels"]:
            for cible in panneau.get("targets", ()):
                expression = cible["expr"]
                for variable, valeur in VARIABLES.items():
                    expression = expression.replace(variable, valeur)
                yield Question(f"{fichier.stem}: {panneau['title']} {cible['refId']}", expression)


def _regles(genre: str) -> Iterator[dict[str, Any]]:
    for fichier in sorted(REGLES.glob("*.yml")):
        for groupe in yaml.safe_load(fichier.read_text())["groups"]:
            yield from (regle for regle in groupe["rules"] if genre in regle)


def enregistrees() -> Iterator[Question]:
    """Every recorded series, with the labels its rule gives it."""
    for regle in _regles("record"):
        selecteur = ",".join(f'{nom}="{valeur}"' for nom, valeur in regle.get("labels", {}).items())
        expression = f"{regle['record']}{{{selecteur}}}"
        yield Question(f"règle {expression}", expression)


def alertes() -> list[str]:
    """Names of the alerts."""
    return [regle["alert"] for regle in _regles("alert")]


def des_alertes() -> Iterator[Question]:
    """What each alert looks at: it is silent when all is well, the series behind it are not."""
    for regle in _regles("alert"):
        for serie in sorted(series(regle["expr"])):
            yield Question(f"alerte {regle['alert']}: {serie}", serie)


def series(expression: str) -> set[str]:
    """Names of the series an expression reads."""
    nu = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", expression)
    return {mot for mot in re.findall(r"[a-zA-Z_][a-zA-Z0-9_:]*", nu) if mot not in _MOTS}
