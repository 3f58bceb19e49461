"""The catalogue: look, add, change the price, archive."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from magasin import bootstrap
from magasin.interfaces import formulaires
from magasin.interfaces.acces import Role, VuePage
from magasin.interfaces.rendu import annoncer, lectures, page
from magasin.templatetags.magasin import argent


class GestionProduitsView(VuePage):
    """Two calls: the products found, the categories."""

    def get(self, request: HttpRequest) -> HttpResponse:
        criteres = {nom: request.GET.get(nom, "").strip()[:100] for nom in ("nom", "categorie", "archives")}
        return page(request, "magasin/produits.html", "produits", _liste(criteres))


class AjouterProduit(VuePage):
    """One call, for the categories; one more to add."""

    lire = ecrire = Role.GESTIONNAIRE

    def get(self, request: HttpRequest) -> HttpResponse:
        return _page_d_ajout(request, formulaires.Produit())

    def post(self, request: HttpRequest) -> HttpResponse:
        formulaire = _avec_categories(formulaires.Produit(request.POST))
        ajoute = formulaire.envoyer(_ajouter)
        return _ajoute(request, ajoute) if ajoute else _page_d_ajout(request, formulaire)


class ModifierProduit(VuePage):
    """Two calls: the product, its price history. `action`: prix, archiver or reactiver."""

    ecrire = Role.GESTIONNAIRE

    def get(self, request: HttpRequest, produit_id: UUID) -> HttpResponse:
        return _page_du_produit(request, str(produit_id), formulaires.Prix())

    def post(self, request: HttpRequest, produit_id: UUID) -> HttpResponse:
        action = {"archiver": _archiver, "reactiver": _reactiver}.get(request.POST.get("action", ""), _changer_prix)
        return action(request, str(produit_id))


def _liste(criteres: dict[str, str]) -> dict[str, Any]:
    with lectures() as lues:
        produits = lues.tenter(
            _("Produits"),
            lambda: bootstrap.catalogue.rechercher(
                nom=criteres["nom"], categorie=criteres["categorie"], archives=bool(criteres["archives"])
            ),
        )
        categories = lues.tenter(_("Catégories"), bootstrap.catalogue.categories) or []
    return {"produits": produits, "categories": categories, "criteres": criteres, "pannes": lues.pannes}


def _avec_categories(formulaire: formulaires.Produit) -> formulaires.Produit:
    """The choices must be known before the form is judged; what was typed is a choice when the service is down."""
    with lectures() as lues:
        noms = lues.tenter(_("Catégories"), bootstrap.catalogue.categories) or []
    formulaire.proposer("categorie", ((nom, nom) for nom in noms), conserver=not noms)
    formulaire.pannes = lues.pannes
    return formulaire


def _ajouter(saisie: dict[str, Any], cle: str) -> dict[str, Any]:
    produit = {nom: saisie[nom] for nom in ("nom", "categorie", "prix", "description", "sku") if saisie[nom]}
    return bootstrap.catalogue.ajouter(produit, cle=cle)


def _ajoute(request: HttpRequest, produit: dict[str, Any]) -> HttpResponse:
    messages.success(request, _("« %(nom)s » est au catalogue.") % produit)
    return redirect("lister_produits")


def _page_d_ajout(request: HttpRequest, formulaire: formulaires.Produit) -> HttpResponse:
    if not formulaire.is_bound:
        _avec_categories(formulaire)
    contenu = {"formulaire": formulaire, "pannes": formulaire.pannes}
    return page(request, "magasin/produit_ajout.html", "produits", contenu)


def _changer_prix(request: HttpRequest, produit_id: str) -> HttpResponse:
    formulaire = formulaires.Prix(request.POST)
    change = formulaire.envoyer(lambda s, cle: bootstrap.catalogue.changer_prix(produit_id, s["prix"], cle=cle))
    if change is None:
        return _page_du_produit(request, produit_id, formulaire)
    messages.success(request, _("Prix modifié : %(prix)s.") % {"prix": argent(change["prix"])})
    return redirect("modifier_produit", produit_id)


def _archiver(request: HttpRequest, produit_id: str) -> HttpResponse:
    geste = formulaires.Geste(request.POST)
    geste.envoyer(lambda _saisie, cle: bootstrap.catalogue.archiver(produit_id, cle=cle))
    annoncer(request, geste, _("Produit archivé : il n'est plus vendu."))
    return redirect("modifier_produit", produit_id)


def _reactiver(request: HttpRequest, produit_id: str) -> HttpResponse:
    geste = formulaires.Geste(request.POST)
    geste.envoyer(lambda _saisie, cle: bootstrap.catalogue.reactiver(produit_id, cle=cle))
    annoncer(request, geste, _("Produit réactivé : il est de nouveau vendu."))
    return redirect("modifier_produit", produit_id)


def _page_du_produit(request: HttpRequest, produit_id: str, formulaire: formulaires.Prix) -> HttpResponse:
    with lectures() as lues:
        produit = lues.tenter(_("Produit"), lambda: bootstrap.catalogue.produit(produit_id))
        prix = lues.tenter(_("Historique des prix"), lambda: bootstrap.catalogue.historique_des_prix(produit_id)) or []
    if produit:
        formulaire.initial.setdefault("prix", produit["prix"])
    contenu = {
        "formulaire": formulaire,
        "produit": produit,
        "produit_id": produit_id,
        "historique": prix,
        "pannes": lues.pannes,
        "introuvable": lues.introuvable,
    }
    return page(request, "magasin/produit.html", "produits", contenu)
