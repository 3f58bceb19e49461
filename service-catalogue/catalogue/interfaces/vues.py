"""Views: validate, call, answer."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from catalogue import bootstrap
from catalogue.application.ajouter import Ajout
from catalogue.application.ports import Fiche
from catalogue.domain.criteres import Criteres
from catalogue.domain.erreurs import CriteresInvalides
from catalogue.domain.valeurs import Categorie
from catalogue.interfaces import exemples
from catalogue.interfaces import serializers as formes
from socle.django.documentation import operation
from socle.django.lecture import identifiants
from socle.django.vues import Page, Vue, VueRapide, page_demandee, repondre, valider
from socle.erreurs import DonneesInvalides


class Rechercher(Vue):
    @operation(
        "Rechercher des produits",
        criteres=formes.CriteresRecherche,
        reponses={200: ("Produits trouvés.", formes.ReponseRecherche, exemples.RECHERCHE)},
        erreurs=(400,),
        details="Avec `nom`, les produits premium (plus de 100 $) viennent d'abord, puis par prix croissant.",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        criteres, page = _lire_criteres(request)
        fiches, total = bootstrap.consulter.rechercher(criteres, debut=page.debut, taille=page.taille)
        return repondre(_resultats(fiches, page, total))


class Ajouter(Vue):
    @operation(
        "Ajouter un produit",
        corps=formes.AjoutProduit,
        reponses={201: ("Produit ajouté.", formes.ReponseAjout, exemples.AJOUTE)},
        erreurs=(400, 409),
        idempotente=True,
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        entree = valider(formes.AjoutProduit, request)
        fiche = bootstrap.ajouter(Ajout(**entree))
        return repondre(_ajoute(fiche), 201)


class Produits(VueRapide):
    """Read by every checkout: one SQL statement for all the lines."""

    @operation(
        "Lire plusieurs produits par leurs identifiants, ou une page de la liste",
        criteres=formes.CriteresLot,
        reponses={200: ("Produits trouvés, et identifiants inconnus.", formes.ReponseLot, exemples.LOT)},
        erreurs=(400,),
        details="Avec `ids`, les produits archivés sont rendus aussi (`actif` faux). Sans `ids`, les produits actifs.",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        return repondre(_plusieurs(request.GET["ids"]) if "ids" in request.GET else _une_page(page_demandee(request)))


class Produit(Vue):
    @operation(
        "Lire un produit",
        reponses={200: ("Le produit, archivé ou non.", formes.FicheProduit, exemples.FICHE)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, produit_id: UUID) -> HttpResponse:
        return repondre(_plat(bootstrap.consulter.un(produit_id)))


class PrixProduit(Vue):
    @operation(
        "Lire le prix et son historique",
        reponses={200: ("Du plus récent au plus ancien.", formes.ReponseHistoriquePrix, exemples.HISTORIQUE)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, produit_id: UUID) -> HttpResponse:
        fiche, changements = bootstrap.consulter.historique_prix(produit_id)
        historique = [changement._asdict() for changement in changements]
        return repondre({"produit_id": fiche.id, "prix": fiche.prix, "historique": historique})

    @operation(
        "Changer le prix",
        corps=formes.NouveauPrix,
        reponses={200: ("Prix changé ; l'ancien est historisé.", formes.ReponseModification, exemples.MODIFIE)},
        erreurs=(400, 404),
        idempotente=True,
    )
    def patch(self, request: HttpRequest, produit_id: UUID) -> HttpResponse:
        entree = valider(formes.NouveauPrix, request)
        return _modifie("Prix modifié.", bootstrap.modifier.changer_prix(produit_id, entree["prix"]))


class ArchiverProduit(Vue):
    @operation(
        "Archiver un produit : il n'est plus vendu",
        reponses={200: ("Archivé (sans effet s'il l'était).", formes.ReponseModification, exemples.MODIFIE)},
        erreurs=(404,),
        idempotente=True,
    )
    def post(self, request: HttpRequest, produit_id: UUID) -> HttpResponse:
        return _modifie("Produit archivé.", bootstrap.modifier.archiver(produit_id))


class ReactiverProduit(Vue):
    @operation(
        "Réactiver un produit archivé",
        reponses={200: ("Réactivé (sans effet s'il l'était).", formes.ReponseModification, exemples.MODIFIE)},
        erreurs=(404,),
        idempotente=True,
    )
    def post(self, request: HttpRequest, produit_id: UUID) -> HttpResponse:
        return _modifie("Produit réactivé.", bootstrap.modifier.reactiver(produit_id))


class Categories(Vue):
    @operation(
        "Lister les catégories",
        reponses={200: ("La liste fermée des catégories.", formes.ReponseCategories, exemples.CATEGORIES)},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        liste = [{"id": categorie.identifiant, "nom": categorie.value} for categorie in Categorie]
        return repondre({"categories": liste, "total": len(liste)})


def _lire_criteres(request: HttpRequest) -> tuple[Criteres, Page]:
    """Raises `CriteresInvalides`: one label for whatever is wrong in the query."""
    try:
        entree = valider(formes.CriteresRecherche, {nom: v for nom, v in request.GET.items() if v != ""})
    except DonneesInvalides as refus:
        raise CriteresInvalides(champs=refus.champs) from None
    entree.pop("page", None)
    entree.pop("page_size", None)
    return Criteres(**entree), page_demandee(request)


def _plusieurs(brut: str) -> dict[str, Any]:
    fiches, introuvables = bootstrap.consulter.plusieurs(identifiants(brut, "ids"))
    return {"produits": [_plat(fiche) for fiche in fiches], "introuvables": introuvables}


def _une_page(page: Page) -> dict[str, Any]:
    fiches, total = bootstrap.consulter.rechercher(Criteres(), debut=page.debut, taille=page.taille)
    return {"produits": [_plat(fiche) for fiche in fiches], **_pied(page, total)}


def _resultats(fiches: Iterable[Fiche], page: Page, total: int) -> dict[str, Any]:
    donnees = {"produits": [fiche._asdict() for fiche in fiches], **_pied(page, total)}
    return {"success": True, "data": donnees, "instance_id": settings.SOCLE["instance"]}


def _ajoute(fiche: Fiche) -> dict[str, Any]:
    message = f"Produit « {fiche.nom} » ajouté au catalogue."
    return {"success": True, "data": {**fiche._asdict(), "message": message}}


def _plat(fiche: Fiche) -> dict[str, Any]:
    donnees = fiche._asdict()
    del donnees["date_modification"]
    return donnees


def _pied(page: Page, total: int) -> dict[str, int]:
    return {"total": total, "page": page.page, "page_size": page.taille}


def _modifie(message: str, fiche: Fiche) -> HttpResponse:
    return repondre({"success": True, "message": message, "data": fiche._asdict()})
