"""Error pages. They need neither the database nor a neighbour: these may be what failed."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from socle import erreurs as socle
from socle.correlation import correlation_id
from socle.django.erreurs import traduire
from socle.reponses import rendre


def page(request: HttpRequest, statut: int, titre: str, phrase: str) -> HttpResponse:
    """One sentence about what happened, and the correlation id to quote."""
    gabarit = "magasin/erreur_fragment.html" if request.headers.get("HX-Request") else "magasin/erreur.html"
    contenu = {"statut": statut, "titre": titre, "phrase": phrase, "correlation_id": correlation_id()}
    return HttpResponse(render_to_string(gabarit, contenu), status=statut)


def introuvable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.NOT_FOUND, _("Page introuvable"), _("Cette adresse ne mène nulle part."))


def requete_refusee(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.BAD_REQUEST, _("Requête refusée"), _("Cette requête n'est pas acceptable."))


def interdit(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, HTTPStatus.FORBIDDEN, _("Accès refusé"), _("Vous n'avez pas accès à cette page."))


def interne(request: HttpRequest) -> HttpResponse:
    phrase = _("L'erreur est consignée sous la référence ci-dessous.")
    return page(request, HTTPStatus.INTERNAL_SERVER_ERROR, _("Erreur interne"), phrase)


def jeton_perime(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF: the form is older than the session, or was not ours."""
    phrase = _("Ce formulaire a expiré. Revenez en arrière : votre saisie y est encore ; rechargez puis renvoyez-la.")
    return page(request, HTTPStatus.FORBIDDEN, _("Formulaire expiré"), phrase)


def role_insuffisant(request: HttpRequest, role: str) -> HttpResponse:
    phrase = _("Il faut le rôle « %(role)s » pour cela.") % {"role": role}
    return page(request, HTTPStatus.FORBIDDEN, _("Accès refusé"), phrase)


def de(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What a view raised, in the words of `socle`: our database is down, a neighbour is, a thing does not exist."""
    erreur: socle.Erreur = traduire(exception)
    return page(request, rendre(erreur).statut, erreur.error, str(erreur))
