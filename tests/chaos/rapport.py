"""The verdict for people (rich) and for programs (JSON)."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.chaos import chronologie
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
_MONTREES = 12


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
        """Everything, with the timeline of each violation."""
        return {
            "graine": self.graine,
            "duree_s": round(self.duree_s, 1),
            "repos_s": round(self.repos_s, 1),
            "achats": len(self.releve.achats),
            "demandes": sum(len(achat.demandes) for achat in self.releve.achats),
            "conduites": dict(Counter(achat.conduite for achat in self.releve.achats)),
            "statuts": {f"{style}/{statut}": nombre for (style, statut), nombre in sorted(self.statuts.items())},
            "reponses": {
                str(statut): nombre
                for statut, nombre in sorted(
                    Counter(e.statut for a in self.releve.achats for e in a.demandes if not e.abandon).items()
                )
            },
            "bases": self.bases,
            "violations": [{**asdict(v), "chronologie": self._chronologie(v)} for v in self.violations],
        }

    def _chronologie(self, violation: Violation) -> list[str]:
        moments = []
        for achat in self.releve.achats:
            if achat.numero == violation.achat:
                moments += chronologie.de_l_achat(achat)
        for constat in self.releve.constats:
            if constat.id == violation.checkout:
                moments += chronologie.du_constat(constat)
        return [f"{m.heure} {m.cote:<20} {m.texte}" for m in sorted(moments)]

    def montrer(self, console: Console) -> None:
        """The table of invariants, then each violation with its timeline."""
        lu = self.json()
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
        for violation in self.violations[:_MONTREES]:
            console.print(f"\n[red]{violation.invariant}[/red] {escape(violation.texte)}")
            console.print(f"  checkout {violation.checkout or '–'}, achat {violation.achat}", style="dim")
            for ligne in self._chronologie(violation):
                console.print(f"  {escape(ligne)}", style="dim", soft_wrap=True)
        if len(self.violations) > _MONTREES:
            console.print(f"\n… et {len(self.violations) - _MONTREES} autres (rapport JSON).")
