"""Operators' actions: audited first, done once, and what the service answers is what the operator reads."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from console.application.ports import Services
from socle.correlation import correlation_id

MOTIF_MAX = 400
"""Characters; the account's name joins it, and the orchestrator keeps 500."""


@dataclass(frozen=True, kw_only=True)
class Demande:
    """Who wants what done, and why. `cle` is the idempotency key; `cible` a saga, or a dead letter of `saga_id`."""

    cle: UUID
    geste: str
    cible: str
    motif: str
    compte: str
    role: str
    saga_id: str | None = None


@dataclass(frozen=True)
class Issue:
    """What the service answered: `statut` is HTTP's."""

    statut: int
    texte: str

    @property
    def fait(self) -> bool:
        return self.statut < 300


class Registre(Protocol):
    """The audit trail."""

    def ouvrir(self, demande: Demande, correlation: str) -> Issue | None:
        """Record it; its answer when this key was answered before. Raises `CleReutilisee` for another action."""
        ...

    def clore(self, cle: UUID, issue: Issue) -> None:
        """Record the answer."""
        ...


@dataclass(frozen=True)
class Operer:
    """Idempotent by key: the same sending again asks the service again under the same key, or repeats its answer."""

    services: Services
    registre: Registre

    def __call__(self, demande: Demande) -> Issue:
        """Raises `Indisponible` when nobody knows what became of it: the trail shows it without an answer."""
        deja = self.registre.ouvrir(demande, correlation_id())
        if deja is not None:
            return deja
        motif = f"{demande.motif} ({demande.compte})"
        statut, texte = self.services.agir(demande.geste, demande.cible, motif, cle=str(demande.cle))
        issue = Issue(statut, texte)
        self.registre.clore(demande.cle, issue)
        return issue
