"""OrderCreationFailed | StockReservationFailed → StockReleased (if stock was held) and CheckoutFailed.

Stock that is held goes back only once commandes has promised that no sale of it will ever exist. A failure that comes
out of order, beside an active sale, is ignored (F35): that checkout succeeded.
"""

from socle.evenements.enveloppe import Evenement
from socle.evenements.reactions import Table
from workers.contexte import Contexte
from workers.versions import relever

GROUPE = "choreo-compensation"


def table(contexte: Contexte) -> Table:
    """The reactions of this worker."""
    reactions = Table(groupe=GROUPE, relever=relever)

    @reactions.reaction("OrderCreationFailed")
    @reactions.reaction("StockReservationFailed")
    def liberer(evenement: Evenement) -> list[Evenement]:
        """Give back what the checkout may hold: a reservation whose answer was lost is held all the same."""
        services, raison = contexte.services, str(evenement.payload["reason"])
        if services.stock_tenu(evenement.cle) and services.annuler_si_absente(evenement.cle, raison) == "active":
            return []
        tenu = services.liberer(evenement.cle)
        echec = contexte.suite(evenement, "CheckoutFailed", reason=raison)
        return [contexte.suite(evenement, "StockReleased"), echec] if tenu else [echec]

    return reactions
