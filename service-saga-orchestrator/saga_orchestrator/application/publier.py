"""What the orchestrator tells the world: the outcome of each saga, in the published language (contract, section 8).

Hybrid: notification, audit and projections serve both styles; nothing in the choreography reacts to these events,
which are known by their `source`. Ids are derived (the saga's id and the type): an outcome written twice is one event.
"""

from typing import Any
from uuid import UUID

from saga_orchestrator.domain import etats
from socle.evenements.enveloppe import Evenement, identifiant_derive, suite
from socle.saga.depot import Saga

SOURCE = "saga-orchestrator"
STYLE = "orchestre"


def issue(saga: Saga) -> list[Evenement]:
    """OrderCreated and CheckoutSucceeded of a saga that succeeded, CheckoutFailed of one that was undone."""
    if saga.etat.etat == etats.SAGA_TERMINEE:
        commande = {"commande_id": saga.donnees["commande_id"]}
        creee = _premier(saga, "OrderCreated", commande)
        return [creee, suite(creee, "CheckoutSucceeded", creee.payload, source=SOURCE, ts=creee.ts)]
    raison = saga.etat.echec.message if saga.etat.echec is not None else ""
    return [_premier(saga, "CheckoutFailed", {"reason": raison or "La saga a été annulée."})]


def _premier(saga: Saga, type_: str, propre: dict[str, Any]) -> Evenement:
    maintenant = saga.maintenant()
    return Evenement(
        id=identifiant_derive(UUID(saga.saga_id), type_),
        type=type_,
        payload={
            "checkout_id": saga.saga_id,
            "client_id": saga.donnees["client_id"],
            "magasin_id": saga.donnees["magasin_id"],
            "emitted_at": maintenant.isoformat(),
            "style": STYLE,
            **propre,
        },
        cle=saga.saga_id,
        source=SOURCE,
        ts=maintenant.timestamp(),
        correlation_id=saga.correlation_id,
        causation_id=saga.saga_id,
        traceparent=saga.traceparent,
    )
