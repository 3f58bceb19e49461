"""OrderCreationFailed | StockReservationFailed → StockReleased (if stock was held) and CheckoutFailed.

Stock that was taken goes back only once commandes has promised that no sale of it will ever exist. A failure that comes
out of order, when there is a sale (or was: somebody may have cancelled it since), is ignored (F35): that checkout
succeeded.
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
        pris = services.stock_pris(evenement.cle)
        if pris and services.annuler_si_absente(evenement.cle, raison) != "jamais_creee":
            return []
        rendu = [contexte.suite(evenement, "StockReleased")] if services.liberer(evenement.cle) else []
        return [*rendu, contexte.suite(evenement, "CheckoutFailed", reason=raison)]

    return reactions
