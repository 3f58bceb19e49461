"""What the reactions of a worker work with."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from socle.evenements.enveloppe import Evenement, suite
from workers.services import Services


class Heure(Protocol):
    """The database's clock."""

    def epoque(self) -> float:
        """Seconds since the epoch."""


@dataclass(frozen=True, kw_only=True)
class Contexte:
    """`source` names this worker in its events; `echeance_s` is how long a checkout may take (database time)."""

    services: Services
    heure: Heure
    echeance_s: float
    source: str

    def echeance_passee(self, evenement: Evenement) -> bool:
        """Whether the checkout of this event began longer ago than it may take."""
        return self.heure.epoque() - datetime.fromisoformat(debut(evenement)).timestamp() > self.echeance_s

    def suite(self, cause: Evenement, type_: str, **payload: Any) -> Evenement:
        """The event `cause` brings about, with the members every payload carries (contract, section 8)."""
        maintenant = self.heure.epoque()
        communs = {
            "checkout_id": cause.payload["checkout_id"],
            "client_id": cause.payload["client_id"],
            "emitted_at": datetime.fromtimestamp(maintenant, UTC).isoformat(),
            "initie_le": debut(cause),
        }
        return suite(cause, type_, {**communs, **payload}, source=self.source, ts=maintenant)


def debut(evenement: Evenement) -> str:
    """When the checkout began (ISO 8601): what its first event says, carried along by all that follow."""
    return str(evenement.payload.get("initie_le") or evenement.payload["emitted_at"])
