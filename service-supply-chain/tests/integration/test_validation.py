"""The workflow in one process: what it answers, what it leaves at inventaire and in its own tables."""

import threading
import uuid
from typing import Any

import pytest
from django.test import Client

from socle.tests.concurrence import Fil, attendre_que
from tests.integration.conftest import INTERNE, lire, poster, sql, stocks, valider
from tests.voisins import Voisins, deposer

TROIS = ["prelevement_central", "ajout_local", "fixation_statut"]


def statuts(client: Client, demande: str) -> list[str]:
    (workflow,) = lire(client, f"workflows/?demande_id={demande}")["workflows"]
    etapes = lire(client, f"workflows/{workflow['workflow_id']}/")["etapes"]
    assert [etape["nom"] for etape in etapes] == TROIS
    return [etape["statut"] for etape in etapes]


def test_a_validation_moves_the_units_and_approves_the_request(client: Client, voisins: Voisins) -> None:
    demande = deposer(voisins)
    reponse = valider(client, demande)
    assert reponse.status_code == 200
    corps = reponse.json()
    assert {nom: corps[nom] for nom in ("success", "use_case", "demande_id", "rollback_effectue", "statut")} == {
        "success": True, "use_case": "ValiderDemandeUseCase", "demande_id": demande, "rollback_effectue": False,
        "statut": "Approuvée",
    }  # fmt: skip
    assert corps["etapes_executees"] == [
        "Stock central diminué de 10 : Clavier",
        "Stock local augmenté de 10 : En ligne",
        "Statut de la demande fixé : Approuvée",
    ]
    assert stocks(voisins) == (90, 510)
    assert voisins.demandes[demande]["statut"] == "Approuvée"
    assert voisins.demandes[demande]["workflow_id"] == corps["workflow_id"]
    assert voisins.routes() == ["demande", "reserver", "ajouter", "statut"]
    assert statuts(client, demande) == ["EFFECTUEE"] * 3
    # Every effect carries the workflow's id.
    assert {c[3].get("reference", c[3].get("workflow_id")) for c in voisins.appels[1:]} == {corps["workflow_id"]}


def test_the_tables_hold_the_workflow_and_its_steps(client: Client, voisins: Voisins) -> None:
    demande = deposer(voisins)
    workflow_id = valider(client, demande).json()["workflow_id"]
    assert sql("SELECT demande_id::text, quantite, etat_actuel FROM workflows_validation") == [
        (demande, 10, "VALIDATION_TERMINEE")
    ]
    types = [ligne[0] for ligne in sql("SELECT type FROM etapes_validation ORDER BY numero")]
    assert [t for t in types if t.endswith("_SUCCES")] == [
        "VALIDATION_OUVERTE_SUCCES", "STOCK_CENTRAL_PRELEVE_SUCCES", "STOCK_LOCAL_AJOUTE_SUCCES", "STATUT_FIXE_SUCCES",
        "SAGA_TERMINEE_SUCCES",
    ]  # fmt: skip
    historique = lire(client, f"workflows/{workflow_id}/")["historique"]
    assert [e["type"] for e in historique] == types


def test_a_large_request_is_one_lot_of_several_lines(client: Client, voisins: Voisins) -> None:
    voisins.stock["", voisins.demandes[(demande := deposer(voisins, 25_000))]["produit_id"]] = 30_000
    assert valider(client, demande).status_code == 200
    (prise,) = [appel[3]["lignes"] for appel in voisins.appels if appel[0] == "reserver"]
    assert [ligne["quantite"] for ligne in prise] == [10_000, 10_000, 5_000]
    assert stocks(voisins) == (5_000, 25_500)


def test_a_shortage_undoes_nothing_and_marks_the_request(client: Client, voisins: Voisins) -> None:
    demande = deposer(voisins, 101)
    reponse = valider(client, demande)
    corps = reponse.json()
    assert (reponse.status_code, corps["error"], corps["code"]) == (400, "Stock insuffisant", "stock_insuffisant")
    assert (corps["success"], corps["rollback_effectue"], corps["etapes_executees"]) == (False, True, [])
    assert "insuffisant" in corps["details_erreur"]
    assert stocks(voisins) == (100, 500)
    assert voisins.demandes[demande]["statut"] == "Échec validation"
    assert voisins.routes() == ["demande", "reserver", "statut"]
    assert statuts(client, demande) == ["EN_ECHEC", "NON_EXECUTEE", "NON_EXECUTEE"]
    # F7: asked again, the same refusal, and nothing more is done.
    assert valider(client, demande).content == reponse.content
    assert len(voisins.routes()) == 3


