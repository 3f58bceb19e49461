"""Views: validate, call, answer."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from socle.django.documentation import operation
from socle.django.vues import Page, Vue, VueRapide, corps_json, page_demandee, repondre, valider
from socle.erreurs import Introuvable
from socle.idempotence.middleware import lire_cle
from socle.saga.depot import Suivi
from socle.saga.vues import VueOperateur, consommateur, documenter_geste, reponse_gardee
from supply_chain import bootstrap
from supply_chain.application.conclure import USE_CASE
from supply_chain.application.rejeter import Rejet
from supply_chain.application.valider import Validation
from supply_chain.domain.demande import REFUSEE
from supply_chain.interfaces import exemples
from supply_chain.interfaces import serializers as formes


class DemandesEnAttente(Vue):
    @operation(
        "Lister les demandes de réapprovisionnement en attente",
        criteres=formes.CriteresPage,
        reponses={200: ("Une page, de la plus ancienne.", formes.ReponseDemandesEnAttente, exemples.DEMANDES)},
        erreurs=(400,),
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        page = page_demandee(request)
        demandes, total = bootstrap.lister(page=page.page, taille=page.taille)
        return repondre(
            {
                "success": True,
                "use_case": "ListerDemandesUseCase",
                "count": len(demandes),
                "demandes": demandes,
                "total": total,
                "page": page.page,
                "page_size": page.taille,
            }
        )


class ValiderDemande(VueRapide):
    """The request's own id is the idempotency record; the engine keeps the key."""

    idempotence = "metier"

    @operation(
        "Valider une demande : le workflow en trois étapes",
        reponses={
            200: ("Approuvée : le stock est au magasin.", formes.ReponseValidation, exemples.VALIDEE),
            202: (
                "Le délai de l'appelant est écoulé ; le workflow continue.",
                formes.ReponseEnCours,
                exemples.EN_COURS,
            ),
            400: ("Refus ; tout ce qui avait été fait est défait.", formes.ReponseEchec, exemples.ECHEC),
            503: ("inventaire ne répond pas ; tout est défait.", formes.ReponseEchec, exemples.PANNE),
        },
        erreurs=(404,),
        idempotente=True,
        details=(
            "(1) prélève au stock central, (2) ajoute au stock du magasin, (3) fixe le statut. En cas d'échec, "
            "tout est défait en ordre inverse et la demande passe à `Échec validation`. Une demande n'a qu'un "
            "workflow, dont chaque appel rend la réponse."
        ),
    )
    def post(self, request: HttpRequest, demande_id: UUID) -> HttpResponse:
        validation = Validation(
            demande_id=str(demande_id),
            cle=lire_cle(request),
            consommateur=consommateur(request),
            corps=corps_json(request) if request.body else {},
        )
        return _reponse(validation, bootstrap.valider(validation))


class RejeterDemande(Vue):
    @operation(
        "Rejeter une demande",
        corps=formes.Rejet,
        reponses={200: ("Refusée ; le motif est conservé.", formes.ReponseRejet, exemples.REJETEE)},
        erreurs=(400, 404),
        idempotente=True,
    )
    def post(self, request: HttpRequest, demande_id: UUID) -> HttpResponse:
        rejet = Rejet(
            demande_id=str(demande_id),
            motif=valider(formes.Rejet, request)["motif"],
            cle=lire_cle(request),
            consommateur=consommateur(request),
        )
        bootstrap.rejeter(rejet)
        return repondre(
            {
                "success": True,
                "use_case": "RejeterDemandeUseCase",
                "demande_id": rejet.demande_id,
                "message": "Demande rejetée.",
                "motif": rejet.motif,
                "statut": REFUSEE,
            }
        )


class Workflows(Vue):
    @operation(
        "Lister les workflows de validation, le plus récent d'abord",
        criteres=formes.CriteresWorkflows,
        reponses={200: ("Une page de workflows.", formes.ReponseWorkflows, exemples.WORKFLOWS)},
        erreurs=(400,),
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        page = page_demandee(request)
        return repondre(_page_de_workflows(valider(formes.CriteresWorkflows, request.GET), page))


class Workflow(Vue):
    @operation(
        "Lire un workflow, ses étapes et son historique",
        reponses={200: ("Le workflow.", formes.ReponseWorkflow, exemples.WORKFLOW_DETAIL)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, workflow_id: UUID) -> HttpResponse:
        return repondre({"success": True, **_lire_workflow(workflow_id)})


class _Operateur(VueOperateur):
    operer = bootstrap.operer


class CompenserWorkflow(_Operateur):
    geste = "compenser"

    @documenter_geste(
        "Défaire un workflow", "Le prend à qui le conduit. Refusé quand il est terminé.", exemples.GESTE_FAIT
    )
    def post(self, request: HttpRequest, workflow_id: UUID) -> HttpResponse:
        return self.agir(request, workflow_id)


class ReprendreWorkflow(_Operateur):
    geste = "reprendre"

    @documenter_geste(
        "Reprendre un workflow",
        "Réessaie aussitôt, avec un budget neuf, dans le sens où il allait.",
        exemples.GESTE_FAIT,
    )
    def post(self, request: HttpRequest, workflow_id: UUID) -> HttpResponse:
        return self.agir(request, workflow_id)


class IgnorerEtapeWorkflow(_Operateur):
    geste = "ignorer-etape"

    @documenter_geste(
        "Ignorer une compensation",
        "En INTERVENTION_REQUISE : la compensation a été réglée à la main.",
        exemples.GESTE_FAIT,
    )
    def post(self, request: HttpRequest, workflow_id: UUID) -> HttpResponse:
        return self.agir(request, workflow_id)


def _reponse(validation: Validation, suivi: Suivi) -> HttpResponse:
    """The workflow's own answer; 202 while it goes on."""
    gardee = reponse_gardee(suivi)
    if gardee is not None:
        return gardee
    corps: dict[str, Any] = {
        "success": True,
        "accepted": True,
        "use_case": USE_CASE,
        "demande_id": validation.demande_id,
        "workflow_id": suivi.saga_id,
        "message": "Le workflow de validation continue." if suivi.active else "Le workflow attend un opérateur.",
        "rollback_effectue": False,
        "statut": "en_cours" if suivi.active else "intervention_requise",
        "etat": suivi.etat,
        "statut_url": f"/api/supply-chain/workflows/{suivi.saga_id}/",
    }
    return repondre(corps, 202, {"Location": corps["statut_url"]})


def _lire_workflow(workflow_id: UUID) -> dict[str, Any]:
    workflow = bootstrap.lectures.workflow(str(workflow_id))
    if workflow is None:
        raise Introuvable("Ce workflow n'existe pas.", error="Le workflow n'existe pas", code="workflow_inexistant")
    return workflow


def _page_de_workflows(criteres: dict[str, Any], page: Page) -> dict[str, Any]:
    demande_id = criteres.get("demande_id")
    workflows, total = bootstrap.lectures.workflows(
        etat=criteres.get("etat"),
        demande_id=None if demande_id is None else str(demande_id),
        debut=page.debut,
        taille=page.taille,
    )
    return {"success": True, "workflows": workflows, "total": total, "page": page.page, "page_size": page.taille}
