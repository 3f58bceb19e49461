"""Views: validate, call, answer."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from inventaire import bootstrap
from inventaire.application.ajuster import Ajustement, Sens, Transfert
from inventaire.application.demander import Besoin
from inventaire.application.ports import Corps, DemandeLue, MagasinLu, StockLu
from inventaire.domain.demande import Statut
from inventaire.domain.stock import Lieu, Lot, niveau
from inventaire.interfaces import exemples, lecture
from inventaire.interfaces import serializers as formes
from socle.django.documentation import operation
from socle.django.vues import (
    Page,
    Vue,
    VueRapide,
    corps_json,
    exiger_jeton_interne,
    page_demandee,
    repondre,
    valider,
)


class DiminuerStock(VueRapide):
    """Step 3 of every checkout."""

    @operation(
        "Diminuer un stock, ou réserver plusieurs produits sous une référence",
        corps=formes.DiminutionStock,
        reponses={200: ("Stock diminué, ou réservé.", formes.ReponseMouvement, exemples.DIMINUE)},
        erreurs=(400, 404, 409, 422),
        idempotente=True,
        details=(
            "Deux formes. `{produit_id, quantite, magasin_id?}` diminue un stock. `{reference, magasin_id?, lignes}` "
            "réserve toutes les lignes ou aucune, une seule fois par référence : la même référence reçoit la première "
            "réponse, et `reference annulée` (409) si elle a été libérée avant. Sans `magasin_id` : stock central."
        ),
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        commande = lecture.diminution(corps_json(request))
        return repondre(_diminuer(commande))


class AugmenterStock(VueRapide):
    """The release of every failed checkout."""

    @operation(
        "Augmenter un stock, ou libérer ou ajouter sous une référence",
        corps=formes.AugmentationStock,
        reponses={200: ("Stock augmenté, rendu, ou ajout annulé.", formes.ReponseMouvement, exemples.AUGMENTE)},
        erreurs=(400, 404, 409, 422),
        idempotente=True,
        details=(
            "Quatre formes. `{produit_id, quantite, magasin_id?}` augmente un stock. `{reference}` rend exactement ce "
            "que cette référence a réservé, une seule fois. `{reference, magasin_id?, lignes}` ajoute une seule fois ; "
            "`{reference, annulation: true}` défait cet ajout (409 si le stock deviendrait négatif)."
        ),
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        commande = lecture.augmentation(corps_json(request))
        return repondre(_augmenter(commande))


class Reservation(Vue):
    @operation(
        "Lire ce qu'une référence a réservé",
        reponses={200: ("L'état et les lignes.", formes.ReponseReservation, exemples.RESERVATION)},
        erreurs=(404,),
        details=(
            "RESERVEE, LIBEREE, ou ANNULEE (libérée avant d'exister). 404 `reservation_inexistante` pour une "
            "référence jamais vue, `reservation_refusee` pour une réservation refusée : rien n'a été pris."
        ),
    )
    def get(self, request: HttpRequest, reference: UUID) -> HttpResponse:
        return repondre(bootstrap.reserver.consulter(reference))


class StocksLocaux(VueRapide):
    """Step 1 of every checkout: one SQL statement for all the lines."""

    @operation(
        "Lire les stocks d'un magasin, tous ou ceux de certains produits",
        criteres=formes.CriteresProduits,
        reponses={200: ("Dans l'ordre demandé, sans pages.", formes.ReponseStocksLocaux, exemples.STOCKS_LOCAUX)},
        erreurs=(400, 404),
    )
    def get(self, request: HttpRequest, magasin_id: UUID) -> HttpResponse:
        produits = lecture.produits(request.GET.get("produits"))
        return repondre(_magasin(bootstrap.consulter.magasin(magasin_id, produits)))


class StockLocal(Vue):
    @operation(
        "Lire le stock d'un produit dans un magasin",
        reponses={200: ("Le stock, 0 s'il n'y en a jamais eu.", formes.StockProduitMagasin, exemples.STOCK_LOCAL)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, produit_id: UUID, magasin_id: UUID) -> HttpResponse:
        nom, stocks = bootstrap.consulter.stocks(magasin_id, [produit_id])
        return repondre({**_stock(magasin_id, stocks[0]), "magasin_id": magasin_id, "nom_magasin": nom})


class StockCentral(Vue):
    @operation(
        "Lire le stock central d'un produit",
        reponses={200: ("Le stock, 0 s'il n'y en a jamais eu.", formes.StockProduit, exemples.STOCK_CENTRAL)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, produit_id: UUID) -> HttpResponse:
        _, stocks = bootstrap.consulter.stocks(None, [produit_id])
        return repondre(_stock(None, stocks[0]))


class StocksCentraux(Vue):
    @operation(
        "Lister les stocks centraux",
        criteres=formes.CriteresPage,
        reponses={200: ("Une page, par nom de produit.", formes.ReponseStocksCentraux, exemples.STOCKS_CENTRAUX)},
        erreurs=(400,),
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        page = page_demandee(request)
        stocks, total = bootstrap.consulter.centraux(debut=page.debut, taille=page.taille)
        return _liste("stocks", [_stock(None, stock) for stock in stocks], page, total)


class MagasinsStocks(Vue):
    @operation(
        "Lister les magasins avec tous leurs stocks",
        criteres=formes.CriteresPage,
        reponses={200: ("Une page de magasins, par nom.", formes.ReponseMagasinsStocks, exemples.MAGASINS_STOCKS)},
        erreurs=(400,),
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        page = page_demandee(request)
        magasins, total = bootstrap.consulter.magasins(debut=page.debut, taille=page.taille)
        return _liste("magasins", [_magasin(magasin) for magasin in magasins], page, total)


class MagasinConnu(Vue):
    @operation(
        "Faire connaître un magasin, ou son nouveau nom",
        corps=formes.NomMagasin,
        reponses={200: ("Le magasin est connu.", formes.ReponseMagasinConnu, exemples.MAGASIN_CONNU)},
        erreurs=(400, 404),
        interne=True,
        idempotente=True,
    )
    def put(self, request: HttpRequest, magasin_id: UUID) -> HttpResponse:
        exiger_jeton_interne(request)
        nom = valider(formes.NomMagasin, request)["nom"]
        bootstrap.connaitre.magasin(magasin_id, nom)
        return repondre({"success": True, "magasin_id": magasin_id, "nom": nom})


class Transferer(Vue):
    @operation(
        "Transférer des unités entre le stock central et un magasin",
        corps=formes.TransfertStock,
        reponses={200: ("Transféré.", formes.ReponseTransfert, exemples.TRANSFERE)},
        erreurs=(400, 404),
        idempotente=True,
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        entree = valider(formes.TransfertStock, request)
        return repondre(bootstrap.ajuster.transferer(Transfert(**{**entree, "sens": Sens(entree["sens"])})))


class Demandes(Vue):
    @operation(
        "Demander un réapprovisionnement",
        corps=formes.NouvelleDemande,
        reponses={201: ("Demande en attente.", formes.ReponseDemande, exemples.DEMANDE)},
        erreurs=(400, 404),
        idempotente=True,
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        entree = valider(formes.NouvelleDemande, request)
        return repondre(_demande(bootstrap.demander.creer(Besoin(**entree))), 201)


class DemandesEnAttente(Vue):
    @operation(
        "Lister les demandes en attente",
        criteres=formes.CriteresPage,
        reponses={200: ("Une page, de la plus ancienne.", formes.ReponseDemandes, exemples.DEMANDES)},
        erreurs=(400,),
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        page = page_demandee(request)
        demandes, total = bootstrap.consulter.demandes_en_attente(debut=page.debut, taille=page.taille)
        return _liste("demandes", [demande._asdict() for demande in demandes], page, total)


class DemandesDuMagasin(Vue):
    @operation(
        "Lister les demandes d'un magasin",
        criteres=formes.CriteresPage,
        reponses={200: ("Une page, de la plus ancienne.", formes.ReponseDemandes, exemples.DEMANDES)},
        erreurs=(400, 404),
    )
    def get(self, request: HttpRequest, magasin_id: UUID) -> HttpResponse:
        page = page_demandee(request)
        demandes, total = bootstrap.consulter.demandes_du_magasin(magasin_id, debut=page.debut, taille=page.taille)
        return _liste("demandes", [demande._asdict() for demande in demandes], page, total)


class Demande(Vue):
    @operation(
        "Lire une demande",
        reponses={200: ("La demande.", formes.ReponseDemande, exemples.DEMANDE)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, demande_id: UUID) -> HttpResponse:
        return repondre(_demande(bootstrap.consulter.demande(demande_id)))


class ApprouverDemande(Vue):
    @operation(
        "Approuver une demande : le stock va du central au magasin",
        reponses={200: ("Approuvée.", formes.ReponseDemande, {**exemples.DEMANDE, "statut": Statut.APPROUVEE.value})},
        erreurs=(400, 404),
        idempotente=True,
    )
    def put(self, request: HttpRequest, demande_id: UUID) -> HttpResponse:
        return repondre(_demande(bootstrap.demander.approuver(demande_id)))


class RejeterDemande(Vue):
    @operation(
        "Rejeter une demande",
        corps=formes.RejetDemande,
        reponses={200: ("Refusée.", formes.ReponseDemande, {**exemples.DEMANDE, "statut": Statut.REFUSEE.value})},
        erreurs=(400, 404),
        idempotente=True,
    )
    def put(self, request: HttpRequest, demande_id: UUID) -> HttpResponse:
        motif = valider(formes.RejetDemande, request)["motif"]
        return repondre(_demande(bootstrap.demander.rejeter(demande_id, motif)))


class StatutDemande(Vue):
    @operation(
        "Fixer le statut conclu par un workflow de validation, sans déplacer de stock",
        corps=formes.StatutDemande,
        reponses={200: ("Statut fixé.", formes.ReponseDemande, {**exemples.DEMANDE, "statut": Statut.APPROUVEE.value})},
        erreurs=(400, 404, 409),
        interne=True,
        idempotente=True,
    )
    def put(self, request: HttpRequest, demande_id: UUID) -> HttpResponse:
        exiger_jeton_interne(request)
        entree = valider(formes.StatutDemande, request)
        statut, motif = Statut(entree["statut"]), entree.get("motif", "")
        return repondre(_demande(bootstrap.demander.fixer_statut(demande_id, statut, motif, entree["workflow_id"])))


class SupprimerDemande(Vue):
    @operation(
        "Supprimer une demande en attente",
        reponses={200: ("Supprimée.", formes.ReponseSuppression, exemples.SUPPRIMEE)},
        erreurs=(400, 404),
        idempotente=True,
    )
    def delete(self, request: HttpRequest, demande_id: UUID) -> HttpResponse:
        bootstrap.demander.supprimer(demande_id)
        return repondre({"success": True, "message": "Demande supprimée.", "demande_id": demande_id})


class AnalyserBesoins(Vue):
    @operation(
        "Lister ce qu'un magasin devrait commander",
        reponses={200: ("Produits à 5 unités ou moins.", formes.ReponseBesoins, exemples.BESOINS)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, magasin_id: UUID) -> HttpResponse:
        nom, besoins = bootstrap.consulter.besoins(magasin_id)
        liste = [besoin._asdict() for besoin in besoins]
        return repondre(
            {"success": True, "magasin_id": magasin_id, "nom_magasin": nom, "besoins": liste, "total": len(liste)}
        )


def _diminuer(commande: Lot | Ajustement) -> Corps:
    """Which use case takes which command."""
    if isinstance(commande, Lot):
        return bootstrap.reserver.prendre(commande)
    return bootstrap.ajuster.diminuer(commande)


def _augmenter(commande: Lot | Ajustement | lecture.Liberation | lecture.Annulation) -> Corps:
    """Which use case takes which command."""
    match commande:
        case Lot():
            return bootstrap.approvisionner.ajouter(commande)
        case lecture.Liberation(reference):
            return bootstrap.reserver.liberer(reference)
        case lecture.Annulation(reference):
            return bootstrap.approvisionner.annuler(reference)
        case Ajustement():
            return bootstrap.ajuster.augmenter(commande)


def _stock(lieu: Lieu, lu: StockLu) -> dict[str, Any]:
    return {
        "produit_id": lu.produit_id,
        "quantite": lu.quantite or 0,
        "niveau": niveau(lieu, lu.quantite),
        "nom_produit": lu.nom_produit,
    }


def _magasin(lu: MagasinLu) -> dict[str, Any]:
    return {
        "magasin_id": lu.magasin_id,
        "nom_magasin": lu.nom_magasin,
        "stocks": [_stock(lu.magasin_id, stock) for stock in lu.stocks],
    }


def _demande(lue: DemandeLue) -> dict[str, Any]:
    return {"success": True, **lue._asdict()}


def _liste(nom: str, elements: list[dict[str, Any]], page: Page, total: int) -> HttpResponse:
    return repondre({"success": True, nom: elements, "total": total, "page": page.page, "page_size": page.taille})
