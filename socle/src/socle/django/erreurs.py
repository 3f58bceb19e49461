"""The one place where an exception becomes an HTTP answer. Never HTML, never a traceback.

Body: `{"success": false, "error", "details", "code", "correlation_id", …extra}`.
"""

import logging
from typing import Any

import django.db
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from psycopg2.errors import UniqueViolation
from rest_framework import exceptions as drf

from socle import erreurs, jsons
from socle.correlation import correlation_id

journal = logging.getLogger("socle.erreurs")

STATUTS: tuple[tuple[type[erreurs.Erreur], int], ...] = (
    (erreurs.DonneesInvalides, 400),
    (erreurs.RefusMetier, 400),
    (erreurs.Introuvable, 404),
    (erreurs.EnCours, 409),
    (erreurs.Conflit, 409),
    (erreurs.CleReutilisee, 422),
    (erreurs.Interdit, 403),
    (erreurs.Indisponible, 503),
)


class CorpsTropGrand(erreurs.Erreur):
    """The request body is over the limit."""

    error = "Requête trop volumineuse"
    code = "corps_trop_grand"


class MethodeInterdite(erreurs.Erreur):
    """The route exists, the method does not."""

    error = "Méthode non autorisée"
    code = "methode_non_autorisee"


class RouteInconnue(erreurs.Introuvable):
    """No such route, or a malformed identifier in the path."""

    error = "Route inconnue"
    code = "route_inconnue"


class ErreurInterne(erreurs.Erreur):
    """A defect of ours: logged with its traceback, which the caller never sees."""

    error = "Erreur interne"
    code = "erreur_interne"


class BaseIndisponible(erreurs.Indisponible):
    """Our own database is down, read-only, full or too slow."""

    error = "Service temporairement indisponible"
    code = "base_indisponible"


def statut_de(erreur: erreurs.Erreur) -> int:
    """HTTP status of an expected error."""
    if isinstance(erreur, CorpsTropGrand):
        return 413
    if isinstance(erreur, MethodeInterdite):
        return 405
    for classe, statut in STATUTS:
        if isinstance(erreur, classe):
            return statut
    return 500


def corps_de(erreur: erreurs.Erreur) -> dict[str, Any]:
    """The error body; a replayed refusal brings the correlation id of the first answer in its `extra`."""
    return {
        "success": False,
        "error": erreur.error,
        "details": erreur.details,
        "code": erreur.code,
        "correlation_id": correlation_id(),
        **erreur.extra,
    }


def repondre(erreur: erreurs.Erreur) -> HttpResponse:
    """The HTTP answer for an expected error; `memorisable` tells the idempotency middleware what may be kept."""
    statut = statut_de(erreur)
    reponse = HttpResponse(jsons.ecrire(corps_de(erreur)), status=statut, content_type="application/json")
    if isinstance(erreur, erreurs.Indisponible | erreurs.EnCours):
        reponse["Retry-After"] = str(erreur.reessayer_apres)
    reponse.memorisable = statut < 500 and not isinstance(
        erreur, erreurs.DonneesInvalides | erreurs.EnCours | CorpsTropGrand
    )
    if statut >= 500:
        journal.warning("%s: %s", erreur.code, erreur)
    return reponse


