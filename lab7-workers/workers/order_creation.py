"""StockReserved → OrderCreated and CheckoutSucceeded | OrderCreationFailed.

A failure is announced only after commandes has promised that no sale of this reference will ever exist; if one exists
after all (the answer was lost), the checkout succeeded. So two opposite terminal events can never exist.

Once an attempt has failed past the deadline, the sale is not tried again: the promise alone is asked for, until
commandes answers. An event that merely came late (the bus was down) has its attempt.
"""

from typing import Any
from uuid import UUID

from socle.erreurs import Indisponible
from socle.evenements.enveloppe import Evenement
from socle.evenements.reactions import AReessayer, Table
from workers.contexte import Contexte
from workers.services import Refus
from workers.versions import relever

GROUPE = "choreo-order"


def table(contexte: Contexte) -> Table:
    """The reactions of this worker."""
    reactions = Table(groupe=GROUPE, relever=relever)
    hors_delai: dict[UUID, str] = {}

    @reactions.reaction("StockReserved")
    def enregistrer(evenement: Evenement) -> list[Evenement]:
        """Record the sale of the reserved lines, at the prices frozen in the event."""
        if evenement.id not in hors_delai:
            try:
                vente = contexte.services.enregistrer_vente(_vente(evenement))
            except (Indisponible, AReessayer) as panne:
                if not contexte.echeance_passee(evenement):
                    raise
                hors_delai[evenement.id] = f"Commande impossible à temps : {panne}"
            else:
                if isinstance(vente, Refus):
                    return _renoncer(contexte, evenement, vente.raison)
                return _reussir(contexte, evenement, vente)
        suites = _renoncer(contexte, evenement, hors_delai[evenement.id])
        del hors_delai[evenement.id]
        return suites

    return reactions


def _vente(evenement: Evenement) -> dict[str, Any]:
    return {
        "magasin_id": evenement.payload["magasin_id"],
        "client_id": evenement.payload["client_id"],
        "reference": evenement.cle,
        "reservation_reference": evenement.cle,
        "lignes": [
            {
                "produit_id": produit["produit_id"],
                "produit_nom": produit["nom_produit"],
                "quantite": produit["quantite"],
                "prix_unitaire": produit["prix_unitaire"],
            }
            for produit in evenement.payload["panier"]["produits"]
        ],
    }


def _reussir(contexte: Contexte, evenement: Evenement, commande_id: str) -> list[Evenement]:
    creee = contexte.suite(evenement, "OrderCreated", commande_id=commande_id)
    return [creee, contexte.suite(evenement, "CheckoutSucceeded", commande_id=commande_id)]


def _renoncer(contexte: Contexte, evenement: Evenement, raison: str) -> list[Evenement]:
    # `annulee`: the sale existed, and somebody has cancelled it since: the checkout had succeeded all the same.
    if contexte.services.annuler_si_absente(evenement.cle, raison) != "jamais_creee":
        return _reussir(contexte, evenement, contexte.services.vente(evenement.cle))
    panier, magasin_id = evenement.payload["panier"], evenement.payload["magasin_id"]
    return [contexte.suite(evenement, "OrderCreationFailed", reason=raison, panier=panier, magasin_id=magasin_id)]
