"""The guided labs as something that can be run: the shell commands of a page, each with what its output must hold, and
what it tells to look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOSSIER = Path(__file__).resolve().parents[2] / "docs" / "labs"
_BLOC = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ATTENDU = re.compile(r"^(?P<ligne>.*?)\s+# (?P<signe>→|↻) (?P<texte>.+)$")
_PUCE = re.compile(r"^- (\w+): (.*?)(?=^- |^$)", re.MULTILINE | re.DOTALL)
_ADRESSE = re.compile(r"http://localhost:(\d+)")
_UNE_FOIS = ("acheter", "envoyer", "operer", "eval", "./labo", "redis_commande", "seq")


@dataclass(frozen=True)
class Commande:
    """One line: `attendu` is in its output, at once, or after some repetitions."""

    ligne: str
    attendu: str = ""
    repeter: bool = False


@dataclass(frozen=True)
class Regard:
    """What a page tells to look at: an address of the console, a metric and the page that shows it, a call (`lire …`).

    Addresses are those of a laboratory without `LABO_PORT_OFFSET`, with the variables of `./labo lab` in them.
    """

    console: str
    metrique: str
    exposee: str
    appel: str

    def commandes(self) -> list[Commande]:
        """Looking, as commands."""
        dit = '"status":"' if "/replay/" in self.appel else '"etat_actuel":"'
        return [
            Commande(f'curl -sL -m 30 -o /dev/null -w "%{{http_code}}" "{self.console}"', "200", repeter=True),
            Commande(f"curl -s -m 30 {self.exposee} | grep '^{self.metrique}[{{ ]'", self.metrique, repeter=True),
            Commande(self.appel, dit, repeter=True),
        ]


def regard(page: Path) -> Regard:
    """What the page tells to look at; `ValueError` unless it is the console, a metric, and a replay or a history."""
    section = page.read_text().split("## What to look at")[1].split("## What to understand")[0]
    puces = [(titre, re.findall(r"`([^`]+)`", texte)) for titre, texte in _PUCE.findall(section)]
    if [titre for titre, _ in puces] not in (["Console", "Metrics", suite] for suite in ("Replay", "History")):
        raise ValueError(f"{page.name}: {puces}")
    (_, (console, *_)), (_, (metrique, exposee, *_)), (_, (appel, *_)) = puces
    return Regard(console, metrique, exposee, appel)


def pages() -> list[Path]:
    """The page of each lab."""
    return sorted(DOSSIER.glob("[0-9]*.md"))


def commandes(page: Path) -> list[Commande]:
    """Every command of the page, in order; reading may be repeated, acting only where the page says so (`↻`)."""
    lues = []
    for ligne in "".join(_BLOC.findall(page.read_text())).splitlines():
        trouve = _ATTENDU.match(ligne)
        if trouve is None:
            lues.append(Commande(ligne))
            continue
        seule = trouve["ligne"].startswith(_UNE_FOIS) and "labo logs" not in trouve["ligne"]
        lues.append(Commande(trouve["ligne"], trouve["texte"], trouve["signe"] == "↻" or not seule))
    return [commande for commande in lues if commande.ligne.strip()]


def script(page: Path, labo: str, dossier: Path, decalage: int = 0) -> str:
    """A bash program that plays the page, then looks at what it says, on a laboratory whose ports are shifted by
    `decalage`; it stops, with status 1, at the first output that is not as announced."""
    sortie = dossier / "sortie"
    lignes = ["set -u"]
    for commande in [*commandes(page), *regard(page).commandes()]:
        ligne = commande.ligne.replace("./labo", labo)
        ligne = _ADRESSE.sub(lambda lu: f"http://localhost:{int(lu[1]) + decalage}", ligne)
        lignes.append(f"echo {_cite('$ ' + commande.ligne)}")
        if not commande.attendu:
            lignes.append(f"{{ {ligne}\n}} 2>&1")
            continue
        verdict = f"grep -qF -- {_cite(commande.attendu)} {sortie}"
        essai = f"{{ {ligne}\n}} > {sortie} 2>&1"
        if commande.repeter:
            essai = f"for _essai in $(seq 80); do {essai}; {verdict} && break; sleep 0.5; done"
        lignes.append(f"{essai}\ncat {sortie}")
        lignes.append(f"{verdict} || {{ echo {_cite('ATTENDU : ' + commande.attendu)}; exit 1; }}")
    return "\n".join(lignes) + "\n"


def _cite(texte: str) -> str:
    return "'" + texte.replace("'", "'\\''") + "'"
