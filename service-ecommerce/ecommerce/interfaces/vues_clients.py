"""Clients and their carts: validate, call, answer."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse

from ecommerce import bootstrap
from ecommerce.application.ports import FicheClient
from ecommerce.domain.client import Client
from ecommerce.domain.panier import Panier
from ecommerce.interfaces import exemples
from ecommerce.interfaces import serializers as formes
from socle.django.documentation import operation
from socle.django.lecture import identifiants
from socle.django.vues import Page, Vue, VueRapide, exiger_jeton_interne, page_demandee, repondre, valider


class Clients(Vue):
    @operation(
        "Lister les clients, ou en lire plusieurs par leurs identifiants",
        criteres=formes.CriteresClients,
        reponses={200: ("Une page de clients, ou ceux demandés.", formes.ReponseClients, exemples.CLIENTS)},
        erreurs=(400, 403),
        details="Avec `ids`, comme la lecture d'un seul : réservé aux appelants internes, clients effacés compris.",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        if "ids" in request.GET:
            exiger_jeton_interne(request)
            return repondre(_plusieurs(identifiants(request.GET["ids"], "ids")))
        return repondre(_une_page(page_demandee(request)))

    @operation(
        "Créer un client",
        corps=formes.NouveauClient,
        reponses={201: ("Client créé.", formes.ReponseClient, exemples.CLIENT_CREE)},
        erreurs=(400, 409),
        idempotente=True,
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        entree = valider(formes.NouveauClient, request)
        fiche = bootstrap.clients.creer(Client(id=uuid4(), **entree))
        return repondre({"success": True, "client": _fiche(fiche)}, 201)


class UnClient(Vue):
    @operation(
        "Lire un client",
        reponses={200: ("Le client.", formes.ReponseClient, exemples.CLIENT_CREE)},
        erreurs=(404,),
        interne=True,
        details="Carnet d'adresses des appelants internes : les événements ne portent que `client_id`.",
    )
    def get(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        exiger_jeton_interne(request)
        return repondre({"success": True, "client": _fiche(bootstrap.clients.lire(client_id))})


class ValiderClient(Vue):
    @operation(
        "Savoir si un client existe et peut commander",
        reponses={200: ("Le client existe.", formes.ReponseValidation, exemples.VALIDATION)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        actif = bootstrap.clients.lire(client_id).actif
        return repondre({"success": True, "client_id": client_id, "valide": actif, "actif": actif})


class AnonymiserClient(Vue):
    @operation(
        "Effacer les données personnelles d'un client",
        reponses={200: ("Données effacées ; l'identifiant reste.", formes.ReponseEffacement, exemples.CLIENT_EFFACE)},
        erreurs=(404,),
        idempotente=True,
        details="Sans retour possible. Le client effacé ne peut plus commander ; recommencer ne change rien.",
    )
    def post(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        fiche = bootstrap.clients.effacer(client_id)
        message = "Données personnelles effacées."
        return repondre({"success": True, "message": message, "client_id": fiche.id, "actif": fiche.actif})


class PanierClient(VueRapide):
    @operation(
        "Lire le panier",
        reponses={200: ("Le panier, vide ou non.", formes.ReponsePanier, exemples.PANIER)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        return repondre(_panier(bootstrap.panier.lire(client_id)))

    @operation(
        "Ajouter un produit au panier",
        corps=formes.AjoutPanier,
        reponses={201: ("Produit ajouté.", formes.ReponsePanier, exemples.PANIER_AJOUT)},
        erreurs=(400, 404),
        idempotente=True,
        details="Les quantités d'un même produit s'ajoutent, jusqu'à 99. Au plus 50 produits différents.",
    )
    def post(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        entree = valider(formes.AjoutPanier, request)
        panier = bootstrap.panier.ajouter(client_id, entree["produit_id"], entree["quantite"])
        return repondre({**_panier(panier), "message": "Produit ajouté au panier."}, 201)

    @operation(
        "Vider le panier",
        reponses={200: ("Panier vidé.", formes.ReponsePanier, exemples.PANIER_VIDE)},
        erreurs=(404,),
        idempotente=True,
    )
    def delete(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        return repondre({**_panier(bootstrap.panier.vider(client_id)), "message": "Panier vidé."})


class ProduitDuPanier(VueRapide):
    @operation(
        "Changer la quantité d'un produit du panier",
        corps=formes.QuantitePanier,
        reponses={200: ("Le panier.", formes.ReponsePanier, exemples.PANIER)},
        erreurs=(400, 404),
        idempotente=True,
        details="0 retire le produit.",
    )
    def put(self, request: HttpRequest, client_id: UUID, produit_id: UUID) -> HttpResponse:
        quantite = valider(formes.QuantitePanier, request)["quantite"]
        return repondre(
            {**_panier(bootstrap.panier.fixer(client_id, produit_id, quantite)), "message": "Panier à jour."}
        )


def _fiche(fiche: FicheClient) -> dict[str, Any]:
    adresse = (
        f"{fiche.adresse_rue}, {fiche.adresse_ville} ({fiche.adresse_province}) "
        f"{fiche.adresse_code_postal}, {fiche.adresse_pays}"
    )
    return {
        **fiche._asdict(),
        "nom_complet": f"{fiche.prenom} {fiche.nom}".strip(),
        "adresse_complete": adresse if fiche.actif else "",
    }


def _plusieurs(ids: list[str]) -> dict[str, Any]:
    fiches, introuvables = bootstrap.clients.plusieurs(ids)
    return {"success": True, "clients": [_fiche(f) for f in fiches], "introuvables": introuvables}


def _une_page(page: Page) -> dict[str, Any]:
    fiches, total = bootstrap.clients.lister(debut=page.debut, taille=page.taille)
    return {"success": True, "clients": [_fiche(f) for f in fiches], "total": total, **pied(page)}


def pied(page: Page) -> dict[str, int]:
    """The paging members of a list."""
    return {"page": page.page, "page_size": page.taille}


def _panier(panier: Panier) -> dict[str, Any]:
    return {
        "success": True,
        "panier_existe": panier.id is not None,
        "est_vide": not panier.lignes,
        "panier_id": panier.id,
        "client_id": panier.client_id,
        "produits": [
            {
                "produit_id": ligne.produit_id,
                "nom_produit": ligne.nom_produit,
                "prix_unitaire": ligne.prix_unitaire,
                "quantite": ligne.quantite,
                "prix_ligne": ligne.prix_ligne,
            }
            for ligne in panier.lignes
        ],
        "resume": {
            "nombre_articles": panier.nombre_articles,
            "prix_total": panier.prix_total,
            "nombre_produits_differents": len(panier.lignes),
        },
    }
