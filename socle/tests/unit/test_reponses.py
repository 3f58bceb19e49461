"""One shape for every refusal, whatever the framework that sends it."""

import json

import pytest

from socle import erreurs
from socle.correlation import contexte
from socle.jsons import JsonRefuse
from socle.reponses import (
    BaseIndisponible,
    CorpsTropGrand,
    ErreurInterne,
    MethodeInterdite,
    RouteInconnue,
    json_refuse,
    memorisable,
    rendre,
)


@pytest.mark.parametrize(
    ("erreur", "statut", "code", "reessayer", "garde"),
    [
        (erreurs.DonneesInvalides("Non."), 400, "donnees_invalides", None, False),
        (json_refuse(JsonRefuse("illisible")), 400, "json_invalide", None, False),
        (erreurs.RefusMetier("Non."), 400, "refus_metier", None, True),
        (erreurs.Interdit("Non."), 403, "interdit", None, True),
        (erreurs.JetonRequis(), 403, "jeton_interne_requis", None, True),
        (erreurs.Introuvable("Non."), 404, "introuvable", None, True),
        (RouteInconnue("Non."), 404, "route_inconnue", None, True),
        (MethodeInterdite(), 405, "methode_non_autorisee", None, True),
        (erreurs.Conflit("Non."), 409, "conflit", None, True),
        (erreurs.EnCours("Attendez."), 409, "en_cours", "1", False),
        (CorpsTropGrand(), 413, "corps_trop_grand", None, False),
        (erreurs.CleReutilisee("Non."), 422, "cle_reutilisee", None, True),
        (erreurs.Erreur("Personne n'a dit ce que c'est."), 500, "erreur", None, False),
        (ErreurInterne(), 500, "erreur_interne", None, False),
        (erreurs.Indisponible("Plus tard."), 503, "service_indisponible", "2", False),
        (BaseIndisponible("Plus tard."), 503, "base_indisponible", "2", False),
    ],
)
def test_status_body_headers_and_whether_a_key_keeps_it(
    erreur: erreurs.Erreur, statut: int, code: str, reessayer: str | None, garde: bool
) -> None:
    with contexte("corr-5"):
        rendu = rendre(erreur)
    assert (rendu.statut, memorisable(erreur)) == (statut, garde)
    attendus = {"Content-Type": "application/json"} | ({"Retry-After": reessayer} if reessayer else {})
    assert rendu.entetes == attendus
    corps = json.loads(rendu.octets)
    assert {nom: corps[nom] for nom in ("success", "error", "details", "code", "correlation_id")} == {
        "success": False, "error": erreur.error, "details": erreur.details, "code": code, "correlation_id": "corr-5",
    }  # fmt: skip


def test_the_extra_members_are_added_and_a_replayed_refusal_keeps_its_first_correlation_id() -> None:
    erreur = erreurs.Conflit("Non.", extra={"saga_id": "s-1", "correlation_id": "corr-1"})
    with contexte("corr-2"):
        corps = json.loads(rendre(erreur).octets)
    assert (corps["saga_id"], corps["correlation_id"]) == ("s-1", "corr-1")


def test_a_refused_json_names_its_field_or_the_body() -> None:
    assert json_refuse(JsonRefuse("en double", champ="prix")).champs == {"prix": "en double"}
    assert json_refuse(JsonRefuse("illisible")).champs == {"corps": "illisible"}
