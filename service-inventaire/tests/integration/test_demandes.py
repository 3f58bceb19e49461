"""Replenishment requests, from the need to the units moved."""

from collections.abc import Callable
from concurrent.futures import Future

import pytest
from django.db import connection, transaction

from tests.integration.conftest import (
    CENTRAL,
    CLAVIER,
    EN_LIGNE,
    INCONNU,
    INTERNE,
    NORD,
    SOURIS,
    Api,
    attendre_blocages,
    compter,
    ref,
    stock,
)

Fils = Callable[..., Future]


def besoin(produit: str = CLAVIER, magasin: str = NORD, quantite: int = 10) -> dict[str, object]:
    return {"produit_id": produit, "magasin_id": magasin, "quantite": quantite}


@pytest.fixture
def demande(api: Api) -> str:
    return api("POST", "demandes/", besoin()).json()["id"]


def statut(api: Api, demande: str) -> str:
    return api.get(f"demandes/{demande}/").json()["statut"]


def test_a_request_is_pending_and_moves_nothing(api: Api) -> None:
    reponse = api("POST", "demandes/", besoin())
    corps = reponse.json()
    assert reponse.status_code == 201
    assert {nom: corps[nom] for nom in corps if nom not in ("id", "date_creation", "date_modification")} == {
        "success": True,
        **besoin(),
        "statut": "En attente",
        "motif": "",
        "workflow_id": None,
        "nom_produit": "Clavier mécanique",
        "nom_magasin": "Magasin Nord",
    }
    assert corps["date_creation"].endswith("+00:00")
    assert api.get(f"demandes/{corps['id']}/").json() == corps
    assert (stock(CLAVIER, None), stock(CLAVIER, NORD)) == (100, None)


def test_a_request_over_the_central_stock_is_refused(api: Api) -> None:
    reponse = api("POST", "demandes/", besoin(quantite=101))
    assert (reponse.status_code, reponse.json()["error"]) == (400, "Stock insuffisant")
    assert compter("demandes_reapprovisionnement") == 0


def test_a_second_pending_request_is_refused_and_one_for_elsewhere_is_not(api: Api, demande: str) -> None:
    reponse = api("POST", "demandes/", besoin(quantite=1))
    assert (reponse.status_code, reponse.json()["code"]) == (400, "demande_deja_en_attente")
    assert "déjà en attente" in reponse.json()["error"]
    assert api("POST", "demandes/", besoin(magasin=CENTRAL)).status_code == 201
    assert api("POST", "demandes/", besoin(produit=SOURIS)).status_code == 201
    assert compter("demandes_reapprovisionnement") == 3


def test_two_requests_at_once_leave_one_pending(api: Api, fils: Fils) -> None:
    with transaction.atomic():
        assert api("POST", "demandes/", besoin()).status_code == 201
        jumelle = fils(lambda: Api()("POST", "demandes/", besoin()))
        attendre_blocages(1)
    assert jumelle.result(10).json()["code"] == "demande_deja_en_attente"
    assert compter("demandes_reapprovisionnement") == 1


