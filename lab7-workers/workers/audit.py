"""Every event → the event store, in batches. The store is idempotent by event id."""

from typing import Any

from socle.evenements.enveloppe import Evenement
from socle.evenements.reactions import Table
from workers.config import FLUX
from workers.contexte import Contexte

GROUPE = "choreo-audit"


def table(contexte: Contexte) -> Table:
    """The one reaction of this worker: whole batches, all types."""

    def consigner(evenements: list[Evenement]) -> None:
        contexte.services.consigner(FLUX, [_consigne(evenement) for evenement in evenements])

    return Table(groupe=GROUPE, par_lot=consigner)


def _consigne(evenement: Evenement) -> dict[str, Any]:
    return {
        "id": str(evenement.id),
        "type": evenement.type,
        "ts": evenement.ts,
        "payload": dict(evenement.payload),
        "v": evenement.v,
        "correlation_id": evenement.correlation_id,
        "causation_id": evenement.causation_id,
        "source": evenement.source,
        "traceparent": evenement.traceparent,
    }
