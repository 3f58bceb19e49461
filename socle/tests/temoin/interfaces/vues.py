from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request

from socle import fautes
from socle.django.champs import EntierStrict, MontantStrict, TexteStrict
from socle.django.documentation import operation
from socle.django.vues import Vue, VueRapide, corps_json, exiger_jeton_interne, repondre, valider
from socle.erreurs import RefusMetier


class Demande(serializers.Serializer):
    """A note to count."""

    texte = TexteStrict(max_length=20)
    quantite = EntierStrict(min_value=1, max_value=10_000)
    prix = MontantStrict(min_value=Decimal("0.00"), required=False)

    class Meta:
        swagger_schema_fields: ClassVar = {"example": {"texte": "Café", "quantite": 3, "prix": 15.99}}


class Ligne(serializers.Serializer):
    nom = serializers.CharField()
    prix = serializers.DecimalField(max_digits=8, decimal_places=2)


class Criteres(serializers.Serializer):
    """Query parameters: text, so the lenient fields of DRF are the right ones."""

    nom = serializers.CharField(required=False)
    prix_max = serializers.DecimalField(max_digits=8, decimal_places=2, required=False)
    actifs_seulement = serializers.BooleanField(default=True)


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


class Lignes(Vue):
    """Arrays in and out."""

    @operation(
        "Lister",
        criteres=Criteres,
        reponses={200: ("Les lignes.", Ligne(many=True), [{"nom": "Café", "prix": Decimal("15.99")}])},
        erreurs=(400,),
    )
    def get(self, request: Request) -> HttpResponse:
        return repondre([valider(Criteres, request.query_params)])

    @operation(
        "Remplacer",
        corps=Ligne(many=True),
        reponses={200: ("Les lignes.", Ligne(many=True), [{"nom": "Café", "prix": Decimal("15.99")}])},
    )
    def put(self, request: Request) -> HttpResponse:
        return repondre(request.data)


API = [
    path("lignes/", Lignes.as_view()),
    path("compteur/", Compteur.as_view()),
    path("compteur-rapide/<identifiant:cle>/", CompteurRapide.as_view()),
    path("panne/", Panne.as_view()),
]