def test_the_same_idempotency_key_gives_the_same_request(api: Api) -> None:
    premiere, seconde = (api("POST", "demandes/", besoin(), **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (seconde.status_code, seconde.content) == (201, premiere.content)
    assert compter("demandes_reapprovisionnement") == 1


@pytest.mark.parametrize(
    ("corps", "champ"),
    [
        ({}, "produit_id"),
        (besoin(quantite=0), "quantite"),
        ({**besoin(), "quantite": "3"}, "quantite"),
        (besoin(produit="x"), "produit_id"),
        (besoin(magasin="x"), "magasin_id"),
    ],
)
def test_F43_a_malformed_request_is_a_400_that_names_the_field(api: Api, corps: object, champ: str) -> None:
    reponse = api("POST", "demandes/", corps)
    assert reponse.status_code == 400
    assert champ in reponse.json()["champs"]
    assert compter("demandes_reapprovisionnement") == 0


def test_a_request_for_an_unknown_magasin_is_a_404(api: Api) -> None:
    reponse = api("POST", "demandes/", besoin(magasin=INCONNU))
    assert (reponse.status_code, reponse.json()["code"]) == (404, "magasin_inexistant")


def test_lists_are_paged_oldest_first(api: Api, demande: str) -> None:
    autre = api("POST", "demandes/", besoin(produit=SOURIS)).json()["id"]
    ailleurs = api("POST", "demandes/", besoin(magasin=CENTRAL)).json()["id"]
    api("PUT", f"demandes/{autre}/rejeter/", {"motif": "Non"})
    attente = api.get("demandes/en-attente/").json()
    assert ([d["id"] for d in attente["demandes"]], attente["total"]) == ([demande, ailleurs], 2)
    nord = api.get(f"demandes/magasin/{NORD}/?page=2&page_size=1").json()
    assert ([d["id"] for d in nord["demandes"]], nord["total"], nord["page"]) == ([autre], 2, 2)


def test_an_approval_moves_the_units_and_says_so(api: Api, demande: str) -> None:
    reponse = api("PUT", f"demandes/{demande}/approuver/")
    assert (reponse.status_code, reponse.json()["statut"]) == (200, "Approuvée")
    assert (stock(CLAVIER, None), stock(CLAVIER, NORD)) == (90, 10)


def test_two_approvals_at_once_have_one_effect(api: Api, fils: Fils, demande: str) -> None:
    with transaction.atomic():
        assert api("PUT", f"demandes/{demande}/approuver/").status_code == 200
        jumelle = fils(lambda: Api()("PUT", f"demandes/{demande}/approuver/"))
        attendre_blocages(1)
    reponse = jumelle.result(10)
    assert (reponse.status_code, reponse.json()["code"]) == (400, "demande_deja_traitee")
    assert (stock(CLAVIER, None), stock(CLAVIER, NORD)) == (90, 10)


def test_an_approval_racing_a_rejection_waits_and_loses(api: Api, fils: Fils, demande: str) -> None:
    with transaction.atomic():
        api("PUT", f"demandes/{demande}/rejeter/", {"motif": "Non"})
        approbation = fils(lambda: Api()("PUT", f"demandes/{demande}/approuver/"))
        attendre_blocages(1)
    assert approbation.result(10).status_code == 400
    assert (statut(api, demande), stock(CLAVIER, None), stock(CLAVIER, NORD)) == ("Refusée", 100, None)


def test_an_approval_without_enough_central_stock_leaves_the_request_pending(api: Api, demande: str) -> None:
    with connection.cursor() as curseur:
        curseur.execute("UPDATE stock_central SET quantite = 9")
    reponse = api("PUT", f"demandes/{demande}/approuver/")
    assert (reponse.status_code, reponse.json()["code"]) == (400, "stock_insuffisant")
    assert (statut(api, demande), stock(CLAVIER, None), stock(CLAVIER, NORD)) == ("En attente", 9, None)


def test_a_rejection_keeps_its_reason(api: Api, demande: str) -> None:
    reponse = api("PUT", f"demandes/{demande}/rejeter/", {"motif": "  Produit retiré  "})
    assert (reponse.status_code, reponse.json()["statut"], reponse.json()["motif"]) == (
        200,
        "Refusée",
        "Produit retiré",
    )
    assert api.get(f"demandes/{demande}/").json()["motif"] == "Produit retiré"
    assert stock(CLAVIER, None) == 100


@pytest.mark.parametrize("corps", [{}, {"motif": ""}, {"motif": 5}, {"motif": "x" * 501}])
def test_a_rejection_needs_a_reason(api: Api, demande: str, corps: object) -> None:
    reponse = api("PUT", f"demandes/{demande}/rejeter/", corps)
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, ["motif"])
    assert statut(api, demande) == "En attente"


def test_a_rejected_request_makes_room_for_a_new_one(api: Api, demande: str) -> None:
    api("PUT", f"demandes/{demande}/rejeter/", {"motif": "Non"})
    assert api("POST", "demandes/", besoin()).status_code == 201


def test_a_workflow_sets_the_status_and_moves_nothing(api: Api, demande: str) -> None:
    corps = {"statut": "Approuvée", "workflow_id": ref(1)}
    assert api("PUT", f"demandes/{demande}/statut/", corps).status_code == 403
    assert statut(api, demande) == "En attente"
    for _ in range(2):
        reponse = api("PUT", f"demandes/{demande}/statut/", corps, **INTERNE)
        assert (reponse.status_code, reponse.json()["statut"], reponse.json()["workflow_id"]) == (
            200,
            "Approuvée",
            ref(1),
        )
    assert (stock(CLAVIER, None), stock(CLAVIER, NORD)) == (100, None)


def test_a_status_set_by_somebody_else_is_a_409(api: Api, demande: str) -> None:
    api("PUT", f"demandes/{demande}/approuver/")
    corps = {"statut": "Échec validation", "motif": "trop tard", "workflow_id": ref(1)}
    reponse = api("PUT", f"demandes/{demande}/statut/", corps, **INTERNE)
    assert (reponse.status_code, reponse.json()["code"], statut(api, demande)) == (409, "statut_fige", "Approuvée")


@pytest.mark.parametrize(
    ("corps", "champ"),
    [
        ({"statut": "En attente", "workflow_id": ref(1)}, "statut"),
        ({"statut": "Autre", "workflow_id": ref(1)}, "statut"),
        ({"statut": "Refusée"}, "workflow_id"),
    ],
)
def test_a_malformed_status_is_a_400(api: Api, demande: str, corps: object, champ: str) -> None:
    reponse = api("PUT", f"demandes/{demande}/statut/", corps, **INTERNE)
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, [champ])
    assert statut(api, demande) == "En attente"


def test_a_pending_request_is_deleted_and_a_decided_one_is_not(api: Api, demande: str) -> None:
    assert api("DELETE", f"demandes/{demande}/supprimer/").json()["demande_id"] == demande
    assert api.get(f"demandes/{demande}/").status_code == 404
    decidee = api("POST", "demandes/", besoin(magasin=EN_LIGNE)).json()["id"]
    api("PUT", f"demandes/{decidee}/approuver/")
    assert api("DELETE", f"demandes/{decidee}/supprimer/").status_code == 400
    assert statut(api, decidee) == "Approuvée"


@pytest.mark.parametrize(
    ("methode", "suite", "corps"),
    [
        ("GET", "", None),
        ("PUT", "approuver/", None),
        ("PUT", "rejeter/", {"motif": "Non"}),
        ("PUT", "statut/", {"statut": "Refusée", "workflow_id": ref(1)}),
        ("DELETE", "supprimer/", None),
    ],
)
def test_an_unknown_request_is_a_404(api: Api, methode: str, suite: str, corps: object) -> None:
    reponse = api(methode, f"demandes/{INCONNU}/{suite}", corps, **INTERNE)
    assert (reponse.status_code, reponse.json()["error"]) == (404, "La demande n'existe pas")
