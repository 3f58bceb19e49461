"""The stream of checkout events (contract, section 8): its name, its types and its readers, said once for everybody.

A fact of the deployment rather than a rule of anybody's business: every relay keeps a row until all `GROUPES` have its
entry, so that a relay which knew fewer of them would forget what the others have not read.
"""

FLUX = "ecommerce.checkout.events"

SUIVI = "choreo-suivi"
GROUPES = (
    "choreo-reservation",
    "choreo-order",
    "choreo-compensation",
    "choreo-notification",
    "choreo-audit",
    "choreo-cqrs",
    SUIVI,
)
"""Every consumer group: those of the six workers, and ecommerce's."""

TYPES = frozenset(
    {
        "CheckoutInitiated",
        "StockReserved",
        "StockReservationFailed",
        "OrderCreated",
        "CheckoutSucceeded",
        "OrderCreationFailed",
        "StockReleased",
        "CheckoutFailed",
    }
)
AUTRE = "autre"


def type_borne(type_: str) -> str:
    """The type as a metric label: unknown ones share one value."""
    return type_ if type_ in TYPES else AUTRE
