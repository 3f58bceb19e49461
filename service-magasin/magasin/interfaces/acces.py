"""Who may do what: three roles, each of which may do what the one before it may.

`lecteur` looks, `operateur` sells and runs the shop, `gestionnaire` also changes the catalogue and decides about
requests. With LECTURE_PUBLIQUE (the laboratory) nobody needs an account to look.
"""

from enum import IntEnum
from typing import Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views import View

from magasin.interfaces import erreurs
from magasin.settings import CONFIG


class Role(IntEnum):
    """In growing order of power."""

    PERSONNE = 0
    LECTEUR = 1
    OPERATEUR = 2
    GESTIONNAIRE = 3


NOMS = {
    Role.PERSONNE: _("visiteur"),
    Role.LECTEUR: _("lecteur"),
    Role.OPERATEUR: _("opérateur"),
    Role.GESTIONNAIRE: _("gestionnaire"),
}
_GROUPES = {"lecteur": Role.LECTEUR, "operateur": Role.OPERATEUR, "gestionnaire": Role.GESTIONNAIRE}
_SURES = ("GET", "HEAD", "OPTIONS")


def role_de(request: HttpRequest) -> Role:
    """The highest role of who asks, looked up once per request."""
    if not hasattr(request, "role"):
        request.role = _chercher(request)
    return request.role


def _chercher(request: HttpRequest) -> Role:
    visiteur = Role.LECTEUR if CONFIG.lecture_publique else Role.PERSONNE
    if not request.user.is_authenticated:
        return visiteur
    if request.user.is_superuser:
        return Role.GESTIONNAIRE
    groupes = request.user.groups.values_list("name", flat=True)
    return max((_GROUPES[nom] for nom in groupes if nom in _GROUPES), default=visiteur)


class VuePage(View):
    """Base of every page. `lire` and `ecrire`: the role that GET and POST ask for.

    Who has no account is sent to sign in and comes back; whose role is too low gets a page that names the one needed.
    """

    lire: ClassVar[Role] = Role.LECTEUR
    ecrire: ClassVar[Role] = Role.OPERATEUR

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        demande = self.lire if request.method in _SURES else self.ecrire
        if role_de(request) >= demande:
            return super().dispatch(request, *args, **kwargs)
        if request.user.is_authenticated:
            return erreurs.role_insuffisant(request, NOMS[demande])
        return _vers_la_connexion(request)


def _vers_la_connexion(request: HttpRequest) -> HttpResponse:
    """Sign in, then come back: after a change, to the page it was made on. A fragment takes its whole page along."""
    suite = request.get_full_path() if request.method in _SURES else request.headers.get("Referer", "/")
    redirection = redirect_to_login(suite)
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": redirection["Location"]})
    return redirection


def contexte(request: HttpRequest) -> dict[str, Any]:
    """What every template knows: the role, by what it allows."""
    if not hasattr(request, "user"):
        return {}
    role = role_de(request)
    return {
        "role": role,
        "nom_du_role": NOMS[role],
        "peut_operer": role >= Role.OPERATEUR,
        "peut_gerer": role >= Role.GESTIONNAIRE,
        "profil_labo": CONFIG.labo_fautes,
    }
