"""The published form of a checkout: answers, status, lists.

An answer depends on the stored checkout alone, so that whoever concludes it, request or tracker, says the same.
"""

from dataclasses import asdict
from typing import Any

from ecommerce.application.ports import Reponse
from ecommerce.domain.checkout import Checkout, LigneCheckout, Statut
from socle import jsons
from socle.correlation import correlation_id


def statut_url(checkout: Checkout) -> str:
    """Where the status is read, directly and through the gateway alike."""
    return f"/api/commandes/clients/{checkout.client_id}/checkout/{checkout.id}/"


def follow(checkout: Checkout) -> str:
    """Where the event store replays the checkout, directly and through the gateway alike."""
    return f"/api/event-store/replay/checkout/{checkout.id}"


def acceptee(checkout: Checkout) -> Reponse:
    """202: the choreography has begun. `statut_url` is authoritative, `follow` may lag behind."""
    return _reponse(
        202,
        {
            "success": True,
            "accepted": True,
            **_identite(checkout),
            "follow": follow(checkout),
            "statut_url": statut_url(checkout),
            "prix_modifies": _prix_modifies(checkout),
        },
    )


def de(checkout: Checkout) -> Reponse:
    """201 concluded well, 400 refused, 503 undone after a technical failure, 202 not concluded."""
    if checkout.statut is Statut.FINALISE:
        return _reponse(201, {"success": True, **_identite(checkout), **_contenu(checkout)})
    if checkout.statut is Statut.ECHEC:
        return _reponse(503 if checkout.reessayable else 400, _echec(checkout))
    return _reponse(202, {"success": True, **_identite(checkout), "statut_url": statut_url(checkout)})


def resume(checkout: Checkout) -> dict[str, Any]:
    """One line of a list: no personal data."""
    montants = checkout.montants
    return {
        **_identite(checkout),
        "style": checkout.style.value,
        "client_id": checkout.client_id,
        "magasin_id": checkout.magasin_id,
        "nombre_articles": checkout.nombre_articles,
        "total": montants.total if montants else None,
        "motif": checkout.motif,
        "code": checkout.code,
        "date_creation": checkout.date_creation,
        "date_modification": checkout.date_modification,
        "date_conclusion": checkout.date_conclusion,
        "statut_url": statut_url(checkout),
        "correlation_id": checkout.correlation_id,
        "conclu_par": checkout.conclu_par,
        "suivis": checkout.suivis,
        "prochain_suivi": checkout.prochain_suivi if checkout.ouvert else None,
    }


def detail(checkout: Checkout) -> dict[str, Any]:
    """Everything but the history."""
    return {
        **resume(checkout),
        **_contenu(checkout),
        "follow": follow(checkout),
    }


def produit(ligne: LigneCheckout) -> dict[str, Any]:
    """One product of a checkout."""
    return {
        "produit_id": ligne.produit_id,
        "nom_produit": ligne.nom_produit,
        "prix_unitaire": ligne.prix_unitaire,
        "quantite": ligne.quantite,
        "prix_ligne": ligne.prix_ligne,
    }


def _identite(checkout: Checkout) -> dict[str, Any]:
    return {
        "checkout_id": checkout.id,
        "saga_id": checkout.id,
        "commande_id": checkout.commande_id,
        "statut": checkout.statut.value,
    }


def _contenu(checkout: Checkout) -> dict[str, Any]:
    return {
        "commande": _commande(checkout),
        "produits": [produit(ligne) for ligne in checkout.lignes],
        "prix_modifies": _prix_modifies(checkout),
        "operations": [asdict(operation) for operation in checkout.operations],
    }


def _prix_modifies(checkout: Checkout) -> list[dict[str, Any]]:
    return [
        {
            "produit_id": ligne.produit_id,
            "nom_produit": ligne.nom_produit,
            "ancien_prix": ligne.prix_panier,
            "nouveau_prix": ligne.prix_unitaire,
        }
        for ligne in checkout.lignes
        if ligne.prix_change
    ]


def _commande(checkout: Checkout) -> dict[str, Any] | None:
    montants = checkout.montants
    if montants is None:
        return None
    return {
        "commande_id": checkout.commande_id,
        "sous_total": montants.sous_total,
        "frais_livraison": montants.frais_livraison,
        "livraison_gratuite": montants.frais_livraison == 0,
        "livraison_express": checkout.express,
        "total": montants.total,
        "nombre_articles": checkout.nombre_articles,
        "adresse_livraison": asdict(checkout.adresse) if checkout.adresse else None,
        "notes": checkout.notes,
    }


def _echec(checkout: Checkout) -> dict[str, Any]:
    return {
        "success": False,
        "error": checkout.libelle,
        "details": checkout.motif,
        "code": checkout.code,
        "correlation_id": correlation_id(),
        **_identite(checkout),
        "statut_url": statut_url(checkout),
        "operations": [asdict(operation) for operation in checkout.operations],
    }


def _reponse(statut: int, corps: dict[str, Any]) -> Reponse:
    return Reponse(statut, jsons.ecrire(corps))
