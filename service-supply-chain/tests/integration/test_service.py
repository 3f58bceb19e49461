"""Listing, rejecting, reading workflows; documentation, metrics, admin."""

import json
import uuid

import pytest
from django.test import Client

from tests.integration.conftest import BASE, lire, poster, sql, valider
from tests.voisins import Voisins, deposer


def test_the_pending_requests_say_what_their_quantities_mean(client: Client, voisins: Voisins) -> None:
    for quantite in (1, 100, 101, 1000, 1001, 1_500_000):
        deposer(voisins, quantite)
    deposer(voisins, statut="Refusée")
    corps = lire(client, "demandes-en-attente/")
    assert (corps["success"], corps["use_case"], corps["count"], corps["total"]) == (
        True, "ListerDemandesUseCase", 6, 6,
    )  # fmt: skip
    lus = [
        (d["est_quantite_importante"], d["est_quantite_critique"], d["quantite_formatee"]) for d in corps["demandes"]
    ]
    assert lus == [
        (False, False, "1 unité"),
        (False, False, "100 unités"),
        (True, False, "101 unités"),
        (True, False, "1\u00a0000 unités"),
        (True, True, "1\u00a0001 unités"),
        (True, True, "1\u00a0500\u00a0000 unités"),
    ]
    assert corps["demandes"][0]["nom_produit"] == "Clavier"
    page = lire(client, "demandes-en-attente/?page=2&page_size=4")
    assert (page["count"], page["total"], page["page"], page["page_size"]) == (2, 6, 2, 4)


@pytest.mark.parametrize(("methode", "chemin"), [("GET", "demandes-en-attente/"), ("POST", "rejeter-demande/{}/")])
def test_inventaire_down_is_a_503(client: Client, voisins: Voisins, methode: str, chemin: str) -> None:
    demande = deposer(voisins)
    voisins.eteints = {"inventaire"}
    corps = json.dumps({"motif": "Fin de série"})
    reponse = client.generic(methode, BASE + chemin.format(demande), corps, content_type="application/json")
    assert (reponse.status_code, reponse.json()["error"]) == (503, "Service externe indisponible")
    assert reponse["Retry-After"] == "2"
    assert voisins.demandes[demande]["statut"] == "En attente"


def test_a_rejection_keeps_its_reason(client: Client, voisins: Voisins) -> None:
    demande = deposer(voisins)
    reponse = poster(client, f"rejeter-demande/{demande}/", {"motif": "  L'hiver est fini.  "})
    assert (reponse.status_code, reponse.json()["motif"]) == (200, "L'hiver est fini.")
    assert voisins.demandes[demande]["statut"] == "Refusée"
    assert voisins.demandes[demande]["motif"] == "L'hiver est fini."
    encore = poster(client, f"rejeter-demande/{demande}/", {"motif": "Autre raison"})
    assert (encore.status_code, encore.json()["error"]) == (400, "Demande déjà traitée")
    inconnue = poster(client, f"rejeter-demande/{uuid.uuid4()}/", {"motif": "Fin de série"})
    assert (inconnue.status_code, inconnue.json()["error"]) == (404, "La demande n'existe pas")


@pytest.mark.parametrize(
    "corps", [{}, {"motif": "abcd"}, {"motif": "12345 !"}, {"motif": "a" * 501}, {"motif": 12345}, {"motif": None}]
)
def test_F43_a_reason_that_says_nothing_is_refused_and_named(
    client: Client, voisins: Voisins, corps: dict[str, object]
) -> None:
    demande = deposer(voisins)
    reponse = poster(client, f"rejeter-demande/{demande}/", corps)
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, ["motif"])
    assert voisins.appels == []


@pytest.mark.parametrize("longueur", [5, 500])
def test_the_bounds_of_a_reason_are_inside(client: Client, voisins: Voisins, longueur: int) -> None:
    reponse = poster(client, f"rejeter-demande/{deposer(voisins)}/", {"motif": "é" * longueur})
    assert reponse.status_code == 200


def test_F12_a_rejection_whose_answer_was_lost_is_asked_again_under_its_key(client: Client, voisins: Voisins) -> None:
    voisins.regles["rejeter"] = [("panne", 502), ("normale",)]
    entetes = {"Idempotency-Key": "k-1"}
    demande = deposer(voisins)
    premiere = poster(client, f"rejeter-demande/{demande}/", {"motif": "Fin de série"}, **entetes)
    assert premiere.status_code == 200
    cles = [appel[2]["Idempotency-Key"] for appel in voisins.appels]
    assert len(cles) == 2
    assert len(set(cles)) == 1
    assert poster(client, f"rejeter-demande/{demande}/", {"motif": "Fin de série"}, **entetes).content == (
        premiere.content
    )
    assert len(voisins.appels) == 2
    autre = poster(client, f"rejeter-demande/{demande}/", {"motif": "Autre raison"}, **entetes)
    assert autre.status_code == 422


def test_workflows_are_listed_and_filtered(client: Client, voisins: Voisins) -> None:
    demandes = [deposer(voisins, quantite) for quantite in (1, 2, 1000)]
    for demande in demandes:
        valider(client, demande)
    corps = lire(client, "workflows/?page=1&page_size=2")
    assert ([w["demande_id"] for w in corps["workflows"]], corps["total"]) == (demandes[:0:-1], 3)
    annules = lire(client, "workflows/?etat=VALIDATION_ANNULEE")["workflows"]
    assert [(w["demande_id"], w["rollback_effectue"], w["quantite"]) for w in annules] == [(demandes[2], True, 1000)]
    assert "insuffisant" in annules[0]["details_erreur"]
    assert client.get(f"{BASE}workflows/?etat=PERDU").status_code == 400
    assert client.get(f"{BASE}workflows/?page_size=201").status_code == 400
    assert client.get(f"{BASE}workflows/{uuid.uuid4()}/").json()["code"] == "workflow_inexistant"


def test_the_documentation_describes_every_route_with_examples(client: Client) -> None:
    from socle.django.documentation import verifier

    document = json.loads(client.get(f"{BASE}swagger.json").content)
    assert verifier() == []
    for chemin, methodes in document["paths"].items():
        for methode, description in methodes.items():
            if methode != "parameters":
                assert all(r.get("examples") for r in description["responses"].values()), (chemin, methode)


def test_the_admin_shows_workflows_and_changes_nothing(client: Client, voisins: Voisins, admin_client: Client) -> None:
    workflow = valider(client, deposer(voisins)).json()["workflow_id"]
    fiche = admin_client.get(f"/admin/supply_chain/workflowvalidation/{workflow}/change/")
    assert "STOCK_LOCAL_AJOUTE_SUCCES" in fiche.content.decode()
    assert admin_client.get("/admin/supply_chain/workflowvalidation/add/").status_code == 403
    assert sql("SELECT count(*) FROM workflows_validation") == [(1,)]
