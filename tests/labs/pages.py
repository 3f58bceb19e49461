"""The guided labs as something that can be run: the shell commands of a page, each with what its output must hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOSSIER = Path(__file__).resolve().parents[2] / "docs" / "labs"
_BLOC = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ATTENDU = re.compile(r"^(?P<ligne>.*?)\s+# (?P<signe>→|↻) (?P<texte>.+)$")
_UNE_FOIS = ("acheter", "envoyer", "operer", "eval", "./labo", "redis_commande", "seq")


@dataclass(frozen=True)
class Commande:
    """One line: `attendu` is in its output, at once, or after some repetitions."""

    ligne: str
    attendu: str = ""
    repeter: bool = False


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


def script(page: Path, labo: str, dossier: Path) -> str:
    """A bash program that plays the page and stops, with status 1, at the first output that is not as announced."""
    sortie = dossier / "sortie"
    lignes = ["set -u"]
    for commande in commandes(page):
        ligne = commande.ligne.replace("./labo", labo)
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
