"""Central stock, the stock of each magasin, and what it asks for."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from magasin import bootstrap
from magasin.interfaces import formulaires
from magasin.interfaces.acces import VuePage
from magasin.interfaces.rendu import lectures, page


class GestionStockView(VuePage):
    """Four calls at most: central stock, every magasin's, and the needs and requests of the magasin shown."""

    def get(self, request: HttpRequest) -> HttpResponse:
        initiales = {nom: request.GET.get(nom, "") for nom in ("magasin_id", "produit_id", "quantite")}
        return _page(request, formulaires.Reapprovisionnement(initial=initiales), initiales["magasin_id"])


class Reapprovisionner(VuePage):
    """One call; the page's when the form comes back."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("gestion_stocks")

    def post(self, request: HttpRequest) -> HttpResponse:
        formulaire = formulaires.Reapprovisionnement(request.POST)
        demande = formulaire.envoyer(_demander)
        return _confirmer(request, demande) if demande else _page(request, formulaire, request.POST.get("magasin_id"))


def _demander(saisie: dict[str, Any], cle: str) -> dict[str, Any]:
    return bootstrap.inventaire.demander(
        produit_id=saisie["produit_id"], magasin_id=saisie["magasin_id"], quantite=saisie["quantite"], cle=cle
    )


def _confirmer(request: HttpRequest, demande: dict[str, Any]) -> HttpResponse:
    phrase = _("Demande envoyée : %(quantite)s × %(nom_produit)s pour %(nom_magasin)s.")
    messages.success(request, phrase % demande)
    return redirect(f"{reverse('gestion_stocks')}?magasin_id={demande['magasin_id']}")


def _page(request: HttpRequest, formulaire: formulaires.Reapprovisionnement, voulu: str | None) -> HttpResponse:
    with lectures() as lues:
        centraux = lues.tenter(_("Stock central"), bootstrap.inventaire.stocks_centraux)
        magasins = lues.tenter(_("Stocks des magasins"), bootstrap.inventaire.stocks_des_magasins) or []
        choisi = next((m for m in magasins if m["magasin_id"] == voulu), magasins[0] if magasins else None)
        besoins, demandes = [], []
        if choisi is not None:
            magasin_id = choisi["magasin_id"]
            besoins = lues.tenter(_("Besoins"), lambda: bootstrap.inventaire.besoins(magasin_id)) or []
            demandes = lues.tenter(_("Demandes"), lambda: bootstrap.inventaire.demandes_du_magasin(magasin_id)) or []
            formulaire.initial["magasin_id"] = formulaire.initial.get("magasin_id") or magasin_id
    formulaire.proposer("magasin_id", ((m["magasin_id"], m["nom_magasin"]) for m in magasins))
    produits = {s["produit_id"]: s["nom_produit"] for m in magasins for s in m["stocks"]}
    produits |= {s["produit_id"]: f"{s['nom_produit']} ({s['quantite']} au central)" for s in centraux or []}
    formulaire.proposer("produit_id", sorted(produits.items(), key=lambda paire: paire[1]))
    contenu = {
        "formulaire": formulaire,
        "centraux": centraux,
        "magasins": magasins,
        "choisi": choisi,
        "besoins": besoins,
        "demandes": demandes[::-1],
        "pannes": lues.pannes,
    }
    return page(request, "magasin/stocks.html", "stocks", contenu)
