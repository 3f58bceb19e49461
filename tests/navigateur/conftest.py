"""A real browser in front of the running platform: one for the session, one clean window per test.

Every window refuses what is not the platform's own, and fails its test when a page asks for it, or complains in the
console: no outside host, no script error, nothing against the Content-Security-Policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect

from local.coffre import variable_compte
from tests.commun.monde import Monde
from tests.navigateur import chromium

ATTENTE_MS = 15_000
BUREAU = {"width": 1280, "height": 900}
TELEPHONE = {"width": 390, "height": 844}

Ouvrir = Callable[..., Page]


@pytest.fixture(scope="session")
def navigateur() -> Iterator[Browser]:
    """Chromium, or every test of this folder ignored with the reason."""
    chemin = chromium.obtenir()
    if chemin is None:
        pytest.skip(chromium.ABSENT)
    expect.set_options(timeout=ATTENTE_MS)
    with chromium.lancer(chemin) as fenetres:
        yield fenetres


@pytest.fixture(scope="session")
def identites(navigateur: Browser, monde: Monde) -> Callable[[str], Any]:
    """The cookies of each role, signed in once through the page."""
    connues: dict[str, Any] = {}

    def _identite(role: str) -> Any:
        if role not in connues:
            contexte = navigateur.new_context(base_url=monde.plateforme.urls["magasin"], locale="fr-CA")
            page = contexte.new_page()
            se_connecter(page, role, monde)
            connues[role] = contexte.storage_state()
            contexte.close()
        return connues[role]

    return _identite


def se_connecter(page: Page, role: str, monde: Monde) -> None:
    """Through the form, with the generated password."""
    page.goto("/connexion/")
    page.get_by_label("Compte").fill(role)
    page.get_by_label("Mot de passe").fill(monde.plateforme.secrets[variable_compte(role)])
    page.locator("main").get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()


@pytest.fixture
def ouvrir(navigateur: Browser, monde: Monde, identites: Callable[[str], Any]) -> Iterator[Ouvrir]:
    """`ouvrir("operateur", taille=TELEPHONE, attendues=("503",))`: a window signed in with a role (none: a visitor).

    `attendues`: what the console may say all the same, such as the status of a page that is meant to fail.
    """
    contextes: list[tuple[BrowserContext, list[str], tuple[str, ...]]] = []
    racine = monde.plateforme.urls["magasin"]

    def _ouvrir(role: str = "", *, taille: Any = None, attendues: tuple[str, ...] = ()) -> Page:
        contexte = navigateur.new_context(
            base_url=racine, locale="fr-CA", viewport=taille or BUREAU,
            storage_state=identites(role) if role else None,
        )  # fmt: skip
        contexte.set_default_timeout(ATTENTE_MS)
        plaintes: list[str] = []

        def filtrer(route: Route) -> None:
            if route.request.url.startswith((racine, "data:")):
                route.continue_()
            else:
                plaintes.append(f"autre hôte : {route.request.url}")
                route.abort()

        def ecouter(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                plaintes.append(message.text)

        contexte.route("**/*", filtrer)
        page = contexte.new_page()
        page.on("console", ecouter)
        page.on("pageerror", lambda erreur: plaintes.append(str(erreur)))
        contextes.append((contexte, plaintes, attendues))
        return page

    yield _ouvrir
    for contexte, _, _ in contextes:
        contexte.close()
    restantes = [p for _, plaintes, attendues in contextes for p in plaintes if not any(a in p for a in attendues)]
    assert restantes == []
