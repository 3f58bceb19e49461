"""Screenshots of the console for docs/captures: `python -m tests.navigateur.captures_console`, on a running platform.

It makes sagas succeed, fail, wait and be compared first, so that the pages show what they are for.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import FloatRect, Page

from local.plateforme import Plateforme
from tests.commun import lettres
from tests.commun.monde import CAFE, CLAVIER, Monde, attendre
from tests.navigateur import chromium
from tests.navigateur.captures import ADA, DOSSIER
from tests.navigateur.conftest import BUREAU, TELEPHONE, se_connecter
from tests.navigateur.test_console import LIBERATION_IMPOSSIBLE, REPLIQUES, VENTE_REFUSEE

HAUTEUR_MAX = 1100
"""Pixels of a picture: what one sees first of a long page."""


def _checkout(monde: Monde, style: str, produit: str = CAFE, quantite: int = 1) -> str:
    monde.remplir(ADA, [(produit, quantite)])
    recu = monde.checkout(ADA) if style == "orchestre" else monde.checkout_choreo(ADA)
    return str(recu.corps["checkout_id"])


def preparer(monde: Monde) -> dict[str, str]:
    """An eventful quarter of an hour; the addresses of the pages about one saga of it."""
    reussies = [(_checkout(monde, "choreo"), _checkout(monde, "orchestre")) for _ in range(6)]
    _checkout(monde, "choreo", CLAVIER, 2)
    for replique in REPLIQUES:
        monde.fautes(replique, VENTE_REFUSEE)
    annulee = _checkout(monde, "orchestre", CLAVIER)
    for replique in REPLIQUES:
        monde.fautes(replique, VENTE_REFUSEE, LIBERATION_IMPOSSIBLE)
    corps = {"client_id": ADA, "lignes": [{"produit_id": CLAVIER, "quantite": 1}]}
    bloquee = monde.exiger("POST", "/api/saga/commandes/", corps, statut=202, entetes={"Prefer": "respond-async"})[
        "saga_id"
    ]
    attendre(lambda: monde.saga(bloquee)["etat_actuel"] == "COMPENSATION_EN_COURS", "la compensation", 20)
    choreo = _checkout(monde, "choreo")
    attendre(lambda: len(monde.rejeu(choreo).get("events", [])) == 4, "la chorégraphie")
    cause = monde.rejeu(choreo)["events"][-1]
    champs = {"id": cause["id"], "type": cause["type"], "payload": "{}"}
    lettres.deposer(monde, "workers", champs=champs, cle=choreo)
    return {
        "console": "/console/",
        "console-saga": f"/console/sagas/{bloquee}/",
        "console-compensee": f"/console/sagas/{annulee}/",
        "console-lettre-morte": f"/console/sagas/{choreo}/",
        "console-cote-a-cote": "/console/comparer/",
        "console-paire": f"/console/comparer/{reussies[-1][1]}/{reussies[-1][0]}/",
        "console-fautes": "/console/fautes/?programme=saga-1",
        "console-geste": f"/console/sagas/{bloquee}/reprendre/",
        "console-registre": "/console/registre/",
    }


def _photographier(page: Page, chemin: Path) -> None:
    hauteur = page.evaluate("document.documentElement.scrollHeight")
    cadre = FloatRect(x=0, y=0, width=BUREAU["width"], height=min(hauteur, HAUTEUR_MAX))
    page.screenshot(path=chemin, full_page=True, clip=cadre)


def photographier(monde: Monde, dossier: Path = DOSSIER) -> None:
    """One picture per page, desktop; the list and a saga on a phone."""
    chemin = chromium.obtenir()
    if chemin is None:
        sys.exit(chromium.ABSENT)
    pages = preparer(monde)
    dossier.mkdir(parents=True, exist_ok=True)
    try:
        with chromium.lancer(chemin) as fenetres:
            bureau = fenetres.new_context(base_url=monde.plateforme.urls["magasin"], locale="fr-CA", viewport=BUREAU)
            page = bureau.new_page()
            se_connecter(page, "operateur", monde)
            for nom, adresse in pages.items():
                page.goto(adresse)
                page.wait_for_load_state("networkidle")
                _photographier(page, dossier / f"{nom}.png")
                if nom == "console-compensee":
                    page.locator("body > header").evaluate("tete => tete.style.position = 'static'")
                    page.locator("#sequence").screenshot(path=dossier / "console-sequence.png")
                if nom == "console-geste":
                    page.get_by_label("Motif").fill("Le stock répond de nouveau.")
                    page.get_by_role("button", name="Confirmer").click()
            mobile = fenetres.new_context(
                base_url=monde.plateforme.urls["magasin"], locale="fr-CA", viewport=TELEPHONE,
                storage_state=bureau.storage_state(),
            )  # fmt: skip
            page = mobile.new_page()
            for nom in ("console", "console-saga"):
                page.goto(pages[nom])
                page.screenshot(path=dossier / f"{nom}-telephone.png")
    finally:
        for replique in REPLIQUES:
            monde.fautes(replique)
        lettres.vider(monde)


if __name__ == "__main__":
    photographier(Monde(Plateforme()))
