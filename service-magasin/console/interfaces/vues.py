"""Pages of the console."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from magasin.interfaces.acces import VuePage


class Liste(VuePage):
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "console/liste.html", {"rubrique": "console"})
