"""One middleware around every request: correlation and trace ids, metrics by route, one log line, JSON errors."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from socle import correlation, metriques, traces
from socle.django import erreurs
from socle.erreurs import DonneesInvalides

journal = logging.getLogger("socle.acces")
_LENT_S = 1.0


class SocleMiddleware:
    """Outermost: what it does not see did not happen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._suite = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        entetes = request.META
        courante = correlation.accepter(entetes.get("HTTP_X_CORRELATION_ID"))
        recue = entetes.get("HTTP_TRACEPARENT")
        correlation.ouvrir(courante, correlation.accepter_traceparent(recue))
        try:
            with traces.requete(request.path_info, recue) as span:
                return self._servir(request, courante, span)
        finally:
            correlation.fermer()

    def _servir(self, request: HttpRequest, courante: str, span: traces.Etendue) -> HttpResponse:
        debut = time.perf_counter()
        try:
            reponse = self._repondre(request)
        finally:
            if (en_cours := getattr(request, "en_cours", None)) is not None:
                en_cours.dec()
        duree = time.perf_counter() - debut
        route = _route(request)
        methode = request.method if request.method in metriques.METHODES else "autre"
        metriques.observer_requete(methode, route, reponse.status_code, duree)
        reponse["X-Correlation-ID"] = courante
        reponse["traceparent"] = correlation.traceparent()
        traces.servie(span, methode, route, reponse.status_code)
        niveau = logging.INFO if methode != "GET" or reponse.status_code >= 500 or duree > _LENT_S else logging.DEBUG
        if journal.isEnabledFor(niveau):
            journal.log(
                niveau,
                "%s %s %s",
                methode,
                route,
                reponse.status_code,
                extra={"statut": reponse.status_code, "duree_ms": round(duree * 1000, 1)},
            )
        return reponse

    def _repondre(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.path_info:
            return erreurs.gerer(DonneesInvalides(champs={"adresse": "caractère interdit"}, code="adresse_invalide"))
        try:
            # Read even when no view wants it: gunicorn closes a connection with an unread body, and the gateway's next
            # request on it would be lost.
            _ = request.body
        except (RequestDataTooBig, UnreadablePostError) as erreur:
            return erreurs.gerer(erreur)
        reponse = self._suite(request)
        if reponse.status_code >= 400 and not self.rend_une_page(request):
            type_mime = reponse.get("Content-Type", "")
            if not type_mime.startswith("application/json"):
                return erreurs.normaliser(request, reponse)
        return reponse

    def process_view(self, request: HttpRequest, *vue: Any) -> None:
        """The route is known: the request is in flight on it."""
        request.en_cours = metriques.en_cours(_route(request))
        request.en_cours.inc()

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A plain view raised: same handler as DRF's."""
        return None if self.rend_une_page(request) else erreurs.gerer(exception)

    def rend_une_page(self, request: HttpRequest) -> bool:
        """Whether this request is answered with HTML, errors included, rather than with JSON."""
        return request.path_info.startswith("/admin/")


def _route(request: HttpRequest) -> str:
    trouvee: Any = request.resolver_match
    return trouvee.route if trouvee is not None else "inconnue"
