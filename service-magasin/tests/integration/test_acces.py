"""Sign-in, roles, error pages and the routes that programs read."""

import json
from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from pydantic import SecretStr

from magasin.infrastructure import amorce
from magasin.interfaces import acces
from magasin.settings import CONFIG

Connecter = Callable[..., Client]


def test_a_visitor_signs_in_and_comes_back_to_the_page_he_asked_for(connecter: Connecter) -> None:
    User.objects.create_user("ana", password="un-mot-de-passe")
    User.objects.get(username="ana").groups.add(Group.objects.create(name="lecteur"))
    navigateur = connecter(csrf=True)
    detour = navigateur.get("/indicateurs/")
    assert (detour.status_code, detour["Location"]) == (302, "/connexion/?next=/indicateurs/")
    page = navigateur.get(detour["Location"])
    jeton = page.context["csrf_token"]
    saisie = {"username": "ana", "password": "faux", "next": "/indicateurs/", "csrfmiddlewaretoken": str(jeton)}
    refus = navigateur.post("/connexion/", saisie)
    assert refus.status_code == 200
    assert 'role="alert"' in refus.content.decode()
    entree = navigateur.post("/connexion/", saisie | {"password": "un-mot-de-passe"})
    assert (entree.status_code, entree["Location"]) == (302, "/indicateurs/")
    assert navigateur.get("/indicateurs/").status_code == 200


def test_a_fragment_whose_reader_is_not_signed_in_any_more_takes_its_whole_page_to_the_sign_in(
    connecter: Connecter,
) -> None:
    reponse = connecter().get("/indicateurs/", headers={"HX-Request": "true"})
    assert (reponse.status_code, reponse["HX-Redirect"]) == (200, "/connexion/?next=/indicateurs/")
    assert reponse.content == b""


def test_without_its_csrf_token_a_post_changes_nothing(connecter: Connecter) -> None:
    navigateur = connecter("gestionnaire", csrf=True)
    reponse = navigateur.post("/deconnexion/")
    assert reponse.status_code == 403
    assert "Formulaire expiré" in reponse.content.decode()
    assert navigateur.get("/indicateurs/").status_code == 200  # still signed in


@pytest.mark.parametrize(("publique", "statut"), [(True, 200), (False, 302)])
def test_whether_one_may_look_without_an_account_is_a_setting(
    connecter: Connecter, publique: bool, statut: int
) -> None:
    with patch.object(acces, "CONFIG", CONFIG.model_copy(update={"lecture_publique": publique})):
        assert connecter().get("/indicateurs/").status_code == statut


@pytest.mark.django_db
def test_the_accounts_of_the_environment_are_made_once_each_with_its_role() -> None:
    comptes = {"lecteur": SecretStr("premier-mot-de-passe"), "gestionnaire": SecretStr("autre-mot-de-passe")}
    with patch.object(amorce, "CONFIG", CONFIG.model_copy(update={"comptes": comptes})):
        amorce.charger()
        amorce.charger()
    lus = {compte.username: [g.name for g in compte.groups.all()] for compte in User.objects.all()}
    assert lus == {"lecteur": ["lecteur"], "gestionnaire": ["gestionnaire"]}
    assert User.objects.get(username="gestionnaire").check_password("autre-mot-de-passe")
    assert set(Group.objects.values_list("name", flat=True)) == {"lecteur", "operateur", "gestionnaire"}


@pytest.mark.django_db
def test_migrations_say_all_the_models_say() -> None:
    call_command("makemigrations", "magasin", check=True, dry_run=True, verbosity=0)


def test_errors_are_pages_for_people_and_json_for_programs(connecter: Connecter) -> None:
    page = connecter("lecteur").get("/nulle-part/")
    assert page.status_code == 404
    assert page["Content-Type"].startswith("text/html")
    assert page["X-Correlation-ID"] in page.content.decode()
    sante = connecter().post("/health/live")
    assert (sante.status_code, json.loads(sante.content)["code"]) == (405, "methode_non_autorisee")


def test_a_database_that_does_not_answer_is_a_page_and_a_503(connecter: Connecter) -> None:
    navigateur = connecter("lecteur")
    with patch.object(acces, "role_de", side_effect=OperationalError("server closed the connection")):
        page = navigateur.get("/indicateurs/")
    assert page.status_code == 503
    assert "La base de données ne répond pas." in page.content.decode()


def test_health_metrics_and_static_files_are_served_by_the_program_itself(connecter: Connecter) -> None:
    visiteur = connecter()
    for chemin in ("/health/", "/health/live", "/health/ready"):
        assert visiteur.get(chemin).json()["status"] == "healthy"
    assert b"http_requests_total" in visiteur.get("/metrics").content
    assert visiteur.get("/static/magasin/htmx.min.js").status_code == 200
    assert visiteur.get("/static/magasin/magasin.css").status_code == 200


def test_no_page_asks_anything_of_another_host(connecter: Connecter) -> None:
    page = connecter("lecteur").get("/indicateurs/")
    assert page["Content-Security-Policy"].startswith("default-src 'self'")
    assert "http://" not in page.content.decode().replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page.content.decode()
