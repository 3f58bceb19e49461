"""Errors by meaning: what callers read, and the one mapping to HTTP."""

import json

import django.db
import psycopg2.errors
import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions as drf

from socle import erreurs, jsons
from socle.correlation import contexte
from socle.django import erreurs as http


class StockInsuffisant(erreurs.RefusMetier):
    error = "Stock insuffisant"
    code = "stock_insuffisant"


def test_an_error_says_its_label_where_no_details_are_given() -> None:
    erreur = StockInsuffisant()
    assert (erreur.details, str(erreur), erreur.code) == ("Stock insuffisant", "Stock insuffisant", "stock_insuffisant")
    assert StockInsuffisant(error="Rupture").details == "Rupture"


def test_one_instance_overrides_without_touching_its_class() -> None:
    assert StockInsuffisant("d", error="Autre", code="autre").error == "Autre"
    assert (StockInsuffisant.error, StockInsuffisant.code) == ("Stock insuffisant", "stock_insuffisant")


def test_invalid_data_names_its_fields() -> None:
    erreur = erreurs.DonneesInvalides(champs={"prix": "trop bas", "nom": ["vide", "interdit"]})
    assert erreur.details == ["prix : trop bas", "nom : vide interdit"]
    assert erreur.extra == {"champs": {"prix": "trop bas", "nom": ["vide", "interdit"]}}


def test_the_body_is_the_contracts_with_the_current_correlation_id() -> None:
    with contexte("corr-1"):
        reponse = http.gerer(StockInsuffisant("Il en reste 2.", extra={"saga_id": "s"}))
    assert json.loads(reponse.content) == {
        "success": False,
        "error": "Stock insuffisant",
        "details": "Il en reste 2.",
        "code": "stock_insuffisant",
        "correlation_id": "corr-1",
        "saga_id": "s",
    }


def _de(classe: type[Exception], cause: Exception) -> Exception:
    exception = classe("détail interne")
    exception.__cause__ = cause
    return exception


@pytest.mark.parametrize(
    ("exception", "statut", "code", "gardee"),
    [
        (erreurs.DonneesInvalides("x"), 400, "donnees_invalides", False),
        (jsons.JsonRefuse("x", "a.b"), 400, "json_invalide", False),
        (StockInsuffisant(), 400, "stock_insuffisant", True),
        (erreurs.Introuvable(), 404, "introuvable", True),
        (erreurs.Conflit(), 409, "conflit", True),
        (erreurs.EnCours(), 409, "en_cours", False),
        (erreurs.CleReutilisee(), 422, "cle_reutilisee", True),
        (erreurs.Interdit(), 403, "interdit", True),
        (erreurs.Indisponible(), 503, "service_indisponible", False),
        (erreurs.Erreur("sans statut"), 500, "erreur", False),
        (Http404(), 404, "route_inconnue", True),
        (drf.MethodNotAllowed("GET"), 405, "methode_non_autorisee", True),
        (drf.ValidationError({"a": ["b"]}), 400, "donnees_invalides", False),
        (drf.ParseError(), 400, "parse_error", False),
        (RequestDataTooBig(), 413, "corps_trop_grand", False),
        (SuspiciousOperation(), 400, "donnees_invalides", False),
        (UnreadablePostError("coupé"), 400, "donnees_invalides", False),
        (django.db.OperationalError("détail interne"), 503, "base_indisponible", False),
        (django.db.InterfaceError("détail interne"), 503, "base_indisponible", False),
        (_de(django.db.InternalError, psycopg2.errors.ReadOnlySqlTransaction()), 503, "base_indisponible", False),
        (_de(django.db.OperationalError, psycopg2.errors.DiskFull()), 503, "base_indisponible", False),
        (django.db.DataError("détail interne"), 400, "donnees_invalides", False),
        (_de(django.db.IntegrityError, psycopg2.errors.UniqueViolation()), 409, "conflit", True),
        (_de(django.db.IntegrityError, psycopg2.errors.NotNullViolation()), 500, "erreur_interne", False),
        (ZeroDivisionError("détail interne"), 500, "erreur_interne", False),
    ],
)
def test_each_exception_has_one_status_and_one_code(exception: Exception, statut: int, code: str, gardee: bool) -> None:
    reponse = http.gerer(exception)
    assert (reponse.status_code, json.loads(reponse.content)["code"]) == (statut, code)
    assert reponse.memorisable is gardee
    assert ("Retry-After" in reponse) is (statut == 503 or code == "en_cours")
    assert "détail interne" not in reponse.content.decode()


def test_nested_field_errors_become_paths() -> None:
    assert http.aplatir(
        {"lignes": [{}, {"quantite": ["trop petit", "impair"]}], "nom": ["vide"], "non_field_errors": ["ensemble"]}
    ) == {"lignes[1].quantite": "trop petit impair", "nom": "vide", "corps": "ensemble"}
    assert http.aplatir({"lignes": {2: ["x"]}}) == {"lignes[2]": "x"}