def traduire(exception: Exception) -> erreurs.Erreur:
    """Any exception as an `Erreur`. What nobody foresaw is logged here, once, with its traceback."""
    if isinstance(exception, erreurs.Erreur):
        return exception
    if isinstance(exception, jsons.JsonRefuse):
        return erreurs.DonneesInvalides(champs={exception.champ or "corps": str(exception)}, code="json_invalide")
    if isinstance(exception, Http404):
        return RouteInconnue("Cette ressource n'existe pas.")
    if isinstance(exception, drf.MethodNotAllowed):
        return MethodeInterdite("Cette méthode n'est pas permise ici.")
    if isinstance(exception, drf.ValidationError):
        return erreurs.DonneesInvalides(champs=aplatir(exception.detail))
    if isinstance(exception, drf.APIException) and exception.status_code < 500:
        return erreurs.DonneesInvalides(str(exception.detail), code=exception.default_code)
    if isinstance(exception, RequestDataTooBig):
        return CorpsTropGrand("Le corps dépasse la taille permise.")
    if isinstance(exception, SuspiciousOperation):
        return erreurs.DonneesInvalides("Requête refusée.")
    if isinstance(exception, UnreadablePostError):
        return erreurs.DonneesInvalides("Le corps n'a pas été reçu en entier.")
    if isinstance(exception, django.db.IntegrityError) and isinstance(exception.__cause__, UniqueViolation):
        # The safety net under two creations at once; a use case that names the field says it better.
        journal.warning("unicité: %s", exception.__cause__.diag.constraint_name)
        return erreurs.Conflit("Cette ressource existe déjà.")
    if isinstance(exception, django.db.OperationalError | django.db.InterfaceError):
        journal.warning("base de données: %s", type(exception.__cause__ or exception).__name__)
        return BaseIndisponible("La base de données ne répond pas.")
    if isinstance(exception, django.db.InternalError | django.db.NotSupportedError):
        journal.warning("base de données: %s", type(exception.__cause__ or exception).__name__)
        return BaseIndisponible("La base de données refuse d'écrire.")
    if isinstance(exception, django.db.DataError):
        journal.warning("valeur refusée par la base: %s", exception)
        return erreurs.DonneesInvalides("Une valeur est hors des limites permises.")
    journal.error("erreur imprévue", exc_info=exception)
    return ErreurInterne("Une erreur imprévue est survenue ; elle a été consignée.")


def gerer(exception: Exception) -> HttpResponse:
    """Exception to answer, for plain Django views and middleware."""
    return repondre(traduire(exception))


def gerer_drf(exception: Exception, contexte: dict[str, Any]) -> HttpResponse:
    """`EXCEPTION_HANDLER` of Django REST framework."""
    reponse = gerer(exception)
    if isinstance(exception, drf.MethodNotAllowed):
        vue = contexte.get("view")
        if vue is not None:
            reponse["Allow"] = ", ".join(vue.allowed_methods)
    return reponse


def normaliser(request: HttpRequest, reponse: HttpResponse) -> HttpResponse:
    """Django's own HTML error pages (unknown route, wrong method, bad request) as the JSON of this module."""
    erreur: erreurs.Erreur
    if reponse.status_code == 404:
        erreur = RouteInconnue(f"Aucune ressource à l'adresse {request.path}.")
    elif reponse.status_code == 405:
        erreur = MethodeInterdite(f"La méthode {request.method} n'est pas permise ici.")
    elif reponse.status_code == 413:
        erreur = CorpsTropGrand("Le corps dépasse la taille permise.")
    elif reponse.status_code < 500:
        erreur = erreurs.DonneesInvalides("Requête refusée.")
    else:
        erreur = ErreurInterne("Une erreur imprévue est survenue ; elle a été consignée.")
    remplacante = repondre(erreur)
    if "Allow" in reponse:
        remplacante["Allow"] = reponse["Allow"]
    return remplacante


def aplatir(detail: Any, chemin: str = "") -> dict[str, str]:
    """DRF's nested error detail as `{"lignes[0].quantite": "message"}`."""
    if isinstance(detail, dict):
        plat: dict[str, str] = {}
        for nom, valeur in detail.items():
            sous = chemin if nom == "non_field_errors" else f"{chemin}.{nom}" if chemin else str(nom)
            if isinstance(nom, int):
                sous = f"{chemin}[{nom}]"
            plat.update(aplatir(valeur, sous))
        return plat
    if isinstance(detail, list) and any(isinstance(element, dict | list) for element in detail):
        plat = {}
        for rang, element in enumerate(detail):
            plat.update(aplatir(element, f"{chemin}[{rang}]"))
        return plat
    messages = detail if isinstance(detail, list) else [detail]
    return {chemin or "corps": " ".join(str(m) for m in messages)} if messages else {}
