"""`GET/PUT /labo/fautes/`: the fault switches of this program. Lab profile only, internal token."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse

from socle import fautes
from socle.django.vues import VueRapide, corps_json, exiger_jeton_interne, repondre
from socle.erreurs import Introuvable


class Fautes(VueRapide):
    """Read and replace the switches; the points met so far by this process are listed as `connus`."""

    swagger_schema = None

    def get(self, request: HttpRequest) -> HttpResponse:
        exiger_jeton_interne(request)
        return repondre(_etat())

    def put(self, request: HttpRequest) -> HttpResponse:
        exiger_jeton_interne(request)
        _tableau().ecrire(fautes.valider(corps_json(request).get("fautes")))
        return repondre(_etat())


def _tableau() -> fautes.Tableau:
    tableau = fautes.tableau()
    if tableau is None:
        raise Introuvable("Les points de faute sont éteints.")
    return tableau


def _etat() -> dict[str, object]:
    return {
        "fautes": [asdict(faute) for faute in _tableau().lire().values()],
        "connus": sorted(fautes.connus),
    }
