"""The dashboard and the consolidated report."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from magasin import bootstrap
from magasin.application.tableau_de_bord import consolider, tableau
from magasin.interfaces.acces import VuePage
from magasin.interfaces.rendu import lectures, page

PERIODES = (1, 7, 30, 90)
JOURS = 7


class IndicateursView(VuePage):
    """Two calls: the indicators of every magasin, and the requests that wait."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return page(request, "magasin/indicateurs.html", "indicateurs", _indicateurs(_jours(request)))


class RapportConsolideView(VuePage):
    """One call."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return page(request, "magasin/rapport.html", "rapport", _rapport(_jours(request)))


def _jours(request: HttpRequest) -> int:
    texte = request.GET.get("jours", "")
    return int(texte) if texte.isdecimal() and int(texte) in PERIODES else JOURS


def _indicateurs(jours: int) -> dict[str, Any]:
    with lectures() as lues:
        indicateurs = lues.tenter("Indicateurs", lambda: tableau(bootstrap.commandes.indicateurs(jours)))
        demandes = lues.tenter("Demandes en attente", bootstrap.supply_chain.demandes_en_attente)
    return {
        "tableau": indicateurs,
        "demandes": None if demandes is None else len(demandes),
        "jours": jours,
        "periodes": PERIODES,
        "pannes": lues.pannes,
    }


def _rapport(jours: int) -> dict[str, Any]:
    with lectures() as lues:
        rapport = lues.tenter("Rapport", lambda: consolider(bootstrap.commandes.rapport_consolide(jours)))
    return {"rapport": rapport, "jours": jours, "periodes": PERIODES, "pannes": lues.pannes}
