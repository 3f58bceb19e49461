from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers

from socle import fautes
from socle.django.champs import EntierStrict, MontantStrict, TexteStrict
from socle.django.documentation import operation
from socle.django.vues import Vue, VueRapide, corps_json, exiger_jeton_interne, repondre, valider
from socle.erreurs import RefusMetier


class Demande(serializers.Serializer):
    """A note to count."""

    texte = TexteStrict(max_length=20)
    quantite = EntierStrict(min_value=1, max_value=10_000)
    prix = MontantStrict(min_value=0, required=False)


class Reponse(serializers.Serializer):
    total = serializers.IntegerField()


def ajouter(quantite: int) -> int:
    """Add to the counter, then refuse 13: what was written before must not stay."""
    with connection.cursor() as curseur:
        curseur.execute("UPDATE temoin SET total = total + %s RETURNING total", [quantite])
        total = int(curseur.fetchone()[0])
    fautes.point("temoin.ajoute")
    if quantite == 13:
        raise RefusMetier("Treize est refusé.", code="treize")
    return total


class Compteur(Vue):
    @operation("Ajouter", corps=Demande, reponses={201: ("Ajouté.", Reponse, {"total": 3})}, idempotente=True)
    def post(self, request: HttpRequest) -> HttpResponse:
        entree = valider(Demande, request)
        total = ajouter(entree["quantite"])
        return repondre({"total": total, "prix": entree.get("prix")}, 201)


class CompteurRapide(VueRapide):
    @operation("Ajouter vite", reponses={200: ("Ajouté.", Reponse, {"total": 3})}, interne=True)
    def post(self, request: HttpRequest, cle: UUID) -> HttpResponse:
        exiger_jeton_interne(request)
        return repondre({"total": ajouter(int(corps_json(request)["quantite"]))})


class Panne(VueRapide):
    @operation("Échouer", reponses={200: ("Jamais.", Reponse, {"total": 0})})
    def get(self, request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError("secret interne")


API = [
    path("compteur/", Compteur.as_view()),
    path("compteur-rapide/<identifiant:cle>/", CompteurRapide.as_view()),
    path("panne/", Panne.as_view()),
]
