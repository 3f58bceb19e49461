"""OrderCreationFailed | StockReservationFailed → StockReleased (if stock was held) and CheckoutFailed."""

from socle.evenements.enveloppe import Evenement
from socle.evenements.reactions import Table
from workers.contexte import Contexte

GROUPE = "choreo-compensation"


def table(contexte: Contexte) -> Table:
    """The reactions of this worker."""
    reactions = Table(groupe=GROUPE)

    @reactions.reaction("OrderCreationFailed")
    @reactions.reaction("StockReservationFailed")
    def liberer(evenement: Evenement) -> list[Evenement]:
        """Give back what the checkout may hold: a reservation whose answer was lost is held all the same."""
        tenu = contexte.services.liberer(evenement.cle)
        echec = contexte.suite(evenement, "CheckoutFailed", reason=evenement.payload["reason"])
        return [contexte.suite(evenement, "StockReleased"), echec] if tenu else [echec]

    return reactions
