"""What was measured, as it is written to `donnees.json` and `checkouts.csv`: nothing here is computed."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Style = Literal["orchestre", "choreo"]
STYLES: tuple[Style, Style] = ("orchestre", "choreo")
FICHIER, TABLE = "donnees.json", "checkouts.csv"
APPELANT = "magasin-app"
"""The gateway's consumer that the buyers are."""


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """One checkout asked for once. Times are milliseconds; None: it never came.

    `statut`: HTTP status of the answer, 0 when there was none; `issue`: the shop's last word (`absent`: it has no such
    checkout). `reponse_ms`: what the caller waited for, by its clock; `fin_ms`: until the terminal event, `connue_ms`:
    until the shop knew, both from the moment the checkout was recorded and by the database's clock; `debut_s`: that
    moment, in seconds since the round began.
    """

    statut: int
    reponse_ms: float
    issue: str
    debut_s: float | None
    fin_ms: float | None
    connue_ms: float | None


@dataclass(frozen=True, kw_only=True)
class Epreuve:
    """One round of one style: `utilisateurs` buyers who think `pause_s` between two checkouts. `pannes`: what broke."""

    nom: str
    style: Style
    utilisateurs: int
    pause_s: float
    checkouts: list[Checkout]
    pannes: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Cout:
    """What `checkouts` successful checkouts made the platform do, what it does when idle already taken off.

    `requetes`: through the gateway, by who asked; `entrees`: on the stream; `commits`: by database; `cpu_ms`: by
    program.
    """

    checkouts: int
    requetes: dict[str, float]
    entrees: int
    commits: dict[str, float]
    cpu_ms: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Flot:
    """Events of one type that one program published, or one group consumed, during the healthy round."""

    sens: Literal["publie", "consomme"]
    par: str
    type: str
    nombre: int


@dataclass(frozen=True, kw_only=True)
class Reprise:
    """Everything that advances checkouts was killed with `coupes` of them under way.

    All had ended `duree_s` after the restart, and the shop knew it of all of them after `connue_s`.
    """

    coupes: int
    duree_s: float
    connue_s: float


@dataclass(kw_only=True)
class Donnees:
    """One comparison. `compensations_ms`: from the failed order to the stock given back."""

    environnement: dict[str, Any]
    reglages: dict[str, Any]
    epreuves: list[Epreuve] = field(default_factory=list)
    couts: dict[str, Cout] = field(default_factory=dict)
    flots: dict[str, list[Flot]] = field(default_factory=dict)
    compensations_ms: dict[str, list[float]] = field(default_factory=dict)
    reprises: dict[str, list[Reprise]] = field(default_factory=dict)

    def epreuve(self, nom: str, style: Style) -> Epreuve:
        """The round of that name."""
        return next(e for e in self.epreuves if (e.nom, e.style) == (nom, style))

    def balayage(self, style: Style) -> list[Epreuve]:
        """The rounds of growing load."""
        return [e for e in self.epreuves if e.style == style and e.nom == "balayage"]

    def ecrire(self, dossier: Path) -> None:
        """Both files."""
        (dossier / FICHIER).write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n")
        with (dossier / TABLE).open("w", newline="") as fichier:
            table = csv.writer(fichier, lineterminator="\n")
            champs = list(Checkout.__dataclass_fields__)
            table.writerow(["epreuve", "style", "utilisateurs", "pause_s", *champs])
            for e in self.epreuves:
                tete = (e.nom, e.style, e.utilisateurs, e.pause_s)
                table.writerows([*tete, *(getattr(checkout, champ) for champ in champs)] for checkout in e.checkouts)


def lire(dossier: Path) -> Donnees:
    """What `ecrire` wrote."""
    brut = json.loads((dossier / FICHIER).read_text())
    epreuves = [
        Epreuve(**{**e, "checkouts": [Checkout(**checkout) for checkout in e["checkouts"]]}) for e in brut["epreuves"]
    ]
    return Donnees(
        environnement=brut["environnement"],
        reglages=brut["reglages"],
        epreuves=epreuves,
        couts={style: Cout(**cout) for style, cout in brut["couts"].items()},
        flots={style: [Flot(**flot) for flot in flots] for style, flots in brut["flots"].items()},
        compensations_ms=brut["compensations_ms"],
        reprises={style: [Reprise(**reprise) for reprise in reprises] for style, reprises in brut["reprises"].items()},
    )
