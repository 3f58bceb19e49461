"""Views in three statements: validate, call the use case, answer."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from socle import jsons
from socle.django import erreurs as http
from socle.erreurs import DonneesInvalides, JetonRequis

PAGE_SIZE_DEFAUT, PAGE_SIZE_MAX, PAGE_MAX = 50, 200, 1_000_000


class Vue(APIView):
    """Base of the documented views. `idempotence = "metier"` says that the use case keeps the key itself."""

    idempotence = "transaction"


class VueRapide(APIView):
    """A documented view for the hot routes: its handlers get the plain `HttpRequest` and answer with `repondre`.

    It skips what DRF does around a handler (negotiation, authentication, throttling, request wrapping), which costs
    more than the query of such a route; errors go through the same handler.
    """

    idempotence = "transaction"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method is None or request.method.lower() not in self.http_method_names:
            return http.normaliser(request, HttpResponse(status=405))
        handler = getattr(self, request.method.lower(), None)
        if handler is None:
            refus = http.normaliser(request, HttpResponse(status=405))
            refus["Allow"] = ", ".join(self.allowed_methods)
            return refus
        try:
            return handler(request, *args, **kwargs)
        except Exception as exception:  # the one handler decides what each kind becomes
            return http.gerer(exception)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The methods of this route (DRF's own answer needs a DRF request)."""
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})


def corps_json(request: HttpRequest) -> dict[str, Any]:
    """The body of a plain request as a JSON object. Raises `DonneesInvalides` or `JsonRefuse`."""
    valeur = jsons.lire(request.body)
    if not isinstance(valeur, dict):
        raise DonneesInvalides(champs={"corps": "un objet JSON est attendu"})
    return valeur


def valider(classe: type[BaseSerializer], request: Request | HttpRequest | Mapping[str, Any], **kwargs: Any) -> Any:
    """Validated data of a request's body (or of a mapping such as `request.GET`), by a serializer.

    In query parameters an empty value counts as absent, and the last of a repeated name wins. Raises
    `DonneesInvalides` that names each wrong field. Writes nothing.
    """
    if isinstance(request, Request):
        donnees = request.data
    elif isinstance(request, HttpRequest):
        donnees = corps_json(request)
    elif isinstance(request, QueryDict):
        # Otherwise DRF reads it as an HTML form, where a missing boolean is False whatever its default.
        donnees = {nom: valeur for nom, valeur in request.dict().items() if valeur != ""}
    else:
        donnees = request
    if not isinstance(donnees, Mapping):
        raise DonneesInvalides(champs={"corps": "un objet JSON est attendu"})
    serializer = classe(data=donnees, **kwargs)
    if not serializer.is_valid():
        raise DonneesInvalides(champs=http.aplatir(serializer.errors))
    return serializer.validated_data


def repondre(donnees: Any, statut: int = 200, entetes: Mapping[str, str] | None = None) -> HttpResponse:
    """JSON answer with exact money."""
    return HttpResponse(jsons.ecrire(donnees), status=statut, content_type="application/json", headers=entetes)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: `page` from 1, `taille` rows, `debut` the offset of its first row."""

    page: int
    taille: int

    @property
    def debut(self) -> int:
        return (self.page - 1) * self.taille


def page_demandee(request: HttpRequest | Request) -> Page:
    """`?page=&page_size=` (default 50, at most 200). Raises `DonneesInvalides` naming the parameter."""
    parametres = request.GET
    return Page(
        entier(parametres.get("page"), "page", defaut=1, maximum=PAGE_MAX),
        entier(parametres.get("page_size"), "page_size", defaut=PAGE_SIZE_DEFAUT, maximum=PAGE_SIZE_MAX),
    )


def entier(brut: str | None, champ: str, *, defaut: int, minimum: int = 1, maximum: int) -> int:
    """A whole-number query parameter within bounds. Raises `DonneesInvalides`."""
    if brut is None or brut == "":
        return defaut
    if not (brut.isascii() and brut.isdigit() and len(brut) <= 10 and minimum <= int(brut) <= maximum):
        raise DonneesInvalides(champs={champ: f"un entier de {minimum} à {maximum} est attendu"})
    return int(brut)


def exiger_jeton_interne(request: HttpRequest | Request) -> None:
    """Raises `JetonRequis` unless the caller holds the platform's internal token (constant-time comparison)."""
    recu = request.headers.get("X-Internal-Token", "")
    if not hmac.compare_digest(recu.encode(), settings.SOCLE["jeton_interne"].encode()):
        raise JetonRequis
