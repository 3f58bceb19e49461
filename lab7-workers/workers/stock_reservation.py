"""CheckoutInitiated → StockReserved | StockReservationFailed."""

from socle.erreurs import Indisponible
from socle.evenements.enveloppe import Evenement
from socle.evenements.reactions import AReessayer, Table
from workers.contexte import Contexte
from workers.versions import relever

GROUPE = "choreo-reservation"


def table(contexte: Contexte) -> Table:
    """The reactions of this worker."""
    reactions = Table(groupe=GROUPE, relever=relever)

    @reactions.reaction("CheckoutInitiated")
    def reserver(evenement: Evenement) -> list[Evenement]:
        """Take the cart's lines, all or none, under the checkout id.

        A failure may be announced although the stock is taken (the answer was lost): the compensation gives back
        whatever is held.
        """
        panier, magasin_id = evenement.payload["panier"], str(evenement.payload["magasin_id"])
        lignes = [{"produit_id": p["produit_id"], "quantite": p["quantite"]} for p in panier["produits"]]
        try:
            refus = contexte.services.reserver(evenement.cle, magasin_id, lignes)
        except (Indisponible, AReessayer) as panne:
            if not contexte.echeance_passee(evenement):
                raise
            raison = f"Réservation impossible à temps : {panne}"
            return [contexte.suite(evenement, "StockReservationFailed", reason=raison, panier=panier)]
        if refus is not None:
            return [contexte.suite(evenement, "StockReservationFailed", reason=refus.raison, panier=panier)]
        return [contexte.suite(evenement, "StockReserved", panier=panier, magasin_id=magasin_id)]

    return reactions
