"""Sale entry."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from magasin import bootstrap
from magasin.interfaces import formulaires
from magasin.interfaces.acces import VuePage
from magasin.interfaces.rendu import lectures, page
from magasin.templatetags.magasin import argent

VENTES_AFFICHEES = 8


class AjouterVente(VuePage):
    """Four calls: magasins, clients, products, the latest sales."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return _page(request, formulaires.Vente())


class EnregistrerVente(VuePage):
    """One call; four more when the form comes back."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("ajouter_vente")

    def post(self, request: HttpRequest) -> HttpResponse:
        formulaire = formulaires.Vente(request.POST)
        vente = formulaire.envoyer(_enregistrer)
        return _page(request, formulaire) if vente is None else _confirmer(request, vente)


def _enregistrer(saisie: dict[str, Any], cle: str) -> dict[str, Any]:
    return bootstrap.commandes.enregistrer_vente(
        magasin_id=saisie["magasin_id"],
        client_id=saisie["client_id"],
        produit_id=saisie["produit_id"],
        quantite=saisie["quantite"],
        cle=cle,
    )


def _confirmer(request: HttpRequest, vente: dict[str, Any]) -> HttpResponse:
    ligne = vente["lignes"][0]
    messages.success(
        request,
        _("Vente enregistrée : %(quantite)s × %(produit)s, %(total)s, %(magasin)s.")
        % {
            "quantite": ligne["quantite"],
            "produit": ligne["produit_nom"],
            "total": argent(vente["total"]),
            "magasin": vente["magasin"],
        },
    )
    return redirect("ajouter_vente")


def _page(request: HttpRequest, formulaire: formulaires.Vente) -> HttpResponse:
    cherche = request.GET.get("nom", "").strip()[:100]
    with lectures() as lues:
        magasins = lues.tenter(_("Magasins"), bootstrap.commandes.magasins) or []
        clients = lues.tenter(_("Clients"), bootstrap.ecommerce.clients) or []
        produits = lues.tenter(_("Produits"), lambda: bootstrap.catalogue.rechercher(nom=cherche)) or []
        ventes = (
            lues.tenter(_("Dernières ventes"), lambda: bootstrap.commandes.dernieres_ventes(VENTES_AFFICHEES)) or []
        )
    formulaire.proposer("magasin_id", ((m["id"], m["nom"]) for m in magasins))
    formulaire.proposer("client_id", ((c["id"], c["nom_complet"]) for c in clients if c["actif"]))
    formulaire.proposer("produit_id", ((p["id"], f"{p['nom']} — {argent(p['prix'])}") for p in produits))
    contenu = {"formulaire": formulaire, "ventes": ventes, "cherche": cherche, "pannes": lues.pannes}
    return page(request, "magasin/vente.html", "ventes", contenu)
