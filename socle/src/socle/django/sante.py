"""Health: `live` = this process serves; `ready` = it can do its work (its database, and what it cannot do without)."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from rest_framework import serializers

from socle.django.documentation import operation
from socle.django.vues import Vue, repondre

journal = logging.getLogger("socle.sante")

Verification = Callable[[], None]
_verifications: dict[str, Verification] = {}


class ReponseSante(serializers.Serializer):
    """Body of the health routes."""

    status = serializers.CharField()
    service = serializers.CharField()
    instance_id = serializers.CharField()
    verifications = serializers.DictField(child=serializers.CharField(), required=False)


def exiger(nom: str, verification: Verification) -> None:
    """Declare something `ready` needs besides the database; `verification` raises when it does not answer."""
    _verifications[nom] = verification


def _base_de_donnees() -> None:
    try:
        with connection.cursor() as curseur:
            curseur.execute("SELECT 1")
            curseur.fetchone()
    except Error:
        connection.close()
        raise


def etat() -> tuple[bool, dict[str, str]]:
    """Whether everything needed answers, and the verdict of each part. Never raises."""
    verdicts = {}
    for nom, verification in {"base_de_donnees": _base_de_donnees, **_verifications}.items():
        try:
            verification()
            verdicts[nom] = "ok"
        except Exception as cause:  # any failure of a part is its verdict
            journal.warning("%s ne répond pas: %s", nom, type(cause).__name__)
            verdicts[nom] = "indisponible"
    return all(verdict == "ok" for verdict in verdicts.values()), verdicts


def _corps(statut: str, **suite: Any) -> dict[str, Any]:
    return {
        "status": statut,
        "service": settings.SOCLE["app"],
        "instance_id": settings.SOCLE["instance"],
        **suite,
    }


_EXEMPLE = {"status": "healthy", "service": "inventaire", "instance_id": "inventaire-1"}


class Vivant(Vue):
    """Liveness: no dependency is asked."""

    @operation("Le processus répond", reponses={200: ("Vivant.", ReponseSante, _EXEMPLE)})
    def get(self, request: HttpRequest) -> HttpResponse:
        return repondre(_corps("healthy"))


class Pret(Vue):
    """Readiness, and the service's historical health route."""

    @operation(
        "Le service et ce dont il ne peut se passer répondent",
        reponses={
            200: ("Prêt.", ReponseSante, {**_EXEMPLE, "verifications": {"base_de_donnees": "ok"}}),
            503: (
                "Une dépendance ne répond pas.",
                ReponseSante,
                {**_EXEMPLE, "status": "unhealthy", "verifications": {"base_de_donnees": "indisponible"}},
            ),
        },
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        pret, verdicts = etat()
        corps = _corps("healthy" if pret else "unhealthy", verifications=verdicts)
        return repondre(corps) if pret else repondre(corps, 503, {"Retry-After": "2"})
