"""CheckoutSucceeded → confirmation; CheckoutFailed → cancellation: an e-mail cannot be unsent.

Events of both styles arrive here; nothing is brought about. Delivery is at least once, with a permanent message id; the
inbox keeps a repetition after the commit from being sent.
"""

from uuid import UUID

from socle.evenements.enveloppe import Evenement
from socle.evenements.reactions import Table
from workers.canaux import Canal
from workers.carnet import Carnet
from workers.contexte import Contexte
from workers.versions import relever

GROUPE = "choreo-notification"


def table(contexte: Contexte, canal: Canal) -> Table:
    """The reactions of this worker."""
    reactions = Table(groupe=GROUPE, relever=relever)
    carnet = Carnet(contexte.services.courriels)

    def prevenir(evenement: Evenement, sujet: str, texte: str) -> list[Evenement]:
        if courriel := carnet.courriel(str(UUID(evenement.payload["client_id"]))):
            canal.envoyer(str(evenement.id), courriel, sujet, texte)
        return []

    @reactions.reaction("CheckoutSucceeded")
    def confirmer(evenement: Evenement) -> list[Evenement]:
        """The order is confirmed."""
        commande = evenement.payload["commande_id"]
        return prevenir(evenement, "Votre commande est confirmée", f"Votre commande {commande} est confirmée.\n")

    @reactions.reaction("CheckoutFailed")
    def annuler(evenement: Evenement) -> list[Evenement]:
        """The order could not be made; what had been announced is cancelled."""
        raison = evenement.payload["reason"]
        texte = f"Votre commande n'a pas pu être conclue :\n{raison}\n\nRien ne vous est facturé.\n"
        return prevenir(evenement, "Votre commande est annulée", texte)

    return reactions
