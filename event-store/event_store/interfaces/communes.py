"""Health, metrics, documentation, and the lab's fault switches: what every service serves, at the root and below the
base path."""

import importlib.util
import logging
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, request, send_from_directory

from event_store.bootstrap import Services
from event_store.interfaces import openapi
from socle import fautes, jsons, metriques
from socle.erreurs import Indisponible
from socle.pages import PAGES

journal = logging.getLogger("event_store.sante")

# The assets are on this machine already: they come with the Django services' documentation.
_PAQUET = importlib.util.find_spec("drf_yasg")
STATIQUES = Path(_PAQUET.origin).parent / "static" / "drf-yasg" if _PAQUET and _PAQUET.origin else Path()


def brancher(app: Flask, services: Services) -> None:
    """Add these routes to the application."""

    def page(gabarit: str) -> Any:
        def servir() -> Response | str:
            if not request.path.endswith("/"):
                return Response(status=302, headers={"Location": request.path.rpartition("/")[2] + "/"})
            # Addresses relative to the page work directly and behind the gateway alike.
            return PAGES[gabarit](openapi.TITRE, document="../swagger.json", statiques="../static")

        return servir

    def accueil() -> Response:
        if request.path.endswith("//"):  # routing forgives one slash too many
            abort(404)
        # The gateway does not strip our prefix: the path is the visitor's own.
        return Response(status=302, headers={"Location": request.path.rstrip("/") + "/swagger/"})

    def document_json() -> Response:
        return Response(jsons.ecrire(openapi.document()), content_type="application/json")

    def document_yaml() -> Response:
        return Response(openapi.document_yaml(), content_type="application/yaml")

    def statiques(chemin: str) -> Response:
        return send_from_directory(STATIQUES, chemin, max_age=3600)

    def page_metriques() -> Response:
        texte, type_mime = metriques.page()
        return Response(texte, content_type=type_mime)

    def vivant() -> Response:
        return _sante(services, "healthy")

    def pret() -> Response:
        try:
            services.historique.bornes()
        except Indisponible as cause:
            journal.warning("base de données : %s", type(cause).__name__)
            return _sante(services, "unhealthy", 503, {"base_de_donnees": "indisponible"})
        return _sante(services, "healthy", 200, {"base_de_donnees": "ok"})

    communes = {
        "/swagger": page("swagger"), "/redoc": page("redoc"), "/swagger.json": document_json,
        "/swagger.yaml": document_yaml, "/static/<path:chemin>": statiques, "/metrics": page_metriques,
        "/health": pret, "/health/live": vivant, "/health/ready": pret, "/": accueil,
    }  # fmt: skip
    for chemin, vue in communes.items():
        for prefixe in (openapi.BASE, ""):
            app.add_url_rule(prefixe + chemin, f"communes{prefixe}{chemin}".replace(".", "_"), vue, methods=["GET"])
    if services.config.labo_fautes:
        _brancher_fautes(app, services)


def _sante(services: Services, statut: str, code: int = 200, verifications: dict[str, str] | None = None) -> Response:
    corps = {"status": statut, "service": "event_store", "instance_id": services.config.instance_id}
    if verifications is not None:
        corps |= {"verifications": verifications}  # type: ignore[dict-item]
    reponse = Response(jsons.ecrire(corps), code, content_type="application/json")
    if code == 503:
        reponse.headers["Retry-After"] = "2"
    return reponse


def _brancher_fautes(app: Flask, services: Services) -> None:
    from event_store.interfaces.application import exiger_jeton

    def servir() -> Response:
        exiger_jeton(services)
        etat = fautes.regler(jsons.lire(request.get_data())) if request.method == "PUT" else fautes.etat()
        return Response(jsons.ecrire(etat), content_type="application/json")

    for prefixe in (openapi.BASE, ""):
        for fin in ("", "/"):
            adresse = f"{prefixe}/labo/fautes{fin}"
            app.add_url_rule(adresse, f"fautes{adresse}", servir, methods=["GET", "PUT"])
