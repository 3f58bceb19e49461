"""Checkouts: validate, call, answer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from ecommerce import bootstrap
from ecommerce.application.ouvrir import Demande
from ecommerce.application.ports import Cle, FiltreCheckouts, Reponse, Situation
from ecommerce.domain.checkout import Statut, Style
from ecommerce.domain.valeurs import AdresseLivraison
from ecommerce.interfaces import exemples
from ecommerce.interfaces import serializers as formes
from ecommerce.interfaces.vues_clients import pied
from socle.django.documentation import operation
from socle.django.vues import Vue, VueRapide, entier, page_demandee, repondre, valider
from socle.idempotence.middleware import empreinte, lire_cle

REESSAYER_APRES_S = "2"
HISTORIQUE_DEFAUT, HISTORIQUE_MAX = 20, 100


class CheckoutOrchestre(VueRapide):
    """The use case keeps the key itself: it calls a neighbour, which no transaction should wait for."""

    idempotence = "metier"

    @operation(
        "Passer la commande du panier (saga orchestrée)",
        corps=formes.DemandeCheckout,
        reponses={
            201: ("Commande créée.", formes.ReponseCheckout, exemples.CHECKOUT_REUSSI),
            202: ("L'issue viendra : suivre `statut_url`.", formes.ReponseCheckoutEnCours, exemples.CHECKOUT_EN_COURS),
            400: (
                "Données invalides, panier vide, ou refus de la saga : le panier est rendu.",
                formes.ReponseCheckoutEchec,
                exemples.CHECKOUT_REFUSE,
            ),
            503: (
                "Un voisin ne répond pas ; tout est compensé et le panier rendu.",
                formes.ReponseCheckoutEchec,
                exemples.CHECKOUT_COMPENSE,
            ),
        },
        erreurs=(404,),
        idempotente=True,
        details="Le corps est facultatif. Livraison gratuite dès 100 $ ; sinon 15 $ en express et 7,50 $ autrement. "
        "Les prix sont ceux du catalogue au moment de la commande ; `prix_modifies` dit lesquels ont changé.",
    )
    def post(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        return _rendre(bootstrap.passer_commande(_demande(client_id, request), _cle(request)))


class CheckoutChoreo(VueRapide):
    """The use case keeps the key itself: it asks the catalogue, which no transaction should wait for."""

    idempotence = "metier"

    @operation(
        "Passer la commande du panier (saga chorégraphiée)",
        corps=formes.DemandeCheckout,
        reponses={
            202: (
                "Acceptée : le panier est fermé, l'événement est écrit. Suivre `statut_url`.",
                formes.ReponseCheckoutAccepte,
                exemples.CHECKOUT_ACCEPTE,
            ),
        },
        erreurs=(400, 404, 503),
        idempotente=True,
        details="Le corps est facultatif. Les prix sont ceux du catalogue à l'acceptation ; `prix_modifies` dit "
        "lesquels ont changé depuis le panier. `statut_url` fait foi ; `follow` peut rendre 404 tant que l'audit n'a "
        "pas consigné le premier événement.",
    )
    def post(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        return _rendre(bootstrap.initier_choreo(_demande(client_id, request), _cle(request)))


class Prerequis(Vue):
    @operation(
        "Ce qui manque avant de commander",
        reponses={200: ("Les prérequis.", formes.ReponsePrerequis, exemples.PREREQUIS)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        return repondre(bootstrap.consulter.prerequis(client_id))


class StatutCheckout(Vue):
    @operation(
        "Statut et historique d'un checkout, de l'un ou l'autre style",
        reponses={200: ("Le checkout.", formes.ReponseStatut, exemples.STATUT)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, client_id: UUID, checkout_id: UUID) -> HttpResponse:
        return repondre(bootstrap.consulter.statut(client_id, checkout_id))


class Historique(Vue):
    @operation(
        "Les derniers checkouts d'un client",
        criteres=formes.CriteresHistorique,
        reponses={200: ("Du plus récent au plus ancien.", formes.ReponseHistorique, exemples.HISTORIQUE)},
        erreurs=(400, 404),
    )
    def get(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        limite = entier(request.GET.get("limite"), "limite", defaut=HISTORIQUE_DEFAUT, maximum=HISTORIQUE_MAX)
        return repondre(bootstrap.consulter.historique(client_id, limite))


class Checkouts(Vue):
    @operation(
        "Lister les checkouts de tous les clients",
        criteres=formes.CriteresCheckouts,
        reponses={200: ("Une page, du plus récent au plus ancien.", formes.ReponseCheckouts, exemples.CHECKOUTS)},
        erreurs=(400,),
        details="Les critères s'ajoutent. `avant` et `avant_id` (la date et l'identifiant de la dernière ligne lue) "
        "donnent la page suivante, au même coût aussi loin qu'on aille ; `compter=non` rend un `total` nul.",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        page, criteres = page_demandee(request), _criteres(request)
        lignes, total = bootstrap.consulter.lister(
            _filtre(criteres), debut=page.debut, taille=page.taille, compter=criteres.get("compter", "oui") == "oui"
        )
        return repondre({"success": True, "checkouts": lignes, "total": total, **pied(page)})


class Statistiques(Vue):
    @operation(
        "Chiffres des checkouts récents, par style",
        criteres=formes.CriteresStatistiques,
        reponses={
            200: ("Checkouts commencés dans la fenêtre.", formes.ReponseStatistiques, exemples.STATISTIQUES),
        },
        erreurs=(400,),
        details="Durées en secondes, de l'acceptation à la conclusion, des réussites seules : les deux styles sont "
        "mesurés de la même façon.",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        minutes = entier(request.GET.get("minutes"), "minutes", defaut=10, maximum=formes.MINUTES_MAX)
        return repondre(bootstrap.consulter.statistiques(minutes))


def _demande(client_id: UUID, request: HttpRequest) -> Demande:
    """The same body for both styles; none means the defaults."""
    entree: Mapping[str, Any] = valider(formes.DemandeCheckout, request if request.body else {})
    adresse = entree["adresse_livraison"]
    return Demande(
        client_id=client_id,
        adresse=AdresseLivraison(**adresse) if adresse else None,
        notes=entree["notes"],
        magasin_id=entree["magasin_id"],
    )


def _criteres(request: HttpRequest) -> Mapping[str, Any]:
    criteres: Mapping[str, Any] = valider(
        formes.CriteresCheckouts, {nom: valeur for nom, valeur in request.GET.items() if valeur}
    )
    return criteres


def _filtre(criteres: Mapping[str, Any]) -> FiltreCheckouts:
    return FiltreCheckouts(
        style=Style(criteres["style"]) if "style" in criteres else None,
        statut=Statut(criteres["statut"]) if "statut" in criteres else None,
        client_id=criteres.get("client_id"),
        magasin_id=criteres.get("magasin_id"),
        depuis=criteres.get("depuis"),
        jusqua=criteres.get("jusqua"),
        situation=Situation(criteres["situation"]) if "situation" in criteres else None,
        produit_id=criteres.get("produit_id"),
        recherche=criteres.get("recherche"),
        ids=criteres.get("ids"),
        avant=criteres.get("avant"),
        avant_id=criteres.get("avant_id"),
    )


def _cle(request: HttpRequest) -> Cle | None:
    cle = lire_cle(request)
    if not cle:
        return None
    return Cle(request.headers.get("X-Consumer-Username", "").replace("\x00", "")[:64], cle, empreinte(request))


def _rendre(reponse: Reponse) -> HttpResponse:
    entetes = {}
    if reponse.statut == 503:
        entetes["Retry-After"] = REESSAYER_APRES_S
    if reponse.rejouee:
        entetes["Idempotency-Replayed"] = "true"
    return HttpResponse(reponse.corps, status=reponse.statut, content_type="application/json", headers=entetes)
