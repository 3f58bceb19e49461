"""Sagas over HTTP: the stored answer, and the routes of operators, one subclass of `VueOperateur` per action."""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from rest_framework import serializers

from socle.django.champs import TexteStrict
from socle.django.documentation import operation
from socle.django.vues import Vue, exiger_jeton_interne, repondre, valider
from socle.erreurs import Indisponible
from socle.idempotence.middleware import lire_cle
from socle.saga import operer
from socle.saga.depot import Suivi

CONSOMMATEUR_MAX = 100


def consommateur(request: HttpRequest) -> str:
    """The gateway consumer that authenticated the caller; empty on a direct call."""
    return request.headers.get("X-Consumer-Username", "").replace("\x00", "")[:CONSOMMATEUR_MAX]


def reponse_gardee(suivi: Suivi) -> HttpResponse | None:
    """The stored answer of an ended saga, byte for byte; None while it goes on."""
    if suivi.statut is None or suivi.corps is None:
        return None
    reponse = HttpResponse(suivi.corps.encode(), status=suivi.statut, content_type="application/json")
    if suivi.statut == 503:
        reponse["Retry-After"] = str(Indisponible.reessayer_apres)
    return reponse


class Geste(serializers.Serializer):
    """Why the operator acts; kept in the history."""

    motif = TexteStrict(required=False, max_length=500, help_text="Pourquoi ; gardé dans l'historique.")

    class Meta:
        swagger_schema_fields = {"example": {"motif": "Le voisin est réparé."}}


class GesteFait(serializers.Serializer):
    """Where the saga stands after the action."""

    success = serializers.BooleanField()
    saga_id = serializers.UUIDField()
    etat_actuel = serializers.CharField()
    est_terminee = serializers.BooleanField()


def documenter_geste(resume: str, details: str, exemple: dict[str, Any]) -> Any:
    """Document the `post` of a `VueOperateur`; `exemple` is an answer."""
    return operation(
        resume,
        corps=Geste,
        reponses={
            200: ("Action appliquée.", GesteFait, exemple),
            202: ("Action appliquée ; la saga continue.", GesteFait, exemple),
        },
        erreurs=(400, 404),
        interne=True,
        idempotente=True,
        details=details,
    )


class VueOperateur(Vue):
    """One action of operators on the saga that the path names; internal, audited, idempotent by key."""

    idempotence = "metier"
    geste: ClassVar[operer.Geste]
    operer: ClassVar[Callable[..., Suivi]]

    def agir(self, request: HttpRequest, saga_id: uuid.UUID) -> HttpResponse:
        """Apply the action, and say where the saga stands."""
        exiger_jeton_interne(request)
        entree = valider(Geste, request) if request.body else {}
        suivi = self.operer(
            self.geste,
            str(saga_id),
            par=consommateur(request) or "interne",
            motif=entree.get("motif", "non précisé"),
            cle=lire_cle(request),
        )
        corps = {
            "success": True,
            "saga_id": suivi.saga_id,
            "etat_actuel": suivi.etat,
            "est_terminee": suivi.terminee,
        }
        return repondre(corps, 202 if suivi.active else 200)
