"""The Flask application: the table of routes below the base path and at the root, and what surrounds every request."""

import hmac
import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Flask, Response, g, request
from werkzeug.routing import BaseConverter

from event_store.bootstrap import Services
from event_store.infrastructure.cles import ReponseGardee
from event_store.interfaces import communes, erreurs
from event_store.interfaces.openapi import BASE
from event_store.interfaces.routes import Route
from event_store.interfaces.vues import ROUTES
from socle import correlation, jsons, metriques, traces
from socle.erreurs import DonneesInvalides, EnCours, Erreur, Indisponible, JetonRequis

journal = logging.getLogger("event_store.acces")

_CORPS_MAX = 8 * 1024 * 1024
_LENT_S = 1.0
_CLE_MAX = 255


class ConvertisseurUuid(BaseConverter):
    """A canonical UUID in either case; 404 for anything else."""

    regex = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> UUID:
        return UUID(value)


class ConvertisseurFlux(BaseConverter):
    """Name of a stream."""

    regex = "[A-Za-z0-9][A-Za-z0-9._:-]{0,119}"


class ConvertisseurProjection(BaseConverter):
    """Name of a read model; unknown ones are refused by the use case."""

    regex = "[a-z][a-z-]{0,59}"


def creer(services: Services) -> Flask:
    """The application of one process over these services."""
    app = Flask("event_store", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = _CORPS_MAX
    app.url_map.converters |= {
        "identifiant": ConvertisseurUuid,
        "flux": ConvertisseurFlux,
        "projection": ConvertisseurProjection,
    }
    for route in ROUTES:
        vue = _vue(services, route)
        for prefixe, marque in ((BASE, ""), ("", "alias_")):
            app.add_url_rule(f"{prefixe}/{route.chemin}", f"{marque}{route.nom}", vue, methods=[route.methode])
    communes.brancher(app, services)
    app.before_request(_ouvrir)
    app.after_request(_fermer)
    app.teardown_request(_quitter)
    app.register_error_handler(Exception, erreurs.gerer)
    return app


def _vue(services: Services, route: Route) -> Callable[..., Response]:
    def servir(**chemin: Any) -> Response:
        if route.interne:
            exiger_jeton(services)
        criteres = route.lire_criteres(request.args)
        cle = request.headers.get("Idempotency-Key", "") if route.methode == "POST" else ""
        if not cle:
            return _repondre(*route.vue(services, criteres, _corps(route), **chemin))
        return _une_fois(services, route, cle, criteres, chemin)

    return servir


def _une_fois(services: Services, route: Route, cle: str, criteres: dict[str, Any], chemin: dict[str, Any]) -> Response:
    if len(cle) > _CLE_MAX or not cle.isprintable():
        raise DonneesInvalides(champs={"Idempotency-Key": f"un texte de {_CLE_MAX} caractères au plus est attendu"})
    consommateur = request.headers.get("X-Consumer-Username", "")[:_CLE_MAX]
    demande = b"\n".join((request.path.rstrip("/").removeprefix(BASE).encode(), request.get_data()))
    gardee = services.cles.retrouver(consommateur, cle, demande)
    if gardee is not None:
        return Response(gardee.corps, gardee.statut, content_type="application/json")
    try:
        reponse = _repondre(*route.vue(services, criteres, _corps(route), **chemin))
    except (DonneesInvalides, EnCours, Indisponible):
        raise  # never kept: the same key may come back with a better body, or at a better time
    except Erreur as refus:
        reponse = erreurs.gerer(refus)
    gardee = services.cles.garder(consommateur, cle, demande, ReponseGardee(reponse.status_code, reponse.get_data()))
    return Response(gardee.corps, gardee.statut, content_type="application/json")


def exiger_jeton(services: Services) -> None:
    """Raises `JetonRequis` unless the caller holds the platform's internal token (constant-time comparison)."""
    recu = request.headers.get("X-Internal-Token", "")
    if not hmac.compare_digest(recu.encode(), services.config.internal_token.get_secret_value().encode()):
        raise JetonRequis


def _corps(route: Route) -> dict[str, Any]:
    octets = request.get_data() if route.methode == "POST" else b""
    valeur = jsons.lire(octets) if octets else {}
    if not isinstance(valeur, dict):
        raise DonneesInvalides(champs={"corps": "un objet JSON est attendu"})
    return route.lire_corps(valeur)


def _repondre(corps: Any, statut: int) -> Response:
    return Response(jsons.ecrire(corps), statut, content_type="application/json")


def _ouvrir() -> None:
    g.debut = time.perf_counter()
    entetes = request.headers
    recue = entetes.get("traceparent")
    correlation.ouvrir(correlation.accepter(entetes.get("X-Correlation-ID")), correlation.accepter_traceparent(recue))
    g.etendue = traces.requete(request.path, recue)
    g.etendue.__enter__()
    g.en_cours = metriques.en_cours(_route())
    g.en_cours.inc()
    if "%00" in request.environ.get("QUERY_STRING", "") or "\x00" in request.path:
        raise DonneesInvalides(champs={"adresse": "caractère interdit"}, code="adresse_invalide")


def _fermer(reponse: Response) -> Response:
    if (en_cours := g.pop("en_cours", None)) is not None:
        en_cours.dec()
    duree = time.perf_counter() - g.debut
    route = _route()
    methode = request.method if request.method in metriques.METHODES else "autre"
    metriques.observer_requete(methode, route, reponse.status_code, duree)
    traces.servie(g.etendue, methode, route, reponse.status_code)
    reponse.headers["X-Correlation-ID"] = correlation.correlation_id()
    if reponse.status_code >= 500 or methode != "GET" or duree > _LENT_S:
        journal.info(
            "%s %s %s",
            methode,
            route,
            reponse.status_code,
            extra={"statut": reponse.status_code, "duree_ms": round(duree * 1000, 1)},
        )
    return reponse


def _quitter(erreur: BaseException | None) -> None:
    if (etendue := g.pop("etendue", None)) is not None:
        etendue.__exit__(None, None, None)


def _route() -> str:
    """One label per operation: the alias and the trailing slash are the same route."""
    return (str(request.url_rule).rstrip("/").removeprefix(BASE) or "/") if request.url_rule else "inconnue"
