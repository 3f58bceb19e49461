"""The two movements everything else is made of, and the answers about lots under a reference.

Both movements expect an open transaction and hold the rows they touch.
"""

from collections.abc import Mapping
from uuid import UUID

from inventaire.application.ports import Corps, Stocks
from inventaire.domain.stock import Inconnus, Lieu, Lot, niveau


def prelever(stocks: Stocks, lieu: Lieu, quantites: Mapping[UUID, int], inconnus: Inconnus) -> dict[UUID, int]:
    """All or none; the new quantities. Raises `StockInsuffisant`, `MagasinInexistant`, or what `inconnus` raises."""
    etat = stocks.verrouiller(lieu, list(quantites))
    etat.exiger_connus(quantites, inconnus)
    etat.exiger_disponibles(quantites)
    return stocks.retirer(lieu, quantites)


def deposer(stocks: Stocks, lieu: Lieu, quantites: Mapping[UUID, int], inconnus: Inconnus) -> dict[UUID, int]:
    """Add, creating missing rows; the new quantities. Raises `MagasinInexistant`, or what `inconnus` raises."""
    stocks.verrouiller(lieu, list(quantites)).exiger_connus(quantites, inconnus)
    return stocks.ajouter(lieu, quantites)


def lot_deplace(message: str, etat: str, lot: Lot, restes: Mapping[UUID, int]) -> Corps:
    """The answer about a lot: what moved and what is left, product by product."""
    return {
        "success": True,
        "message": message,
        "reference": lot.reference,
        "magasin_id": lot.lieu,
        "etat": etat,
        "lignes": [
            {
                "produit_id": produit,
                "quantite": quantite,
                "nouvelle_quantite": restes[produit],
                "niveau": niveau(lot.lieu, restes[produit]),
            }
            for produit, quantite in lot.quantites.items()
        ],
    }


def relire_lot(reference: UUID, reponse: Corps) -> Lot:
    """The lot of an answer made by `lot_deplace`, as the barrier kept it."""
    return Lot(
        reference=reference,
        lieu=UUID(reponse["magasin_id"]) if reponse["magasin_id"] else None,
        quantites={UUID(ligne["produit_id"]): ligne["quantite"] for ligne in reponse["lignes"]},
    )


def reference_annulee(reference: UUID) -> Corps:
    """The answer about a reference undone before anything was done with it."""
    return {
        "success": True,
        "message": "Rien n'avait été fait sous cette référence ; elle est annulée.",
        "reference": reference,
        "magasin_id": None,
        "etat": "ANNULEE",
        "lignes": [],
    }
