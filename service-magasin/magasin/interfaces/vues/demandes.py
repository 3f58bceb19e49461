"""Replenishment requests: validate by the three-step workflow, or reject."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from magasin import bootstrap
from magasin.interfaces import formulaires
from magasin.interfaces.acces import Role, VuePage
from magasin.interfaces.rendu import lectures, page
from magasin.settings import CONFIG

WORKFLOWS_AFFICHES = 8


class WorkflowDemandesView(VuePage):
    """Two calls: the requests that wait, the latest workflows."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return _page(request)


class ValiderDemande(VuePage):
    """One call, and one to find the workflow that undid itself: its page shows the steps."""

    http_method_names = ("post", "options")
    ecrire = Role.GESTIONNAIRE

    def post(self, request: HttpRequest, demande_id: UUID) -> HttpResponse:
        geste = formulaires.Geste(request.POST)
        geste.envoyer(_valider(str(demande_id)), budget_s=CONFIG.validation_lecture_s + CONFIG.page_budget_s)
        return _vers_le_workflow(request, str(demande_id), geste)


class RejeterDemande(VuePage):
    """One call; two more when the form comes back."""

    http_method_names = ("post", "options")
    ecrire = Role.GESTIONNAIRE

    def post(self, request: HttpRequest, demande_id: UUID) -> HttpResponse:
        rejet = _rejet(str(demande_id), request.POST)
        fait = rejet.envoyer(lambda s, cle: bootstrap.supply_chain.rejeter(str(demande_id), s["motif"], cle=cle))
        return _rejetee(request) if fait else _page(request, rejet, str(demande_id))


class Workflow(VuePage):
    """One call. htmx asks for the steps alone, as long as they change."""

    def get(self, request: HttpRequest, workflow_id: UUID) -> HttpResponse:
        contenu = _workflow(str(workflow_id))
        fragment = "HX-Request" in request.headers
        return _etapes(request, contenu) if fragment else page(request, "magasin/workflow.html", "demandes", contenu)


def _rejet(demande_id: str, saisie: Any = None) -> formulaires.Rejet:
    """Several of them are on one page: each field is named after its request."""
    return formulaires.Rejet(saisie, auto_id=f"rejet-{demande_id}-%s")


def _valider(demande_id: str) -> Any:
    return lambda _saisie, cle: bootstrap.supply_chain.valider(demande_id, cle=cle)


def _vers_le_workflow(request: HttpRequest, demande_id: str, geste: formulaires.Geste) -> HttpResponse:
    """Whatever became of it, the steps tell; without a workflow the list says what stood in the way."""
    with lectures() as lues:
        workflow = lues.tenter(_("Workflow"), lambda: bootstrap.supply_chain.workflow_de(demande_id))
    if workflow is not None:
        return redirect("workflow", workflow["workflow_id"])
    for texte in geste.non_field_errors():
        messages.error(request, texte)
    return redirect("workflow_demandes")


def _rejetee(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("Demande rejetée ; le motif est conservé."))
    return redirect("workflow_demandes")


def _page(request: HttpRequest, rejet: formulaires.Rejet | None = None, rejetee: str = "") -> HttpResponse:
    with lectures() as lues:
        demandes = lues.tenter(_("Demandes"), bootstrap.supply_chain.demandes_en_attente)
        workflows = (
            lues.tenter(_("Workflows"), lambda: bootstrap.supply_chain.derniers_workflows(WORKFLOWS_AFFICHES)) or []
        )
    lignes: list[dict[str, Any]] = [
        {"demande": d, "rejet": rejet if rejet and d["id"] == rejetee else _rejet(d["id"])} for d in demandes or []
    ]
    orphelin = rejet if rejet and rejetee not in {ligne["demande"]["id"] for ligne in lignes} else None
    contenu = {
        "lignes": None if demandes is None else lignes,
        "workflows": workflows,
        "rejet": rejet,
        "rejet_sans_demande": orphelin,
        "rejetee": rejetee,
        "pannes": lues.pannes,
    }
    return page(request, "magasin/demandes.html", "demandes", contenu)


def _workflow(workflow_id: str) -> dict[str, Any]:
    with lectures() as lues:
        workflow = lues.tenter(_("Workflow"), lambda: bootstrap.supply_chain.workflow(workflow_id))
    return {"workflow": workflow, "workflow_id": workflow_id, "pannes": lues.pannes, "introuvable": lues.introuvable}


def _etapes(request: HttpRequest, contenu: dict[str, Any]) -> HttpResponse:
    return render(request, "magasin/workflow_etapes.html", contenu)
