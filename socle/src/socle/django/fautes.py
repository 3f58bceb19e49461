"""`GET/PUT /labo/fautes/`: the fault switches of this program. Lab profile only, internal token."""

from django.http import HttpRequest, HttpResponse

from socle import fautes
from socle.django.vues import VueRapide, corps_json, exiger_jeton_interne, repondre


class Fautes(VueRapide):
    """Read and replace the switches."""

    swagger_schema = None

    def get(self, request: HttpRequest) -> HttpResponse:
        exiger_jeton_interne(request)
        return repondre(fautes.etat())

    def put(self, request: HttpRequest) -> HttpResponse:
        exiger_jeton_interne(request)
        return repondre(fautes.regler(corps_json(request)))
