"""Events of other schema versions, for reactions that know version 1 (F38).

Version 0 is the course's first format: `order_id` for `commande_id`, no `emitted_at`, no `magasin_id` (there was one
selling magasin only). The event store reads its history by the same rules.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from socle.evenements.enveloppe import VERSION, VERSION_HISTORIQUE, Evenement

MAGASIN_EN_LIGNE = "550e8400-e29b-41d4-a716-446655440000"
_AVEC_MAGASIN = frozenset({"CheckoutInitiated", "StockReserved", "OrderCreationFailed"})


class VersionInconnue(Exception):
    """A newer producer wrote this event: it is parked until this worker is as new."""


def relever(evenement: Evenement) -> Evenement:
    """The event as version 1 would have said it. Raises `VersionInconnue`.

    Raises `ValueError` for a checkout or client that is no UUID: both become parts of addresses.
    """
    UUID(evenement.cle), UUID(evenement.payload["client_id"])
    if evenement.v == VERSION:
        return evenement
    if evenement.v != VERSION_HISTORIQUE:
        raise VersionInconnue(f"version {evenement.v} de {evenement.type}")
    payload: dict[str, Any] = {
        "emitted_at": datetime.fromtimestamp(evenement.ts, UTC).isoformat(timespec="microseconds")
    }
    if "order_id" in evenement.payload:
        payload["commande_id"] = evenement.payload["order_id"]
    if evenement.type in _AVEC_MAGASIN:
        payload["magasin_id"] = MAGASIN_EN_LIGNE
    anciens = {nom: valeur for nom, valeur in evenement.payload.items() if nom != "order_id"}
    return replace(evenement, payload={**payload, **anciens}, v=VERSION)
