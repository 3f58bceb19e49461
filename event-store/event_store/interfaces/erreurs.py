"""The one place where an exception becomes an HTTP answer. Never HTML, never a traceback."""

import logging

from flask import Response
from werkzeug.exceptions import HTTPException

from socle import jsons
from socle.erreurs import DonneesInvalides, Erreur
from socle.reponses import CorpsTropGrand, ErreurInterne, MethodeInterdite, RouteInconnue, json_refuse, rendre

journal = logging.getLogger("event_store.erreurs")

_HTTP: dict[int, Erreur] = {
    404: RouteInconnue("Aucune ressource à cette adresse."),
    405: MethodeInterdite(),
    413: CorpsTropGrand(),
}


def gerer(exception: Exception) -> Response:
    """Exception to answer."""
    if isinstance(exception, HTTPException) and exception.code is not None and exception.code < 500:
        if exception.code < 400:
            return Response(exception.get_response().get_data(), exception.code, exception.get_headers())
        reponse = _repondre(_HTTP.get(exception.code, DonneesInvalides("Requête refusée.")))
        reponse.status_code = exception.code
        if (permises := getattr(exception, "valid_methods", None)) is not None:
            reponse.headers["Allow"] = ", ".join(sorted(permises))
        return reponse
    if isinstance(exception, jsons.JsonRefuse):
        return _repondre(json_refuse(exception))
    if isinstance(exception, Erreur):
        return _repondre(exception)
    journal.error("erreur imprévue", exc_info=exception)
    return _repondre(ErreurInterne())


def _repondre(erreur: Erreur) -> Response:
    rendu = rendre(erreur)
    if rendu.statut >= 500:
        journal.warning("%s : %s", erreur.code, erreur)
    return Response(rendu.octets, rendu.statut, rendu.entetes)
