"""Cancelling a sale and getting its stock back, exactly once."""

import threading
from typing import Any
from uuid import uuid4

import pytest

from commandes import bootstrap
from socle.tests.concurrence import Fil, ensemble
from tests.conftest import Api, casser, sql, vente_de_saga
from tests.integration.test_vente_un_produit import vieillir
from tests.voisins import CLAVIER, EN_LIGNE, Voisins


@pytest.fixture
def vente(api: Api) -> str:
    """A sale of two keyboards: its identifier."""
    return str(api.vendre().json()["vente"]["id"])


def stock(voisins: Voisins) -> int:
    return voisins.stock[EN_LIGNE][CLAVIER]


def statut(api: Api, vente: str) -> str:
    return str(api.lire(f"ventes-ddd/{vente}/")["vente"]["statut"])


def test_a_cancellation_gives_the_stock_back_and_says_so(api: Api, voisins: Voisins, vente: str) -> None:
    reponse = api.annuler(vente, {"motif": "erreur de caisse"})
    assert reponse.status_code == 200, reponse.content
    corps = reponse.json()
    lue = api.lire(f"ventes-ddd/{vente}/")["vente"]
    assert {nom: valeur for nom, valeur in corps.items() if nom != "message"} == {
        "success": True,
        "vente_id": vente,
        "statut": "annulee",
        "date_annulation": lue["date_annulation"],
        "motif": "erreur de caisse",
    }
    assert (lue["statut"], lue["motif"], lue["peut_etre_annulee"]) == ("annulee", "erreur de caisse", False)
    assert (stock(voisins), voisins.liberees) == (500, {vente: "LIBEREE"})


@pytest.mark.parametrize("corps", [None, {}, {"motif": None}, {"motif": ""}])
def test_a_reason_is_optional(api: Api, vente: str, corps: Any) -> None:
    reponse = api.annuler(vente, corps)
    assert (reponse.status_code, reponse.json()["motif"]) == (200, "")


def test_a_sale_already_cancelled_is_refused_and_gives_nothing_back(api: Api, voisins: Voisins, vente: str) -> None:
    api.annuler(vente)
    reponse = api.annuler(vente)
    assert (reponse.status_code, reponse.json()["error"]) == (400, "Vente déjà annulée")
    assert (stock(voisins), len(voisins.appels("augmenter-stock"))) == (500, 1)


def test_an_unknown_sale_is_a_404(api: Api, voisins: Voisins) -> None:
    reponse = api.annuler(str(uuid4()))
    assert (reponse.status_code, reponse.json()["error"]) == (404, "Vente introuvable")
    assert voisins.recues == []


def test_a_refunded_sale_is_not_active_any_more(api: Api, voisins: Voisins, vente: str) -> None:
    sql("UPDATE ventes SET statut = 'remboursee'")
    assert api.annuler(vente).status_code == 400
    assert stock(voisins) == 498


@pytest.mark.parametrize("corps", [{"motif": 3}, {"motif": "x" * 501}, {"motif": "a\u0000b"}])
def test_F43_a_malformed_reason_is_refused_and_changes_nothing(
    api: Api, voisins: Voisins, vente: str, corps: Any
) -> None:
    assert api.annuler(vente, corps).status_code == 400
    assert (statut(api, vente), stock(voisins)) == ("active", 498)


def test_the_sale_of_a_saga_gives_back_what_its_own_reservation_took(api: Api, voisins: Voisins) -> None:
    reservation = str(uuid4())
    voisins.reservations[reservation] = (EN_LIGNE, {CLAVIER: 7})
    vente = api.enregistrer(vente_de_saga(reservation_reference=reservation)).json()["vente"]
    assert api.annuler(vente["id"]).status_code == 200
    assert (stock(voisins), voisins.liberees) == (507, {reservation: "LIBEREE"})


def test_a_sale_its_saga_has_cancelled_is_already_cancelled(api: Api, voisins: Voisins) -> None:
    corps = vente_de_saga()
    vente = api.enregistrer(corps).json()["vente"]
    api.annuler_reference(corps["reference"])
    assert api.annuler(vente["id"]).status_code == 400
    assert voisins.recues == []


def test_a_saga_may_still_cancel_a_sale_its_client_has_cancelled(api: Api) -> None:
    corps = vente_de_saga()
    vente = api.enregistrer(corps).json()["vente"]
    api.annuler(vente["id"], {"motif": "client"})
    assert api.annuler_reference(corps["reference"], motif="saga").json() == {"etat": "annulee"}
    assert api.lire(f"ventes-ddd/{vente['id']}/")["vente"]["motif"] == "client"


def test_the_same_key_gives_the_first_answer(api: Api, voisins: Voisins, vente: str) -> None:
    premiere = api.annuler(vente, {"motif": "m"}, cle="cle-1")
    seconde = api.annuler(vente, {"motif": "m"}, cle="cle-1")
    assert (premiere.status_code, premiere.content) == (200, seconde.content)
    assert len(voisins.appels("augmenter-stock")) == 1


