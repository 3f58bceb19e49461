"""The one place where an exception becomes an HTTP answer. Never HTML, never a traceback."""

import logging

from flask import Response
from werkzeug.exceptions import HTTPException

from socle import erreurs, jsons
from socle.correlation import correlation_id

journal = logging.getLogger("event_store.erreurs")

_STATUTS: tuple[tuple[type[erreurs.Erreur], int], ...] = (
    (erreurs.DonneesInvalides, 400),
    (erreurs.RefusMetier, 400),
    (erreurs.Introuvable, 404),
    (erreurs.EnCours, 409),
    (erreurs.Conflit, 409),
    (erreurs.CleReutilisee, 422),
    (erreurs.Interdit, 403),
    (erreurs.Indisponible, 503),
)
_HTTP = {
    404: erreurs.Introuvable("Aucune ressource à cette adresse.", error="Route inconnue", code="route_inconnue"),
    405: erreurs.Erreur(
        "Cette méthode n'est pas permise ici.", error="Méthode non autorisée", code="methode_non_autorisee"
    ),
    413: erreurs.Erreur(
        "Le corps dépasse la taille permise.", error="Requête trop volumineuse", code="corps_trop_grand"
    ),
}
_INTERNE = erreurs.Erreur(
    "Une erreur imprévue est survenue ; elle a été consignée.", error="Erreur interne", code="erreur_interne"
)


def gerer(exception: Exception) -> Response:
    """Exception to answer."""
    if isinstance(exception, HTTPException) and exception.code is not None and exception.code < 500:
        if exception.code < 400:
            return Response(exception.get_response().get_data(), exception.code, exception.get_headers())
        erreur = _HTTP.get(exception.code, erreurs.DonneesInvalides("Requête refusée."))
        reponse = _repondre(erreur, exception.code)
        if (permises := getattr(exception, "valid_methods", None)) is not None:
            reponse.headers["Allow"] = ", ".join(sorted(permises))
        return reponse
    if isinstance(exception, jsons.JsonRefuse):
        refus = erreurs.DonneesInvalides(champs={exception.champ or "corps": str(exception)}, code="json_invalide")
        return _repondre(refus, 400)
    if isinstance(exception, erreurs.Erreur):
        statut = next((statut for classe, statut in _STATUTS if isinstance(exception, classe)), 500)
        if statut >= 500:
            journal.warning("%s : %s", exception.code, exception)
        return _repondre(exception, statut)
    journal.error("erreur imprévue", exc_info=exception)
    return _repondre(_INTERNE, 500)


def _repondre(erreur: erreurs.Erreur, statut: int) -> Response:
    corps = {
        "success": False,
        "error": erreur.error,
        "details": erreur.details,
        "code": erreur.code,
        "correlation_id": correlation_id(),
        **erreur.extra,
    }
    reponse = Response(jsons.ecrire(corps), statut, content_type="application/json")
    if isinstance(erreur, erreurs.Indisponible | erreurs.EnCours):
        reponse.headers["Retry-After"] = str(erreur.reessayer_apres)
    return reponse
