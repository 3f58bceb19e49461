"""The verdict for people (rich) and for programs (JSON)."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.chaos.chronologie import Moment, Recit, concernes, raconter
from tests.chaos.constats import Releve
from tests.chaos.invariants import Violation

INVARIANTS = {
    "I1": "stock : initial = en main + réservé + vendu",
    "I2": "une vente exacte par checkout réussi, aucune par échec",
    "I3": "tout checkout se termine",
    "I4": "un effet par étape, compensé à rebours",
    "I5": "chaque événement une fois, dans l'ordre, chaîne intègre",
    "I6": "modèles de lecture = événements",
    "I7": "les deux styles finissent pareil",
    "I8": "un 2xx est durable, une clé a une réponse",
    "I9": "une corrélation de bout en bout, rien de personnel",
}
_RECITS_MAX = 10
"""A violation about a shelf concerns every purchase that took from it: the last ones are told, the others counted."""
_LARGEUR = 400
"""Characters of a moment shown to people; programs have it whole."""


@dataclass(kw_only=True)
class Rapport:
    """One verdict. `repos_s`: seconds from the end of the faults until every checkout had ended."""

    graine: int
    releve: Releve
    violations: list[Violation]
    duree_s: float
    repos_s: float
    bases: list[str] = field(default_factory=list)

    @property
    def statuts(self) -> Counter[tuple[str, str]]:
        """Checkouts by style and status."""
        return Counter((c.achat.style, c.statut) for c in self.releve.constats)

    def json(self) -> dict[str, Any]:
        """Everything, with the timelines of each violation."""
        return self._sommaire() | {"violations": [self._en_json(violation) for violation in self.violations]}

    def _sommaire(self) -> dict[str, Any]:
        reponses = Counter(e.statut for a in self.releve.achats for e in a.demandes if not e.abandon)
        return {
            "graine": self.graine,
            "duree_s": round(self.duree_s, 1),
            "repos_s": round(self.repos_s, 1),
            "achats": len(self.releve.achats),
            "demandes": sum(len(achat.demandes) for achat in self.releve.achats),
            "conduites": dict(Counter(achat.conduite for achat in self.releve.achats)),
            "statuts": {f"{style}/{statut}": nombre for (style, statut), nombre in sorted(self.statuts.items())},
            "reponses": {str(statut): nombre for statut, nombre in sorted(reponses.items())},
            "bases": self.bases,
        }

    def _en_json(self, violation: Violation) -> dict[str, Any]:
        nombre, recits = self._recits(violation)
        return {**asdict(violation), "achats_concernes": nombre, "recits": [asdict(recit) for recit in recits]}

    def _recits(self, violation: Violation) -> tuple[int, list[Recit]]:
        """How many purchases it concerns, and the last of them told from both sides."""
        achats = concernes(self.releve, violation)
        return len(achats), [raconter(self.releve, achat) for achat in achats[-_RECITS_MAX:]]

    def montrer(self, console: Console) -> None:
        """The table of invariants, then every violation with its timelines."""
        lu = self._sommaire()
        console.print(
            f"{lu['achats']} achats, {lu['demandes']} demandes de checkout {lu['reponses']}, "
            f"checkouts {lu['statuts']} ; repos en {self.repos_s:.1f} s ; "
            f"SQL : {', '.join(self.bases) or 'aucune base'}"
        )
        comptes = Counter(v.invariant for v in self.violations)
        table = Table(box=None, pad_edge=False)
        for titre in ("", "Invariant", "Violations"):
            table.add_column(titre)
        for nom, texte in INVARIANTS.items():
            marque = "[red]✗[/red]" if comptes[nom] else "[green]✓[/green]"
            table.add_row(marque, f"{nom} {texte}", str(comptes[nom] or ""))
        console.print(table)
        for violation in self.violations:
            self._montrer(violation, console)

    def _montrer(self, violation: Violation, console: Console) -> None:
        console.print(f"\n[red]{violation.invariant}[/red] {escape(violation.texte)}", soft_wrap=True)
        nombre, recits = self._recits(violation)
        if nombre > len(recits):
            console.print(f"  {nombre} achats concernés ; les {len(recits)} derniers :")
        for recit in recits:
            checkouts = ", ".join(recit.checkouts) or "aucun"
            console.print(f"  achat {recit.achat} ({recit.style}, {recit.conduite}), checkout : {checkouts}")
            for moment in recit.moments:
                console.print(f"    {escape(_ligne(moment))}", style="dim", soft_wrap=True)


def _ligne(moment: Moment) -> str:
    texte = " ".join(moment.texte.split())
    if len(texte) > _LARGEUR:
        texte = f"{texte[:_LARGEUR]}… ({len(texte)} caractères)"
    return f"{moment.heure} {moment.cote:<11} {moment.checkout[:8]:<8} {texte}"
