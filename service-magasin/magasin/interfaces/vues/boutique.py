"""The shop: a client, a cart, a checkout in either style, and its saga watched live."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from magasin import bootstrap
from magasin.application.suivi import STYLES, suivi
from magasin.interfaces import formulaires
from magasin.interfaces.acces import VuePage
from magasin.interfaces.rendu import annoncer, lectures, page
from magasin.settings import CONFIG

MAGASIN_EN_LIGNE = str(CONFIG.magasin_vente_id)
COMMANDES_AFFICHEES = 5


class Boutique(VuePage):
    """One call: the clients to choose from."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return page(request, "magasin/boutique.html", "boutique", _clients())


class Rayon(VuePage):
    """Five calls, whatever the number of products: client, cart, products, their stock, latest orders."""

    def get(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        return _rayon(request, str(client_id))


class AjouterAuPanier(VuePage):
    """One call; the shop's when it is refused."""

    def post(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        ajout = formulaires.AjoutAuPanier(request.POST, auto_id=False)
        fait = ajout.envoyer(lambda saisie, cle: _ajouter(str(client_id), saisie, cle))
        return redirect("boutique_client", client_id) if fait else _rayon(request, str(client_id), ajout=ajout)


class FixerQuantite(VuePage):
    """One call."""

    def post(self, request: HttpRequest, client_id: UUID, produit_id: UUID) -> HttpResponse:
        quantite = formulaires.Quantite(request.POST)
        quantite.envoyer(lambda saisie, cle: _fixer(str(client_id), str(produit_id), saisie, cle))
        return _retour(request, str(client_id), quantite, _("Panier à jour."))


class ViderPanier(VuePage):
    """One call."""

    def post(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        geste = formulaires.Geste(request.POST)
        geste.envoyer(lambda _saisie, cle: bootstrap.ecommerce.vider_panier(str(client_id), cle=cle))
        return _retour(request, str(client_id), geste, _("Panier vidé."))


class Commander(VuePage):
    """One call; one more for an express delivery (the client's address), one more when the saga takes its time."""

    def post(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        commande = formulaires.Commande(request.POST)
        checkout = commande.envoyer(lambda saisie, cle: _commander(str(client_id), saisie, cle))
        return (
            redirect("suivi", client_id, checkout) if checkout else _rayon(request, str(client_id), commande=commande)
        )


class SuiviDeCommande(VuePage):
    """One call, two while an orchestrated saga goes on. htmx asks for the fragment, until the end."""

    def get(self, request: HttpRequest, client_id: UUID, checkout_id: UUID) -> HttpResponse:
        contenu = _suivre(str(client_id), str(checkout_id))
        fragment = "HX-Request" in request.headers
        return _direct(request, contenu) if fragment else page(request, "magasin/suivi.html", "boutique", contenu)


def _clients() -> dict[str, Any]:
    with lectures() as lues:
        clients = lues.tenter(_("Clients"), bootstrap.ecommerce.clients)
    return {"clients": clients and [c for c in clients if c["actif"]], "pannes": lues.pannes}


def _ajouter(client_id: str, saisie: dict[str, Any], cle: str) -> dict[str, Any]:
    return bootstrap.ecommerce.ajouter_au_panier(
        client_id, produit_id=str(saisie["produit_id"]), quantite=saisie["quantite"], cle=cle
    )


def _fixer(client_id: str, produit_id: str, saisie: dict[str, Any], cle: str) -> dict[str, Any]:
    return bootstrap.ecommerce.fixer_quantite(client_id, produit_id=produit_id, quantite=saisie["quantite"], cle=cle)


def _retour(request: HttpRequest, client_id: str, formulaire: formulaires.Formulaire, reussite: str) -> HttpResponse:
    annoncer(request, formulaire, reussite)
    return redirect("boutique_client", client_id)


def _commander(client_id: str, saisie: dict[str, Any], cle: str) -> str:
    demande: dict[str, Any] = {"notes": saisie["notes"]}
    if saisie["express"]:
        client = bootstrap.ecommerce.client(client_id)
        demande["adresse_livraison"] = {
            "nom_destinataire": client["nom_complet"],
            "rue": client["adresse_rue"],
            "ville": client["adresse_ville"],
            "code_postal": client["adresse_code_postal"],
            "province": client["adresse_province"],
            "pays": client["adresse_pays"],
            "livraison_express": True,
        }
    return bootstrap.ecommerce.commander(client_id, saisie["style"], demande, cle=cle)


def _suivi_de(client_id: UUID, checkout_id: str) -> HttpResponse:
    return redirect("suivi", client_id, checkout_id)


def _rayon(
    request: HttpRequest,
    client_id: str,
    *,
    ajout: formulaires.AjoutAuPanier | None = None,
    commande: formulaires.Commande | None = None,
) -> HttpResponse:
    cherche = request.GET.get("nom", "").strip()[:100]
    with lectures() as lues:
        client = lues.tenter(_("Client"), lambda: bootstrap.ecommerce.client(client_id))
        panier = lues.tenter(_("Panier"), lambda: bootstrap.ecommerce.panier(client_id))
        produits = lues.tenter(_("Produits"), lambda: bootstrap.catalogue.rechercher(nom=cherche))
        stocks = (
            lues.tenter(_("Disponibilités"), lambda: bootstrap.inventaire.stocks_du_magasin(MAGASIN_EN_LIGNE)) or {}
        )
        commandes = (
            lues.tenter(
                _("Dernières commandes"), lambda: bootstrap.ecommerce.historique(client_id, COMMANDES_AFFICHEES)
            )
            or []
        )
    ajoute = ajout["produit_id"].value() if ajout else ""
    contenu = {
        "client": client,
        "client_id": client_id,
        "panier": panier,
        "rayon": [
            {
                "produit": produit,
                "stock": (stocks or {}).get(produit["id"]),
                "ajout": ajout if produit["id"] == ajoute else formulaires.AjoutAuPanier(auto_id=False),
            }
            for produit in produits or []
        ],
        "produits": produits,
        "commandes": commandes,
        "commande": commande or formulaires.Commande(),
        "ajout": ajout,
        "cherche": cherche,
        "pannes": lues.pannes,
        "introuvable": client is None and lues.introuvable,
    }
    return page(request, "magasin/rayon.html", "boutique", contenu)


def _suivre(client_id: str, checkout_id: str) -> dict[str, Any]:
    with lectures() as lues:
        checkout = lues.tenter(_("Commande"), lambda: bootstrap.ecommerce.suivre(client_id, checkout_id))
        saga = None
        if checkout and checkout["style"] == "orchestre" and checkout["statut"] in ("initie", "en_cours"):
            saga = lues.tenter(_("Saga"), lambda: bootstrap.saga.saga(checkout_id))
    return {
        "checkout": checkout,
        "suivi": checkout and suivi(checkout, saga),
        "style": checkout and STYLES.get(checkout["style"], ""),
        "client_id": client_id,
        "checkout_id": checkout_id,
        "pannes": lues.pannes,
        "introuvable": lues.introuvable,
    }


def _direct(request: HttpRequest, contenu: dict[str, Any]) -> HttpResponse:
    return render(request, "magasin/suivi_direct.html", contenu)
