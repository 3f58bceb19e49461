"""The one place where an exception becomes an HTTP answer. Never HTML, never a traceback.

What the answer looks like is `socle.reponses`, the same for every framework.
"""

import logging
from typing import Any

import django.db
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from psycopg2.errors import UniqueViolation
from rest_framework import exceptions as drf

from socle import erreurs, jsons
from socle.reponses import (
    BaseIndisponible,
    CorpsTropGrand,
    ErreurInterne,
    MethodeInterdite,
    RouteInconnue,
    json_refuse,
    memorisable,
    rendre,
)

journal = logging.getLogger("socle.erreurs")


def repondre(erreur: erreurs.Erreur) -> HttpResponse:
    """The HTTP answer for an expected error; `memorisable` tells the idempotency middleware what may be kept."""
    rendu = rendre(erreur)
    reponse = HttpResponse(rendu.octets, status=rendu.statut, headers=rendu.entetes)
    reponse.memorisable = memorisable(erreur)
    if rendu.statut >= 500:
        journal.warning("%s: %s", erreur.code, erreur)
    return reponse


def traduire(exception: Exception) -> erreurs.Erreur:
    """Any exception as an `Erreur`. What nobody foresaw is logged here, once, with its traceback."""
    if isinstance(exception, erreurs.Erreur):
        return exception
    if isinstance(exception, jsons.JsonRefuse):
        return json_refuse(exception)
    if isinstance(exception, Http404):
        return RouteInconnue("Cette ressource n'existe pas.")
    if isinstance(exception, drf.MethodNotAllowed):
        return MethodeInterdite()
    if isinstance(exception, drf.ValidationError):
        return erreurs.DonneesInvalides(champs=aplatir(exception.detail))
    if isinstance(exception, drf.APIException) and exception.status_code < 500:
        return erreurs.DonneesInvalides(str(exception.detail), code=exception.default_code)
    if isinstance(exception, RequestDataTooBig):
        return CorpsTropGrand()
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
    return ErreurInterne()


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
        erreur = CorpsTropGrand()
    elif reponse.status_code < 500:
        erreur = erreurs.DonneesInvalides("Requête refusée.")
    else:
        erreur = ErreurInterne()
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
