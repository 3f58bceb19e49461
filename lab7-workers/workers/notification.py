"""CheckoutSucceeded → confirmation; CheckoutFailed → cancellation: an e-mail cannot be unsent.

Events of both styles arrive here; nothing is brought about. Delivery is at least once, with a permanent message id; the
inbox keeps a repetition after the commit from being sent.
"""

from socle.evenements.enveloppe import Evenement
from socle.evenements.reactions import Table
from workers.canaux import Canal
from workers.contexte import Contexte

GROUPE = "choreo-notification"


def table(contexte: Contexte, canal: Canal) -> Table:
    """The reactions of this worker."""
    reactions = Table(groupe=GROUPE)

    def prevenir(evenement: Evenement, sujet: str, texte: str) -> list[Evenement]:
        client = contexte.services.client(str(evenement.payload["client_id"]))
        if client is not None and client.get("email"):
            canal.envoyer(str(evenement.id), client["email"], sujet, texte)
        return []

    @reactions.reaction("CheckoutSucceeded")
    def confirmer(evenement: Evenement) -> list[Evenement]:
        """The order is confirmed."""
        commande = evenement.payload["commande_id"]
        return prevenir(evenement, "Votre commande est confirmée", f"Votre commande {commande} est confirmée.")

    @reactions.reaction("CheckoutFailed")
    def annuler(evenement: Evenement) -> list[Evenement]:
        """The order could not be made; what had been announced is cancelled."""
        texte = f"Votre commande n'a pas pu être conclue : {evenement.payload['reason']} Rien ne vous est facturé."
        return prevenir(evenement, "Votre commande est annulée", texte)

    return reactions
