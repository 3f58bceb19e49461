"""Pages of the console: the list, one saga, an operator's action, the trail of actions."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from console import bootstrap
from console.application.consulter import Filtre, Page
from console.application.operer import Demande
from console.domain.saga import Saga, Situation
from console.domain.sequence import Diagramme, mermaid, tracer
from console.interfaces import svg
from console.interfaces.formulaires import SITUATIONS, Motif, Recherche
from magasin.interfaces.acces import NOMS, Role, VuePage, role_de
from magasin.interfaces.rendu import page
from magasin.settings import CONFIG
from socle import jsons
from socle.correlation import echeance
from socle.erreurs import Erreur, Indisponible

RUBRIQUE = "console"
GESTES = {
    "reprendre": (
        _("Réessayer maintenant"),
        _("Réessaie aussitôt, avec un budget neuf, dans le sens où la saga allait."),
    ),
    "compenser": (
        _("Compenser"),
        _("Prend la saga à qui la conduit et défait, dans l'ordre inverse, tout ce qu'elle a fait."),
    ),
    "ignorer-etape": (
        _("Ignorer la compensation bloquée"),
        _("À n'employer que si la compensation a été réglée à la main : la saga n'essaiera plus de la faire."),
    ),
    "redrive": (_("Relancer la lettre morte"), _("L'événement est rendu à son groupe, dans l'ordre de son checkout.")),
    "drop": (
        _("Abandonner la lettre morte"),
        _("L'événement ne sera jamais traité par ce groupe ; le suivi du checkout décidera de la suite."),
    ),
}
_FILTRES_GARDES = ("style", "client_id", "produit_id")


class Liste(VuePage):
    """Four calls at most, one more while the orchestrator does not answer."""

    gabarit = "console/liste.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        saisie = Recherche(request.GET)
        lister = _lister if saisie.is_valid() else _critere_refuse
        return lister(request, self.gabarit, saisie)


class Lignes(Liste):
    """The rows alone, for the refresh."""

    gabarit = "console/lignes.html"


def _critere_refuse(request: HttpRequest, gabarit: str, saisie: Recherche) -> HttpResponse:
    contenu = {"saisie": saisie, "situations": _situations(request), "erreur": True}
    return render(request, gabarit, {"rubrique": RUBRIQUE, **contenu}, status=HTTPStatus.BAD_REQUEST)


def _lister(request: HttpRequest, gabarit: str, saisie: Recherche) -> HttpResponse:
    criteres = saisie.cleaned_data
    with echeance(CONFIG.page_budget_s):
        trouvees = bootstrap.consulter.lister(_filtre(criteres))
    if criteres["recherche"] and trouvees.trouvee and not request.headers.get("HX-Request"):
        return redirect("console:saga", trouvees.trouvee)
    contenu = {
        "saisie": saisie,
        "situations": _situations(request),
        "page": trouvees,
        "requete": request.GET.urlencode(),
        "suivante": _suivante(request, trouvees),
        "premiere": not criteres["avant"],
    }
    return render(request, gabarit, {"rubrique": RUBRIQUE, **contenu})


def _filtre(criteres: dict[str, Any]) -> Filtre:
    return Filtre(
        style=criteres["style"] or None,
        situation=Situation(criteres["situation"]) if criteres["situation"] else None,
        client_id=str(criteres["client_id"] or ""),
        produit_id=str(criteres["produit_id"] or ""),
        recherche=criteres["recherche"].strip(),
        avant=criteres["avant"] if criteres["avant_id"] else None,
        avant_id=str(criteres["avant_id"] or ""),
    )


def _situations(request: HttpRequest) -> list[dict[str, Any]]:
    """The tabs: every situation, with the other filters kept."""
    gardes = {nom: request.GET[nom] for nom in _FILTRES_GARDES if request.GET.get(nom)}
    choisie = request.GET.get("situation", "")
    onglets = [("", _("Toutes")), *((situation.value, nom) for situation, nom in SITUATIONS.items())]
    return [
        {
            "nom": nom,
            "choisi": valeur == choisie,
            "requete": urlencode(gardes | ({"situation": valeur} if valeur else {})),
        }
        for valeur, nom in onglets
    ]


def _suivante(request: HttpRequest, trouvees: Page) -> str:
    if trouvees.suite is None:
        return ""
    parametres = request.GET.copy()
    parametres["avant"], parametres["avant_id"] = trouvees.suite[0].isoformat(), trouvees.suite[1]
    return parametres.urlencode()


class PageSaga(VuePage):
    """Six calls, all at once."""

    def get(self, request: HttpRequest, saga_id: UUID) -> HttpResponse:
        saga = _saga(saga_id)
        contenu = {
            **_vivant(saga),
            "journaux": bootstrap.journaux(saga.correlation_id),
            "brut": jsons.ecrire(saga.brut).decode(),
            "trace": f"{bootstrap.traces_url}/trace/{saga.trace_id}" if bootstrap.traces_url else "",
        }
        return render(request, "console/saga.html", {"rubrique": RUBRIQUE, **contenu})


class Direct(VuePage):
    """What changes while one looks. Six calls, all at once."""

    def get(self, request: HttpRequest, saga_id: UUID) -> HttpResponse:
        return render(request, "console/saga_direct.html", _vivant(_saga(saga_id)))


def _vivant(saga: Saga) -> dict[str, Any]:
    return {
        "saga": saga,
        "causes": svg.causes(saga.moments),
        "gestes": [(geste, GESTES[geste][0]) for geste in saga.gestes],
        "registre": bootstrap.gestes_recents(UUID(saga.resume.id)),
    }


def _saga(saga_id: UUID) -> Saga:
    with echeance(CONFIG.page_budget_s):
        saga = bootstrap.consulter.saga(str(saga_id))
    if saga is None:
        raise Http404
    return saga


def _diagramme(saga_id: UUID) -> Diagramme:
    return tracer(_saga(saga_id).moments)


class SequenceSvg(VuePage):
    def get(self, request: HttpRequest, saga_id: UUID) -> HttpResponse:
        texte = svg.sequence(_diagramme(saga_id), _("Séquence de la saga %(id)s") % {"id": saga_id})
        return _fichier(request, texte, "image/svg+xml", f"saga-{saga_id}.svg")


class SequenceMermaid(VuePage):
    def get(self, request: HttpRequest, saga_id: UUID) -> HttpResponse:
        return _fichier(request, mermaid(_diagramme(saga_id)), "text/plain; charset=utf-8", f"saga-{saga_id}.mmd")


def _fichier(request: HttpRequest, texte: str, genre: str, nom: str) -> HttpResponse:
    reponse = HttpResponse(texte, content_type=genre)
    if "telecharger" in request.GET:
        reponse["Content-Disposition"] = f'attachment; filename="{nom}"'
    return reponse


class GesteDeSaga(VuePage):
    """An action on a saga: a page that says what it does, then one call."""

    lire = Role.OPERATEUR

    def get(self, request: HttpRequest, saga_id: UUID, geste: str) -> HttpResponse:
        return _confirmer(request, geste, Motif(), saga_id=saga_id)

    def post(self, request: HttpRequest, saga_id: UUID, geste: str) -> HttpResponse:
        return _operer(request, geste, str(saga_id), saga_id)


class GesteDeLettre(VuePage):
    """An action on a dead letter of a saga."""

    lire = Role.OPERATEUR

    def get(self, request: HttpRequest, saga_id: UUID, lettre_id: UUID, geste: str) -> HttpResponse:
        return _confirmer(request, geste, Motif(), saga_id=saga_id)

    def post(self, request: HttpRequest, saga_id: UUID, lettre_id: UUID, geste: str) -> HttpResponse:
        return _operer(request, geste, str(lettre_id), saga_id)


def _confirmer(request: HttpRequest, geste: str, formulaire: Motif, *, saga_id: UUID) -> HttpResponse:
    titre, effet = GESTES[geste]
    contenu = {"formulaire": formulaire, "titre": titre, "effet": effet, "saga_id": saga_id, "geste": geste}
    return page(request, "console/geste.html", RUBRIQUE, contenu)


def _operer(request: HttpRequest, geste: str, cible: str, saga_id: UUID) -> HttpResponse:
    formulaire = Motif(request.POST)
    if not formulaire.is_valid():
        return _confirmer(request, geste, formulaire, saga_id=saga_id)
    demande = Demande(
        cle=UUID(formulaire.cle_du_formulaire),
        geste=geste,
        cible=cible,
        motif=formulaire.cleaned_data["motif"],
        compte=request.user.get_username(),
        role=str(NOMS[role_de(request)]),
        saga_id=str(saga_id),
    )
    try:
        with echeance(bootstrap.GESTE_S + 1):
            issue = bootstrap.operer(demande)
    except Indisponible as panne:
        texte = _("%(panne)s Le geste est consigné sans réponse : renvoyez-le, il ne sera fait qu'une fois.")
        formulaire.statut = HTTPStatus.SERVICE_UNAVAILABLE
        formulaire.add_error(None, texte % {"panne": panne})
        return _confirmer(request, geste, formulaire, saga_id=saga_id)
    except Erreur as refus:
        messages.error(request, str(refus))
        return redirect("console:saga", saga_id)
    if issue.fait:
        messages.success(request, f"{GESTES[geste][0]} : {_('fait')}. {issue.texte}")
    else:
        messages.error(request, f"{GESTES[geste][0]} : {issue.texte}")
    return redirect("console:saga", saga_id)


class Registre(VuePage):
    """No call: the trail is magasin's."""

    lire = Role.OPERATEUR

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(
            request, "console/registre.html", {"rubrique": "console-registre", "registre": bootstrap.gestes_recents()}
        )
