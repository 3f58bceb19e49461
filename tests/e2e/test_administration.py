"""The Django admins of the laboratory: one account, whose password only the laboratory's own file knows."""

from __future__ import annotations

import pytest
import requests

from tests.commun.monde import Monde


def entrer(monde: Monde, programme: str, mot_de_passe: str) -> requests.Response:
    """Fill the login form in as a browser does."""
    adresse = f"{monde.plateforme.urls[programme]}/admin/login/?next=/admin/"
    with requests.Session() as navigateur:
        navigateur.trust_env = False
        navigateur.get(adresse, timeout=10)
        (jeton,) = [valeur for nom, valeur in navigateur.cookies.items() if nom.startswith("csrf_")]
        formulaire = {"username": "labo", "password": mot_de_passe, "csrfmiddlewaretoken": jeton}
        return navigateur.post(adresse, data=formulaire, timeout=10, headers={"Referer": adresse})


@pytest.mark.parametrize("programme", ["catalogue-2", "inventaire", "commandes", "ecommerce", "saga-1"])
def test_the_account_of_the_laboratory_opens_the_admin(programme: str, monde: Monde) -> None:
    secrets = monde.plateforme.secrets
    page = entrer(monde, programme, secrets["ADMIN_MOT_DE_PASSE"])
    assert (page.status_code, page.url) == (200, f"{monde.plateforme.urls[programme]}/admin/")
    assert "labo" in page.text
    for faux in ("labo", "admin", secrets["INTERNAL_TOKEN"]):
        assert entrer(monde, programme, faux).url.endswith("/admin/login/?next=/admin/")
