"""Routes for the tests of `Idempotency-Key`: every kind of view, answers on demand, a door to hold one open."""

import threading
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views import View

from socle import erreurs, jsons
from socle.django.documentation import operation
from socle.django.vues import Vue, VueRapide, corps_json, repondre
from tests.integration.outils import sql
from tests.temoin.interfaces.vues import Reponse, ajouter

ERREURS = {
    "indisponible": erreurs.Indisponible("voisin"),
    "en_cours": erreurs.EnCours("autre"),
    "schema": erreurs.DonneesInvalides(champs={"a": "b"}),
    "interdit": erreurs.Interdit("non"),
    "refus": erreurs.RefusMetier("non"),
    "introuvable": erreurs.Introuvable("non"),
    "conflit": erreurs.Conflit("non"),
    "panne": ZeroDivisionError(),
}


class Porte:
    """Holds the first request inside its view, its transaction open, until the test lets it go."""

    def __init__(self) -> None:
        self.fermee = False
        self.dedans, self.ouvrir = threading.Event(), threading.Event()

    def passer(self) -> None:
        if self.fermee:
            self.fermee = False
            self.dedans.set()
            assert self.ouvrir.wait(10)


porte = Porte()


def traiter(corps: dict[str, Any]) -> HttpResponse:
    """Add 1, then answer or fail as the body asks."""
    total = ajouter(1)
    porte.passer()
    if "erreur" in corps:
        raise ERREURS[corps["erreur"]]
    if "tuer" in corps:
        sql("SELECT pg_terminate_backend(pg_backend_pid())")
    if "doublon" in corps:
        sql("INSERT INTO barriere (espace, reference, etat) VALUES ('d', 'd', 'x'), ('d', 'd', 'x')")
    return repondre({"total": total}, int(corps.get("statut", 201)))


_DOC: Any = operation("Essai", reponses={201: ("Fait.", Reponse, {"total": 1})})


class Drf(Vue):
    @_DOC
    def post(self, request: HttpRequest) -> HttpResponse:
        return traiter(request.data)  # type: ignore[attr-defined]

    put = patch = delete = post


class Rapide(VueRapide):
    @_DOC
    def post(self, request: HttpRequest) -> HttpResponse:
        return traiter(corps_json(request))

    put = patch = delete = post


class Simple(View):
    idempotence = "transaction"

    def post(self, request: HttpRequest) -> HttpResponse:
        return traiter(jsons.lire(request.body))

    put = patch = delete = post


def fonction(request: HttpRequest) -> HttpResponse:
    return traiter(jsons.lire(request.body))


fonction.idempotence = "transaction"  # type: ignore[attr-defined]


class Metier(VueRapide):
    idempotence = "metier"

    @_DOC
    def post(self, request: HttpRequest) -> HttpResponse:
        assert not connection.in_atomic_block
        return traiter(corps_json(request))


class Lecture(VueRapide):
    @_DOC
    def get(self, request: HttpRequest) -> HttpResponse:
        return repondre({"total": sql("SELECT total FROM temoin")[0][0]})


urlpatterns = [
    path("drf/", Drf.as_view()),
    path("rapide/", Rapide.as_view()),
    path("simple/", Simple.as_view()),
    path("fonction/", fonction),
    path("metier/", Metier.as_view()),
    path("lecture/", Lecture.as_view()),
]
