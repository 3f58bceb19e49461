"""What every page does around its own content."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from magasin.application.lectures import Lectures
from magasin.interfaces.formulaires import Formulaire
from magasin.settings import CONFIG
from socle.correlation import echeance


@contextmanager
def lectures() -> Iterator[Lectures]:
    """The reads of one page, which share its time."""
    with echeance(CONFIG.page_budget_s):
        yield Lectures()


def page(request: HttpRequest, gabarit: str, rubrique: str, contenu: Mapping[str, Any]) -> HttpResponse:
    """The page; with the status of a form that was refused or unanswered, when it shows one.

    `introuvable` in `contenu`: what the page is about does not exist.
    """
    rejete = next((f for f in contenu.values() if isinstance(f, Formulaire) and f.is_bound and f.errors), None)
    statut = rejete.statut if rejete else 404 if contenu.get("introuvable") else 200
    return render(request, gabarit, {"rubrique": rubrique, **contenu}, status=statut)


def annoncer(request: HttpRequest, formulaire: Formulaire, reussite: str) -> None:
    """For a change that shows no form again: its success, or what stood against it, on the next page."""
    if not formulaire.errors:
        messages.success(request, reussite)
    for textes in formulaire.errors.values():
        for texte in textes:
            messages.error(request, texte)
