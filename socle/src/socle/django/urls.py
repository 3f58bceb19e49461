"""The routes every service has, at its root and below its API base (so that they work through the gateway)."""

from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from socle import metriques
from socle.django import convertisseurs, documentation, fautes
from socle.django.sante import Pret, Vivant

convertisseurs.enregistrer()


def page_metriques(request: HttpRequest) -> HttpResponse:
    """Prometheus exposition."""
    texte, type_mime = metriques.page()
    return HttpResponse(texte, content_type=type_mime)


SANTE: tuple[URLPattern, ...] = (
    path("health/", Pret.as_view(), name="health"),
    path("health/live", Vivant.as_view(), name="health-live"),
    path("health/ready", Pret.as_view(), name="health-ready"),
)


def routes_d_exploitation() -> list[URLPattern | URLResolver]:
    """Health, metrics and, in the lab profile, the fault switches: what a program without an API has as well."""
    toutes: list[URLPattern | URLResolver] = [
        path("metrics", page_metriques),
        path("metrics/", page_metriques),
        *SANTE,
    ]
    if settings.SOCLE["fautes_fichier"]:
        toutes.append(path("labo/fautes/", fautes.Fautes.as_view(), name="labo-fautes"))
    return toutes


def routes(api: Sequence[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """`urlpatterns` of a service: its own `api` routes below its base path, and the common ones."""
    documentation.declarer([*api, *SANTE])
    communes: list[URLPattern | URLResolver] = [
        path("", documentation.accueil, name="accueil"),
        path("swagger/", partial(documentation.page, gabarit="swagger"), name="swagger"),
        path("redoc/", partial(documentation.page, gabarit="redoc"), name="redoc"),
        path("swagger.json", documentation.swagger_json),
        path("swagger.yaml", documentation.swagger_yaml),
        *routes_d_exploitation(),
    ]
    return [
        path(settings.SOCLE["base"], include([*api, *communes])),
        path("admin/", admin.site.urls),
        *communes,
    ]