@pytest.mark.parametrize(
    ("route", "defaites", "executees", "etapes"),
    [
        ("ajouter", ["liberer", "statut"], 1, ["DEFAITE", "EN_ECHEC", "NON_EXECUTEE"]),
        ("statut", ["retirer", "liberer", "statut"], 2, ["DEFAITE", "DEFAITE", "EN_ECHEC"]),
    ],
)
def test_a_refused_step_is_undone_in_reverse(
    client: Client, voisins: Voisins, route: str, defaites: list[str], executees: int, etapes: list[str]
) -> None:
    voisins.regles[route] = [("refus", 400, "non")]
    demande = deposer(voisins)
    reponse = valider(client, demande)
    corps = reponse.json()
    assert (reponse.status_code, corps["error"]) == (400, "Échec de la validation")
    assert (corps["rollback_effectue"], corps["details_erreur"], corps["statut"]) == (True, "non", "Échec validation")
    assert len(corps["etapes_executees"]) == executees
    assert voisins.routes()[-len(defaites) :] == defaites
    assert stocks(voisins) == (100, 500)
    assert voisins.demandes[demande]["statut"] == "Échec validation"
    assert statuts(client, demande) == etapes


@pytest.mark.parametrize("route", ["reserver", "ajouter", "statut"])
def test_F12_an_answer_that_was_lost_is_asked_again_with_one_effect(
    client: Client, voisins: Voisins, route: str
) -> None:
    voisins.regles[route] = [("perdue",), ("perdue",)]
    demande = deposer(voisins)
    assert valider(client, demande).status_code == 200
    assert voisins.routes().count(route) == 3
    assert stocks(voisins) == (90, 510)


def test_F23_a_neighbour_down_in_the_middle_is_undone_and_said(client: Client, voisins: Voisins) -> None:
    voisins.regles["ajouter"] = [("panne", 503)] * 4
    demande = deposer(voisins)
    reponse = valider(client, demande)
    corps = reponse.json()
    assert (reponse.status_code, reponse["Retry-After"]) == (503, "2")
    assert (corps["error"], corps["rollback_effectue"]) == ("Service externe indisponible", True)
    assert stocks(voisins) == (100, 500)
    assert voisins.demandes[demande]["statut"] == "Échec validation"
    # A 5xx is not an answer to keep: who asks again is told what became of the request.
    encore = valider(client, demande)
    assert (encore.status_code, encore.json()["error"]) == (400, "Demande déjà traitée")
    assert "Échec validation" in encore.json()["details"]


@pytest.mark.parametrize("cle", ["", "k-1"])
def test_inventaire_down_at_the_start_is_a_503_that_begins_nothing(client: Client, voisins: Voisins, cle: str) -> None:
    demande = deposer(voisins)
    voisins.eteints = {"inventaire"}
    entetes = {"Idempotency-Key": cle} if cle else {}
    reponse = valider(client, demande, **entetes)
    assert (reponse.status_code, reponse.json()["code"]) == (503, "service_indisponible")
    assert sql("SELECT count(*) FROM workflows_validation") == [(0,)]
    voisins.eteints = set()
    attendre_que(lambda: valider(client, demande, **entetes).status_code == 200)
    assert stocks(voisins) == (90, 510)


def test_an_unknown_or_decided_request_begins_nothing(client: Client, voisins: Voisins) -> None:
    inconnue = valider(client, str(uuid.uuid4()))
    assert (inconnue.status_code, inconnue.json()["error"]) == (404, "La demande n'existe pas")
    traitee = valider(client, deposer(voisins, statut="Refusée"))
    assert (traitee.status_code, traitee.json()["code"]) == (400, "demande_deja_traitee")
    assert sql("SELECT count(*) FROM workflows_validation") == [(0,)]
    assert set(voisins.routes()) == {"demande"}


