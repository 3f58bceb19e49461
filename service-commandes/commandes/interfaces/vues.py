"""Views: validate, call, answer."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from commandes import bootstrap
from commandes.application.ports import Filtre, VenteLue
from commandes.interfaces import exemples, lecture
from commandes.interfaces import serializers as formes
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


class Magasins(Vue):
    @operation("Lister les magasins", reponses={200: ("Tous les magasins.", formes.ReponseMagasins, exemples.MAGASINS)})
    def get(self, request: HttpRequest) -> HttpResponse:
        magasins = [magasin._asdict() for magasin in bootstrap.consulter.magasins()]
        return repondre({"success": True, "magasins": magasins, "total": len(magasins)})


class EnregistrerVente(VueRapide):
    """Step 4 of every checkout (saga form): three SQL statements and one commit, whatever the number of lines."""

    idempotence = "metier"

    @operation(
        "Enregistrer une vente",
        corps=formes.VenteAEnregistrer,
        reponses={201: ("Vente enregistrée.", formes.ReponseVente, exemples.UNE_VENTE)},
        erreurs=(400, 403, 409, 422),
        idempotente=True,
        details=(
            "Deux formes. `{magasin_id, client_id, produit_id, quantite}` : le service prend lui-même le stock, au "
            "prix du catalogue ; la vente ne se voit que complète. `{magasin_id, client_id, reference, "
            "reservation_reference, lignes}` (jeton interne) : le stock est déjà réservé et n'est pas repris ; une "
            "seule vente par référence, et `référence annulée` (409) si elle a été annulée avant."
        ),
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        return repondre(_enregistrer(request, corps_json(request)), 201)


class VenteParReference(VueRapide):
    @operation(
        "Lire la vente d'une référence",
        reponses={200: ("La vente, annulée ou non.", formes.ReponseVente, exemples.UNE_VENTE)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, reference: UUID) -> HttpResponse:
        return repondre(_une(bootstrap.consulter.par_reference(reference)))


class AnnulerReference(VueRapide):
    """The compensation of every failed order step; the reference is its own key."""

    idempotence = "metier"

    @operation(
        "Annuler la vente d'une référence, même à venir",
        corps=formes.AnnulationReference,
        reponses={200: ("Ce qu'il en est.", formes.ReponseEtatReference, exemples.ETAT)},
        erreurs=(400,),
        interne=True,
        details=(
            "`annulee` : la vente existait. `jamais_creee` : la référence est notée, une vente tardive sera refusée. "
            "`active` : la vente existe et `seulement_si_absente` la garde. Ne bouge aucun stock."
        ),
    )
    def post(self, request: HttpRequest, reference: UUID) -> HttpResponse:
        exiger_jeton_interne(request)
        motif, seulement_si_absente = lecture.annulation(request)
        etat = bootstrap.annuler_reference(reference, motif=motif, seulement_si_absente=seulement_si_absente)
        return repondre(etat)


class Ventes(Vue):
    @operation(
        "Lister les ventes",
        criteres=formes.CriteresVentes,
        reponses={200: ("Une page, la plus récente d'abord.", formes.ReponseVentes, exemples.VENTES)},
        erreurs=(400,),
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        filtre, page = _filtre(request), page_demandee(request)
        ventes, total = bootstrap.consulter.ventes(filtre, debut=page.debut, taille=page.taille)
        return repondre(_liste(ventes, page, total))


class Vente(Vue):
    @operation(
        "Lire une vente",
        reponses={200: ("La vente, annulée ou non.", formes.ReponseVente, exemples.UNE_VENTE)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, vente_id: UUID) -> HttpResponse:
        return repondre(_une(bootstrap.consulter.vente(vente_id)))


class AnnulerVente(VueRapide):
    idempotence = "metier"

    @operation(
        "Annuler une vente et rendre son stock",
        corps=formes.AnnulationVente,
        reponses={200: ("Vente annulée, stock rendu une seule fois.", formes.ReponseAnnulation, exemples.ANNULEE)},
        erreurs=(400, 404),
        idempotente=True,
        details="400 `vente_deja_annulee` si elle l'est. Après un 503, l'annulation s'achève d'elle-même.",
    )
    def patch(self, request: HttpRequest, vente_id: UUID) -> HttpResponse:
        motif, _ = lecture.annulation(request)
        annulee = bootstrap.annuler_vente(vente_id, motif=motif, cle=lecture.cle(request))
        return repondre(
            {
                "success": True,
                "message": "Vente annulée ; le stock est rendu.",
                "vente_id": annulee.vente_id,
                "statut": "annulee",
                "date_annulation": annulee.date_annulation,
                "motif": annulee.motif,
            }
        )


class Indicateurs(Vue):
    @operation(
        "Indicateurs de performance par magasin",
        criteres=formes.CriteresPeriode,
        reponses={200: ("Un élément par magasin.", formes.IndicateurMagasin(many=True), exemples.INDICATEURS)},
        erreurs=(400,),
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        return repondre(
            [
                {
                    "magasin": bilan.magasin,
                    "magasin_id": bilan.magasin_id,
                    "chiffre_affaires": bilan.chiffre_affaires,
                    "ruptures": bilan.stock.ruptures,
                    "surstock": bilan.stock.surstock,
                    "tendances": [produit._asdict() for produit in bilan.tendances],
                }
                for bilan in bootstrap.analyser(lecture.jours(request))
            ]
        )


class RapportConsolide(Vue):
    @operation(
        "Rapport consolidé des ventes et du stock local par magasin",
        criteres=formes.CriteresPeriode,
        reponses={200: ("Un élément par magasin.", formes.RapportMagasin(many=True), exemples.RAPPORT)},
        erreurs=(400,),
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        return repondre(
            [
                {
                    "magasin": bilan.magasin,
                    "magasin_id": bilan.magasin_id,
                    "total": bilan.chiffre_affaires,
                    "produits_vendus": [produit._asdict() for produit in bilan.produits_vendus],
                    "stock_local": asdict(bilan.stock),
                }
                for bilan in bootstrap.analyser(lecture.jours(request))
            ]
        )


def _enregistrer(request: HttpRequest, corps: dict[str, Any]) -> Any:
    """The form decides the use case; the saga's form is for internal callers."""
    if "reference" in corps or "lignes" in corps:
        exiger_jeton_interne(request)
        return bootstrap.enregistrer(lecture.vente(corps))
    return bootstrap.vendre(lecture.demande(corps), lecture.cle(request))


def _filtre(request: HttpRequest) -> Filtre:
    criteres = valider(formes.CriteresVentes, request.GET.dict())
    return Filtre(criteres.get("magasin_id"), criteres.get("client_id"), criteres.get("statut"))


def _liste(ventes: Iterable[VenteLue], page: Page, total: int) -> dict[str, Any]:
    liste = [_dict(vente) for vente in ventes]
    return {"success": True, "ventes": liste, "total": total, "page": page.page, "page_size": page.taille}


def _dict(vente: VenteLue) -> dict[str, Any]:
    return {**vente._asdict(), "lignes": [ligne._asdict() for ligne in vente.lignes]}


def _une(vente: VenteLue) -> dict[str, Any]:
    return {"success": True, "vente": _dict(vente)}