def test_the_same_key_for_another_reason_or_sale_is_a_422(api: Api, voisins: Voisins, vente: str) -> None:
    autre = api.vendre().json()["vente"]["id"]
    api.annuler(vente, {"motif": "m"}, cle="cle-1")
    assert api.annuler(vente, {"motif": "n"}, cle="cle-1").status_code == 422
    assert api.annuler(autre, {"motif": "m"}, cle="cle-1").status_code == 422
    assert (statut(api, autre), stock(voisins)) == ("active", 498)


def test_F1_ten_cancellations_at_once_cancel_once(api: Api, voisins: Voisins, vente: str) -> None:
    reponses = ensemble(*[lambda: Api().annuler(vente)] * 10)
    assert sorted(reponse.status_code for reponse in reponses) == [200] + [400] * 9
    assert (statut(api, vente), stock(voisins)) == ("annulee", 500)


def test_F1_one_key_ten_times_at_once_has_one_answer(api: Api, voisins: Voisins, vente: str) -> None:
    reponses = ensemble(*[lambda: Api().annuler(vente, cle="cle-1")] * 10)
    assert {(reponse.status_code, reponse.content) for reponse in reponses} == {(200, reponses[0].content)}
    assert stock(voisins) == 500


@pytest.mark.parametrize("point", ["annulation.apres_demande", "annulation.apres_liberation"])
@pytest.mark.parametrize("suite", ["retry", "reprise"])
def test_F20_a_cancellation_stopped_half_way_is_finished(
    api: Api, voisins: Voisins, vente: str, point: str, suite: str
) -> None:
    casser(point)
    assert api.annuler(vente, {"motif": "m"}, cle="cle-1").status_code == 503
    lue = api.lire(f"ventes-ddd/{vente}/")["vente"]
    assert (lue["statut"], lue["peut_etre_annulee"]) == ("active", False)
    if suite == "reprise":
        bootstrap.reprendre()
        assert statut(api, vente) == "active"  # its time has not come
        vieillir()
        bootstrap.reprendre()
        assert statut(api, vente) == "annulee"
    reponse = api.annuler(vente, {"motif": "m"}, cle="cle-1")
    assert (reponse.status_code, reponse.json()["motif"]) == (200, "m")
    assert (statut(api, vente), stock(voisins)) == ("annulee", 500)


def test_F23_inventaire_down_is_a_503_and_the_cancellation_ends_later(api: Api, voisins: Voisins, vente: str) -> None:
    voisins.en_panne = {"inventaire"}
    reponse = api.annuler(vente, {"motif": "m"})
    assert (reponse.status_code, reponse["Retry-After"]) == (503, "2")
    assert (statut(api, vente), stock(voisins)) == ("active", 498)
    voisins.en_panne = set()
    vieillir()
    bootstrap.reprendre()
    assert (statut(api, vente), stock(voisins)) == ("annulee", 500)


def test_F12_an_answer_that_was_lost_gives_the_stock_back_once(api: Api, voisins: Voisins, vente: str) -> None:
    voisins.couper_apres["augmenter-stock"] = 1
    assert api.annuler(vente).status_code == 200
    assert (len(voisins.appels("augmenter-stock")), stock(voisins)) == (2, 500)


def test_a_cancellation_under_way_for_one_key_is_not_given_to_another(api: Api, voisins: Voisins, vente: str) -> None:
    casser("annulation.apres_demande")
    api.annuler(vente, cle="cle-1")
    reponse = api.annuler(vente, cle="cle-2")
    assert (reponse.status_code, reponse["Retry-After"]) == (409, "1")
    assert api.annuler(vente, cle="cle-1").status_code == 200
    assert stock(voisins) == 500


def test_a_key_takes_over_a_cancellation_begun_without_one(api: Api, vente: str) -> None:
    casser("annulation.apres_demande")
    api.annuler(vente, {"motif": "premier"})
    premiere = api.annuler(vente, {"motif": "second"}, cle="cle-1")
    assert (premiere.status_code, premiere.json()["motif"]) == (200, "second")
    assert api.annuler(vente, {"motif": "second"}, cle="cle-1").content == premiere.content


def test_a_slow_sale_cannot_be_cancelled_before_it_shows(api: Api, voisins: Voisins) -> None:
    voisins.retenue = threading.Event()
    en_cours = Fil(lambda: Api().vendre())
    assert voisins.arrivee.wait(5)
    ((vente_id,),) = sql("SELECT vente_id::text FROM intentions_vente")
    assert api.annuler(vente_id).status_code == 404
    voisins.retenue.set()
    assert en_cours.resultat().status_code == 201
    assert api.annuler(vente_id).status_code == 200
    assert stock(voisins) == 500