def test_another_decision_meanwhile_is_kept_and_the_stock_is_given_back(client: Client, voisins: Voisins) -> None:
    demande = deposer(voisins)
    entree, sortie = threading.Event(), threading.Event()
    voisins.regles["statut"] = [("barriere", entree, sortie)]
    envoi = Fil(lambda: valider(client, demande))
    assert entree.wait(5)
    voisins.demandes[demande]["statut"] = "Refusée"
    sortie.set()
    corps = envoi.resultat().json()
    assert (corps["code"], corps["rollback_effectue"]) == ("statut_fige", True)
    assert voisins.demandes[demande]["statut"] == "Refusée"
    assert stocks(voisins) == (100, 500)


def test_F19_the_same_request_from_everywhere_is_one_workflow(client: Client, voisins: Voisins) -> None:
    demande = deposer(voisins)
    entree, sortie = threading.Event(), threading.Event()
    voisins.regles["ajouter"] = [("barriere", entree, sortie)]
    envois = [Fil(lambda: valider(Client(), demande)) for _ in range(4)]
    assert entree.wait(5)
    sortie.set()
    assert len({envoi.resultat().content for envoi in envois}) == 1
    assert voisins.routes().count("reserver") == 1
    assert stocks(voisins) == (90, 510)


def test_a_key_stands_for_one_request(client: Client, voisins: Voisins) -> None:
    demande, autre = deposer(voisins), deposer(voisins)
    entetes = {"Idempotency-Key": "k-1", "X-Consumer-Username": "magasin-app"}
    premiere = valider(client, demande, **entetes)
    assert valider(client, demande, **entetes).content == premiere.content
    for chemin, corps in ((f"valider-demande/{autre}/", None), (f"valider-demande/{demande}/", {"motif": "autre"})):
        refus = poster(client, chemin, corps, **entetes)
        assert (refus.status_code, refus.json()["code"]) == (422, "cle_reutilisee")
    assert stocks(voisins) == (90, 510)
    # Without a key the request alone counts.
    assert poster(client, f"valider-demande/{demande}/", {"note": 1}).content == premiere.content


@pytest.mark.parametrize("corps", ["{", "[]", "null"])
def test_F43_a_body_that_is_no_object_begins_nothing(client: Client, voisins: Voisins, corps: str) -> None:
    demande = deposer(voisins)
    assert poster(client, f"valider-demande/{demande}/", corps).status_code == 400
    assert voisins.appels == []


def test_F16_a_step_that_cannot_be_undone_waits_for_an_operator_who_ends_it(client: Client, voisins: Voisins) -> None:
    voisins.regles["statut"] = [("refus", 400, "non")]
    voisins.regles["retirer"] = [("refus", 409, "annulation_impossible")] * 4
    demande = deposer(voisins)
    reponse = valider(client, demande)
    assert (reponse.status_code, reponse.json()["statut"]) == (202, "intervention_requise")
    workflow = lire(client, f"workflows/{reponse.json()['workflow_id']}/")
    assert workflow["attend"]["quoi"] == "opérateur (compensation de ajout_local)"
    assert statuts(client, demande) == ["A_DEFAIRE", "A_DEFAIRE", "EN_ECHEC"]
    page = client.get("/metrics").content.decode()
    assert 'stalled_sagas{style="validation"} 1.0' in page
    geste = f"workflows/{workflow['workflow_id']}/reprendre/"
    assert poster(client, geste, {"motif": "réglé"}).status_code == 403
    fait = poster(client, geste, {"motif": "réglé"}, **INTERNE)
    assert (fait.status_code, fait.json()["etat_actuel"]) == (200, "VALIDATION_ANNULEE")
    assert stocks(voisins) == (100, 500)
    assert voisins.demandes[demande]["statut"] == "Échec validation"
    ended: Any = poster(client, geste, {"motif": "encore"}, **INTERNE)
    assert (ended.status_code, ended.json()["code"]) == (400, "action_impossible")
    assert 'stalled_sagas{style="validation"} 0.0' in client.get("/metrics").content.decode()
