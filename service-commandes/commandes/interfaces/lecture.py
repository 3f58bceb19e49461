"""Requests as commands of the domain. Each raises `DonneesInvalides` naming every wrong field."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.http import HttpRequest

from commandes.application.ports import Cle
from commandes.domain.indicateurs import JOURS_DEFAUT, JOURS_MAX
from commandes.domain.intention import Demande
from commandes.domain.vente import LIGNES_MAX, MOTIF_MAX, NOM_MAX, PRIX_MAX, PRIX_MIN, QUANTITE_MAX, Ligne, Vente
from socle.django.lecture import Lecteur
from socle.django.vues import corps_json, entier
from socle.idempotence.middleware import lire_cle


def vente(corps: Mapping[str, Any]) -> Vente:
    """The saga form. The identifier of the sale is chosen here; a repetition gets the first one from the barrier."""
    lecteur = Lecteur(corps)
    lignes = [
        Ligne(
            produit_id=ligne.identifiant("produit_id"),
            produit_nom=ligne.texte("produit_nom", NOM_MAX),
            quantite=ligne.entier("quantite", 1, QUANTITE_MAX),
            prix_unitaire=ligne.montant("prix_unitaire", PRIX_MIN, PRIX_MAX),
        )
        for ligne in lecteur.liste("lignes", LIGNES_MAX)
    ]
    magasin_id, client_id = lecteur.identifiant("magasin_id"), lecteur.identifiant("client_id")
    reference, reservation = lecteur.identifiant("reference"), lecteur.identifiant("reservation_reference")
    lecteur.verifier()
    return Vente(
        id=uuid4(),
        reference=reference,
        reservation_reference=reservation,
        magasin_id=magasin_id,
        client_id=client_id,
        lignes=lignes,
    )


def demande(corps: Mapping[str, Any]) -> Demande:
    """The one-product form."""
    lecteur = Lecteur(corps)
    lue = Demande(
        magasin_id=lecteur.identifiant("magasin_id"),
        client_id=lecteur.identifiant("client_id"),
        produit_id=lecteur.identifiant("produit_id"),
        quantite=lecteur.entier("quantite", 1, QUANTITE_MAX),
    )
    lecteur.verifier()
    return lue


def annulation(request: HttpRequest) -> tuple[str, bool]:
    """`{motif?, seulement_si_absente?}`, or no body at all."""
    lecteur = Lecteur(corps_json(request) if request.body else {})
    lue = lecteur.texte("motif", MOTIF_MAX, defaut=""), lecteur.booleen("seulement_si_absente", defaut=False)
    lecteur.verifier()
    return lue


def cle(request: HttpRequest) -> Cle | None:
    """The `Idempotency-Key` with its consumer, as authenticated by the gateway; None without one."""
    valeur = lire_cle(request)
    return Cle(request.headers.get("X-Consumer-Username", "")[:64], valeur) if valeur else None


def jours(request: HttpRequest) -> int:
    """`?jours=`, the length of the period."""
    return entier(request.GET.get("jours"), "jours", defaut=JOURS_DEFAUT, maximum=JOURS_MAX)
