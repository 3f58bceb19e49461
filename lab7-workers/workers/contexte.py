"""What the reactions of a worker work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from socle.evenements.enveloppe import Evenement, suite
from workers.services import Services


@dataclass(frozen=True, kw_only=True)
class Contexte:
    """`age_s(moment)` is the age in seconds of an ISO moment by the database's clock; `source` names this worker."""

    services: Services
    age_s: Callable[[str], float]
    echeance_s: float
    source: str
    maintenant: Callable[[], datetime]

    def echeance_passee(self, evenement: Evenement) -> bool:
        """Whether the checkout of this event began longer ago than it may take."""
        return self.age_s(str(evenement.payload.get("initie_le") or evenement.payload["emitted_at"])) > self.echeance_s

    def suite(self, cause: Evenement, type_: str, **payload: Any) -> Evenement:
        """The event `cause` brings about, with the members every payload carries (contract, section 8)."""
        communs = {
            "checkout_id": cause.payload["checkout_id"],
            "client_id": cause.payload["client_id"],
            "emitted_at": self.maintenant().isoformat(),
            "initie_le": cause.payload.get("initie_le") or cause.payload["emitted_at"],
        }
        return suite(cause, type_, {**communs, **payload}, source=self.source)
