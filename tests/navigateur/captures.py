"""Screenshots of the main pages for docs/captures: `python -m tests.navigateur.captures`, on the platform that runs.

It buys, asks and decides a little first, so that the pages show what they show on a working day.
"""

from __future__ import annotations

import sys
from pathlib import Path

from local.lieux import RACINE
from local.plateforme import Plateforme
from tests.commun.monde import CAFE, CLAVIER, JEAN, MAGASIN_CENTRAL, MAGASIN_NORD, SOURIS, Monde, nouvel_id
from tests.navigateur import chromium
from tests.navigateur.conftest import BUREAU, TELEPHONE, se_connecter

DOSSIER = RACINE / "docs" / "captures"
ADA = "12345678-1234-1234-1234-123456789012"


def preparer(monde: Monde) -> dict[str, str]:
    """A week-end's business; the addresses of the pages that are about one thing of it."""
    for magasin, produit, quantite in ((MAGASIN_CENTRAL, CLAVIER, 3), (MAGASIN_NORD, SOURIS, 4)):
        corps = {"magasin_id": magasin, "client_id": JEAN, "produit_id": produit, "quantite": quantite}
        monde.exiger("POST", "/api/commandes/ventes-ddd/enregistrer/", corps, statut=201)
    demandes = []
    for produit, quantite in ((CLAVIER, 12), (SOURIS, 120)):
        corps = {"produit_id": produit, "magasin_id": MAGASIN_NORD, "quantite": quantite}
        demandes.append(monde.exiger("POST", "/api/inventaire/demandes/", corps, statut=201)["id"])
    validee = monde.exiger("POST", f"/api/supply-chain/valider-demande/{demandes[0]}/")
    panier = f"/api/ecommerce/panier/clients/{ADA}/panier/"
    checkouts = {}
    for style, route in (("orchestre", "checkout/"), ("choreo", "checkout/choreo/")):
        monde.exiger("POST", panier, {"produit_id": CLAVIER, "quantite": 1}, statut=201)
        monde.exiger("POST", panier, {"produit_id": CAFE, "quantite": 2}, statut=201)
        chemin = f"/api/commandes/clients/{ADA}/{route}"
        recu = monde.appeler("POST", chemin, {}, entetes={"Idempotency-Key": nouvel_id()}).corps
        checkouts[style] = recu["checkout_id"]
    monde.exiger("POST", panier, {"produit_id": CLAVIER, "quantite": 1}, statut=201)
    monde.exiger("POST", panier, {"produit_id": CAFE, "quantite": 3}, statut=201)
    return {
        "indicateurs": "/",
        "rapport": "/rapport-consolide/",
        "vente": "/ventes/ajouter/",
        "stocks": f"/stocks/?magasin_id={MAGASIN_NORD}",
        "catalogue": "/produits/",
        "produit": f"/produits/modifier/{CLAVIER}/",
        "demandes": "/demandes/",
        "validation": f"/demandes/workflows/{validee['workflow_id']}/",
        "boutique": f"/boutique/{ADA}/",
        "suivi": f"/boutique/{ADA}/suivi/{checkouts['choreo']}/",
        "connexion": "/connexion/",
    }


def photographier(monde: Monde, dossier: Path = DOSSIER) -> None:
    """One picture per page, desktop; the shop on a phone; the dashboard in the dark."""
    pages = preparer(monde)
    dossier.mkdir(parents=True, exist_ok=True)
    chemin = chromium.obtenir()
    if chemin is None:
        sys.exit(chromium.ABSENT)
    racine = monde.plateforme.urls["magasin"]
    with chromium.lancer(chemin) as fenetres:
        bureau = fenetres.new_context(base_url=racine, locale="fr-CA", viewport=BUREAU)
        page = bureau.new_page()
        page.goto(pages.pop("connexion"))
        page.screenshot(path=dossier / "connexion.png")
        se_connecter(page, "gestionnaire", monde)
        for nom, adresse in pages.items():
            page.goto(adresse)
            page.screenshot(path=dossier / f"{nom}.png", full_page=True)
        page.emulate_media(color_scheme="dark")
        page.goto(pages["indicateurs"])
        page.screenshot(path=dossier / "indicateurs-sombre.png")
        mobile = fenetres.new_context(
            base_url=racine, locale="fr-CA", viewport=TELEPHONE, storage_state=bureau.storage_state()
        )
        page = mobile.new_page()
        page.goto(pages["boutique"])
        page.screenshot(path=dossier / "boutique-telephone.png")


if __name__ == "__main__":
    photographier(Monde(Plateforme()))
