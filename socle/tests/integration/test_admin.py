"""The admin has its sessions and its CSRF protection; API requests do not pay for them."""

import json
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

pytestmark = pytest.mark.django_db(transaction=True)

CONNEXION = "/admin/login/?next=/admin/"


@pytest.fixture
def navigateur(client: Client) -> Client:
    """A browser, with the CSRF checks that Django's test client skips by default."""
    User.objects.filter(username="ada").delete()
    User.objects.create_superuser("ada", password="un-mot-de-passe")
    return Client(enforce_csrf_checks=True)


def identifiants(navigateur: Client) -> dict[str, str]:
    page = navigateur.get(CONNEXION)
    assert page.status_code == 200
    return {
        "username": "ada",
        "password": "un-mot-de-passe",
        "csrfmiddlewaretoken": navigateur.cookies["csrf_temoin"].value,
    }


def test_a_superuser_logs_in_and_out(navigateur: Client) -> None:
    assert navigateur.get("/admin/").status_code == 302
    reponse = navigateur.post(CONNEXION, identifiants(navigateur))
    assert (reponse.status_code, reponse["Location"]) == (302, "/admin/")
    accueil = navigateur.get("/admin/")
    assert (accueil.status_code, "ada" in accueil.content.decode()) == (200, True)
    assert accueil["X-Frame-Options"] == "DENY"
    jeton = navigateur.cookies["csrf_temoin"].value
    assert navigateur.post("/admin/logout/", {"csrfmiddlewaretoken": jeton}).status_code == 200
    assert navigateur.get("/admin/").status_code == 302


def test_a_login_without_its_token_is_refused(navigateur: Client) -> None:
    complet = identifiants(navigateur)
    del complet["csrfmiddlewaretoken"]
    assert navigateur.post(CONNEXION, complet).status_code == 403
    assert navigateur.get("/admin/").status_code == 302


def amorcer(compte: tuple[str, str]) -> None:
    with override_settings(SOCLE={**settings.SOCLE, "admin": compte}):
        call_command("amorcer", stdout=StringIO(), verbosity=0)


def test_the_seed_creates_the_account_that_was_asked_for_and_no_other(client: Client) -> None:
    amorcer(("", ""))
    assert User.objects.count() == 0
    amorcer(("labo", "un-mot-de-passe-engendre"))
    compte = User.objects.get()
    assert (compte.username, compte.is_superuser, compte.is_staff, compte.is_active) == ("labo", True, True, True)
    assert client.login(username="labo", password="un-mot-de-passe-engendre")
    amorcer(("labo", "un-mot-de-passe-engendre"))
    assert User.objects.get().password == compte.password


def test_the_password_of_now_counts_and_a_closed_account_is_open_again(client: Client) -> None:
    amorcer(("labo", "le-premier-mot-de-passe"))
    User.objects.update(is_active=False, is_staff=False)
    amorcer(("labo", "le-second-mot-de-passe"))
    assert User.objects.count() == 1
    assert not client.login(username="labo", password="le-premier-mot-de-passe")
    assert client.login(username="labo", password="le-second-mot-de-passe")


def test_cookies_are_named_after_the_service_because_browsers_do_not_tell_ports_apart(navigateur: Client) -> None:
    navigateur.post(CONNEXION, identifiants(navigateur))
    assert set(navigateur.cookies) == {"csrf_temoin", "session_temoin"}


def test_an_api_request_touches_neither_sessions_nor_users_even_with_their_cookies(navigateur: Client) -> None:
    navigateur.post(CONNEXION, identifiants(navigateur))
    with CaptureQueriesContext(connection) as requetes:
        reponse = navigateur.post(
            "/api/temoin/compteur/", json.dumps({"texte": "a", "quantite": 1}), content_type="application/json"
        )
    assert (reponse.status_code, reponse.cookies) == (201, {})
    assert [r["sql"].split()[:2] for r in requetes] == [["UPDATE", "temoin"]]


def test_assets_of_the_admin_are_served(client: Client) -> None:
    assert client.get("/api/temoin/static/admin/css/base.css").status_code == 200
