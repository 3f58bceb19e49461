"""What ecommerce tells the choreography, in the published language (contract, section 8).

The id of an event derives from its cause and its type. What a worker would publish can therefore be computed here, and
an outcome told by both, the worker and the tracker, is one event.
"""

from datetime import datetime
from typing import Any

from ecommerce.domain.checkout import Checkout
from socle.evenements.enveloppe import Evenement, premier, suite

SOURCE = "ecommerce"


def initie(checkout: Checkout) -> Evenement:
    """CheckoutInitiated: the fact that begins everything. Emitted at the transaction's own time."""
    payload = {**_communs(checkout, checkout.date_creation), **_panier(checkout), **_magasin(checkout)}
    return premier(checkout.id, "CheckoutInitiated", payload, source=SOURCE, ts=checkout.date_creation.timestamp())


def reussite(checkout: Checkout) -> list[Evenement]:
    """OrderCreated and CheckoutSucceeded of a checkout concluded well, as the order worker would publish them."""
    commande = {"commande_id": str(checkout.commande_id)}
    reservee = _suite(checkout, initie(checkout), "StockReserved")
    return [
        _suite(checkout, reservee, "OrderCreated", **commande),
        _suite(checkout, reservee, "CheckoutSucceeded", **commande),
    ]


def echec(checkout: Checkout, *, tenu: bool) -> list[Evenement]:
    """The end of a checkout concluded badly, as the workers would publish it.

    `tenu`: stock was held, so that the order is what failed and the stock was released; else nothing was ever reserved.
    """
    raison = {"reason": checkout.motif}
    debut = initie(checkout)
    if not tenu:
        cause = _suite(checkout, debut, "StockReservationFailed", **raison, **_panier(checkout))
        return [cause, _suite(checkout, cause, "CheckoutFailed", **raison)]
    reservee = _suite(checkout, debut, "StockReserved")
    cause = _suite(checkout, reservee, "OrderCreationFailed", **raison, **_panier(checkout), **_magasin(checkout))
    return [
        cause,
        _suite(checkout, cause, "StockReleased"),
        _suite(checkout, cause, "CheckoutFailed", **raison),
    ]


def _suite(checkout: Checkout, cause: Evenement, type_: str, **propre: Any) -> Evenement:
    moment = checkout.date_conclusion or checkout.date_modification
    payload = {**_communs(checkout, moment), **propre}
    return suite(cause, type_, payload, source=SOURCE, ts=moment.timestamp())


def _communs(checkout: Checkout, moment: datetime) -> dict[str, Any]:
    """What every payload carries; `initie_le` is where the workers' deadline counts from. No personal data."""
    return {
        "checkout_id": str(checkout.id),
        "client_id": str(checkout.client_id),
        "emitted_at": moment.isoformat(),
        "initie_le": checkout.date_creation.isoformat(),
    }


def _magasin(checkout: Checkout) -> dict[str, Any]:
    return {"magasin_id": str(checkout.magasin_id)}


def _panier(checkout: Checkout) -> dict[str, Any]:
    return {
        "panier": {
            "client_id": str(checkout.client_id),
            "nombre_articles": checkout.nombre_articles,
            "total": sum(ligne.prix_ligne for ligne in checkout.lignes),
            "produits": [
                {
                    "produit_id": str(ligne.produit_id),
                    "nom_produit": ligne.nom_produit,
                    "quantite": ligne.quantite,
                    "prix_unitaire": ligne.prix_unitaire,
                    "prix_total": ligne.prix_ligne,
                }
                for ligne in checkout.lignes
            ],
        }
    }
