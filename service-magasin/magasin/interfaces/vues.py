"""Pages of the stores."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from magasin.interfaces.acces import VuePage


class IndicateursView(VuePage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "magasin/indicateurs.html", {"rubrique": "indicateurs"})
