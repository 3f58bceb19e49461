"""The one-product form: a saga of two steps inside the service, forced to stop between any two of them."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from commandes import bootstrap
from commandes.infrastructure.intentions import purger
from socle.tests.concurrence import Fil, attendre_que, ensemble
from tests.conftest import ADA, Api, casser, sql, vente_de_saga
from tests.voisins import CENTRAL, CLAVIER, EN_LIGNE, SOURIS, Voisins

INCONNU = "00000000-0000-4000-8000-000000000000"


def en_suspens() -> int:
    return int(sql("SELECT count(*) FROM intentions_vente WHERE etat IN ('EN_SUSPENS', 'A_LIBERER')")[0][0])


def vieillir() -> None:
    """The time of everything under way has come."""
    sql("UPDATE intentions_vente SET prochain_essai = now(); UPDATE annulations SET prochain_essai = now()")


def rien_de_vendu(api: Api, voisins: Voisins, stock: int = 500) -> None:
    """Asserts that no sale shows and that the stock is what it was."""
    assert (api.total(), voisins.stock[EN_LIGNE][CLAVIER]) == (0, stock)


def test_a_sale_takes_its_stock_under_its_own_reference(api: Api, voisins: Voisins) -> None:
    reponse = api.vendre()
    assert reponse.status_code == 201, reponse.content
    vente = reponse.json()["vente"]
    assert (vente["total"], vente["magasin"], vente["statut"]) == (179.98, "Magasin en ligne", "active")
    assert vente["lignes"] == [
        {
            "produit_id": CLAVIER,
            "produit_nom": "Clavier mécanique",
            "quantite": 2,
            "prix_unitaire": 89.99,
            "sous_total": 179.98,
        }
    ]
    assert vente["id"] == vente["reference"] == vente["reservation_reference"]
    assert voisins.reservations == {vente["id"]: (EN_LIGNE, {CLAVIER: 2})}
    assert voisins.stock[EN_LIGNE][CLAVIER] == 498
    lue = api.lire(f"ventes-ddd/{vente['id']}/")["vente"]
    assert {nom: lue[nom] for nom in vente} == vente
    assert en_suspens() == 0


def test_the_neighbours_are_called_through_the_gateway_with_the_keys_of_this_service(
    api: Api, voisins: Voisins
) -> None:
    vente = api.vendre().json()["vente"]
    assert [(methode, chemin) for methode, chemin, _, _ in voisins.recues] == [
        ("GET", f"/api/catalogue/produits/{CLAVIER}/"),
        ("POST", "/api/inventaire/diminuer-stock/"),
    ]
    _, _, entetes, corps = voisins.recues[1]
    assert (entetes["x-api-key"], entetes["x-internal-token"]) == ("cle-de-test", "jeton-de-test")
    assert entetes["idempotency-key"] == vente["id"]
    assert entetes["x-correlation-id"]
    assert corps == {
        "reference": vente["id"],
        "magasin_id": EN_LIGNE,
        "lignes": [{"produit_id": CLAVIER, "quantite": 2}],
    }


def test_the_price_is_the_catalogue_s_at_sale_time(api: Api, voisins: Voisins) -> None:
    voisins.produits[CLAVIER]["prix"] = 79.99
    assert api.vendre(quantite=1).json()["vente"]["total"] == 79.99


def test_a_sale_of_this_form_is_found_by_its_reference(api: Api) -> None:
    vente = api.vendre().json()["vente"]
    assert api.lire(f"ventes-ddd/par-reference/{vente['id']}/")["vente"]["id"] == vente["id"]


@pytest.mark.parametrize(
    ("defaut", "champ"),
    [
        ({"magasin_id": ...}, "magasin_id"),
        ({"client_id": "abc"}, "client_id"),
        ({"produit_id": 5}, "produit_id"),
        ({"quantite": 0}, "quantite"),
        ({"quantite": "2"}, "quantite"),
        ({"quantite": True}, "quantite"),
        ({"quantite": 10_001}, "quantite"),
    ],
)
def test_F43_a_malformed_sale_is_refused_by_field_and_asks_nobody(
    api: Api, voisins: Voisins, defaut: dict[str, Any], champ: str
) -> None:
    reponse = api.vendre(**defaut)
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, [champ])
    assert (voisins.recues, sql("SELECT count(*) FROM intentions_vente")) == ([], [(0,)])


def archiver_la_souris(voisins: Voisins) -> None:
    voisins.produits[SOURIS]["actif"] = False


@pytest.mark.parametrize(
    ("defaut", "texte"),
    [
        ({"magasin_id": INCONNU}, "Magasin invalide"),
        ({"produit_id": INCONNU}, "Produit invalide"),
        ({"produit_id": SOURIS}, "Produit invalide"),
        ({"quantite": 501}, "Stock insuffisant"),
    ],
)
@pytest.mark.parametrize("cle", ["", "cle-1"])
def test_a_refusal_begins_with_its_reason_and_sells_nothing(
    api: Api, voisins: Voisins, defaut: dict[str, Any], texte: str, cle: str
) -> None:
    archiver_la_souris(voisins)
    reponse = api.vendre(cle=cle, **defaut)
    assert (reponse.status_code, reponse.json()["error"]) == (400, texte)
    assert reponse.json()["details"].startswith(texte)
    rien_de_vendu(api, voisins)
    assert (voisins.reservations, en_suspens()) == ({}, 0)


@pytest.mark.parametrize("magasin", [EN_LIGNE, CENTRAL])
def test_what_inventaire_does_not_know_is_refused_in_our_words(api: Api, voisins: Voisins, magasin: str) -> None:
    del voisins.stock[CENTRAL]
    del voisins.stock[EN_LIGNE][CLAVIER]
    reponse = api.vendre(magasin_id=magasin)
    attendu = "Produit invalide" if magasin == EN_LIGNE else "Magasin invalide"
    assert (reponse.status_code, reponse.json()["error"]) == (400, attendu)
    assert (api.total(), en_suspens()) == (0, 0)


def test_the_same_key_gives_the_same_bytes_and_one_sale(api: Api, voisins: Voisins) -> None:
    premiere = api.vendre(cle="cle-1")
    voisins.produits[CLAVIER]["prix"] = 1.0
    voisins.stock[EN_LIGNE][CLAVIER] = 0
    seconde = api.vendre(cle="cle-1")
    assert (premiere.status_code, premiere.content) == (seconde.status_code, seconde.content)
    assert (api.total(), len(voisins.reservations)) == (1, 1)


def test_the_same_key_gives_the_first_answer_even_once_the_sale_is_cancelled(api: Api) -> None:
    premiere = api.vendre(cle="cle-1")
    api.annuler(premiere.json()["vente"]["id"])
    assert api.vendre(cle="cle-1").content == premiere.content
    assert api.total() == 1


@pytest.mark.parametrize("defaut", [{"quantite": 501}, {"produit_id": INCONNU}, {"magasin_id": INCONNU}])
def test_F7_a_refusal_is_given_again_to_its_key(api: Api, voisins: Voisins, defaut: dict[str, Any]) -> None:
    premiere = api.vendre(cle="cle-1", **defaut)
    voisins.stock[EN_LIGNE][CLAVIER] = 1000
    voisins.produits[INCONNU] = voisins.produits[CLAVIER]
    seconde = api.vendre(cle="cle-1", **defaut)
    assert (premiere.status_code, premiere.content) == (400, seconde.content)
    rien_de_vendu(api, voisins, stock=1000)


def test_the_same_key_for_another_sale_is_a_422(api: Api) -> None:
    api.vendre(cle="cle-1")
    assert api.vendre(cle="cle-1", quantite=3).status_code == 422
    assert api.total() == 1


def test_keys_of_two_consumers_do_not_meet(api: Api) -> None:
    api.vendre(cle="cle-1")
    api.consommateur = "autre"
    assert api.vendre(cle="cle-1").status_code == 201
    assert api.total() == 2


def test_a_schema_error_is_not_remembered_under_its_key(api: Api) -> None:
    assert api.vendre(cle="cle-1", quantite=0).status_code == 400
    assert api.vendre(cle="cle-1").status_code == 201


def test_F1_one_key_ten_times_at_once_is_one_sale_and_one_answer(api: Api, voisins: Voisins) -> None:
    reponses = ensemble(*[lambda: Api().vendre(cle="cle-1")] * 10)
    assert {(reponse.status_code, reponse.content) for reponse in reponses} == {(201, reponses[0].content)}
    assert (api.total(), voisins.stock[EN_LIGNE][CLAVIER]) == (1, 498)


def test_F9_more_buyers_than_units_leave_nothing_oversold(api: Api, voisins: Voisins) -> None:
    voisins.stock[EN_LIGNE][CLAVIER] = 3
    reponses = ensemble(*[lambda: Api().vendre(quantite=1)] * 8)
    assert sorted(reponse.status_code for reponse in reponses) == [201] * 3 + [400] * 5
    assert (api.total(), voisins.stock[EN_LIGNE][CLAVIER], en_suspens()) == (3, 0, 0)


@pytest.mark.parametrize("voisin", ["catalogue", "inventaire"])
def test_F23_a_neighbour_that_is_down_is_a_503_and_nothing_is_sold(api: Api, voisins: Voisins, voisin: str) -> None:
    voisins.en_panne = {voisin}
    reponse = api.vendre()
    assert (reponse.status_code, reponse.json()["error"]) == (503, "Service externe indisponible")
    assert reponse["Retry-After"]
    rien_de_vendu(api, voisins)
    voisins.en_panne = set()
    vieillir()
    bootstrap.reprendre()
    rien_de_vendu(api, voisins)
    assert en_suspens() == 0


@pytest.mark.parametrize("point", ["vente.apres_intention", "vente.apres_reservation", "barriere.avant_commit"])
def test_F20_a_sale_stopped_half_way_is_finished_by_the_same_key(api: Api, voisins: Voisins, point: str) -> None:
    casser(point)
    assert api.vendre(cle="cle-1").status_code == 503
    assert api.total() == 0
    voisins.produits[CLAVIER]["prix"] = 1.0
    reponse = api.vendre(cle="cle-1")
    assert (reponse.status_code, reponse.json()["vente"]["total"]) == (201, 179.98)
    assert (api.total(), voisins.stock[EN_LIGNE][CLAVIER], en_suspens()) == (1, 498, 0)


@pytest.mark.parametrize("point", ["vente.apres_intention", "vente.apres_reservation", "barriere.avant_commit"])
@pytest.mark.parametrize("cle", ["", "cle-1"])
def test_a_sale_stopped_half_way_is_given_up_and_its_stock_goes_back(
    api: Api, voisins: Voisins, point: str, cle: str
) -> None:
    casser(point)
    assert api.vendre(cle=cle).status_code == 503
    bootstrap.reprendre()
    assert en_suspens() == 1  # its time has not come
    vieillir()
    bootstrap.reprendre()
    rien_de_vendu(api, voisins)
    assert en_suspens() == 0
    assert len(voisins.appels("augmenter-stock")) == 1


def test_a_sale_shown_just_before_its_process_stopped_is_a_sale(api: Api, voisins: Voisins) -> None:
    casser("barriere.apres_commit")
    assert api.vendre(cle="cle-1").status_code == 503
    vieillir()
    bootstrap.reprendre()
    assert (api.total(), voisins.stock[EN_LIGNE][CLAVIER]) == (1, 498)
    assert api.vendre(cle="cle-1").status_code == 201
    assert api.total() == 1


def test_a_sale_given_up_frees_its_key_for_a_new_one(api: Api, voisins: Voisins) -> None:
    casser("vente.apres_reservation")
    api.vendre(cle="cle-1")
    vieillir()
    bootstrap.reprendre()
    voisins.produits[CLAVIER]["prix"] = 50.0
    assert api.vendre(cle="cle-1").json()["vente"]["total"] == 100.0
    assert (api.total(), voisins.stock[EN_LIGNE][CLAVIER]) == (1, 498)


def test_F12_an_answer_that_was_lost_takes_the_stock_once(api: Api, voisins: Voisins) -> None:
    voisins.couper_apres["diminuer-stock"] = 1
    assert api.vendre().status_code == 201
    assert len(voisins.appels("diminuer-stock")) == 2
    assert voisins.stock[EN_LIGNE][CLAVIER] == 498


def test_F17_a_sale_given_up_while_its_reservation_is_under_way_nets_zero(api: Api, voisins: Voisins) -> None:
    voisins.retenue = threading.Event()
    vente = Fil(lambda: Api().vendre(cle="cle-1"))
    assert voisins.arrivee.wait(5)
    vieillir()
    bootstrap.reprendre()
    voisins.retenue.set()
    reponse = vente.resultat()
    assert (reponse.status_code, reponse.json()["code"]) == (503, "vente_abandonnee")
    rien_de_vendu(api, voisins)
    assert en_suspens() == 0


def test_F17_a_sale_given_up_between_its_two_steps_never_shows(api: Api, voisins: Voisins) -> None:
    casser("vente.apres_reservation")
    api.vendre(cle="cle-1")
    vieillir()
    voisins.en_panne = {"inventaire"}
    bootstrap.reprendre()  # given up, but inventaire cannot give back yet
    voisins.en_panne = set()
    reponse = api.vendre(cle="cle-1")
    assert (reponse.status_code, reponse.json()["code"]) == (503, "vente_abandonnee")
    assert api.total() == 0
    vieillir()
    attendre_que(lambda: bootstrap.reprendre() or (vieillir(), en_suspens() == 0)[1])
    rien_de_vendu(api, voisins)


def test_F3_a_sale_whose_reference_was_cancelled_meanwhile_gives_its_stock_back(api: Api, voisins: Voisins) -> None:
    casser("vente.apres_reservation")
    api.vendre(cle="cle-1")
    ((vente_id,),) = sql("SELECT vente_id::text FROM intentions_vente")
    assert api.annuler_reference(vente_id).json() == {"etat": "jamais_creee"}
    assert api.vendre(cle="cle-1").status_code == 409
    bootstrap.reprendre()
    rien_de_vendu(api, voisins)


def test_two_resume_passes_at_once_give_the_stock_back_once(api: Api, voisins: Voisins) -> None:
    for _ in range(3):
        casser("vente.apres_reservation")
        api.vendre()
    assert voisins.stock[EN_LIGNE][CLAVIER] == 494
    vieillir()
    ensemble(bootstrap.reprendre, bootstrap.reprendre)
    rien_de_vendu(api, voisins)
    assert (len(voisins.appels("augmenter-stock")), en_suspens()) == (3, 0)


def test_old_concluded_intentions_are_forgotten_and_open_ones_kept(api: Api) -> None:
    api.vendre(cle="cle-1")
    casser("vente.apres_reservation")
    api.vendre(cle="cle-2")
    assert purger() == 0
    sql("UPDATE intentions_vente SET cree_le = now() - interval '9 days'")
    assert purger() == 1
    assert sql("SELECT etat FROM intentions_vente") == [("EN_SUSPENS",)]


def test_the_seed_data_is_loaded_by_the_command_any_number_of_times(api: Api) -> None:
    sql("UPDATE magasins SET adresse = 'Nouvelle adresse' WHERE id = %s", CENTRAL)
    for _ in range(2):
        call_command("amorcer", verbosity=0)
    corps = api.lire("magasins/")
    assert (corps["success"], corps["total"]) == (True, 3)
    assert [(magasin["id"], magasin["nom"]) for magasin in corps["magasins"]] == [
        (CENTRAL, "Magasin Central"),
        (EN_LIGNE, "Magasin en ligne"),
        ("33333333-3333-3333-3333-333333333332", "Magasin Nord"),
    ]
    assert corps["magasins"][0]["adresse"] == "Nouvelle adresse"


def test_a_body_of_neither_form_names_what_is_missing(api: Api) -> None:
    reponse = api.enregistrer({"magasin_id": EN_LIGNE, "client_id": ADA})
    assert (reponse.status_code, set(reponse.json()["champs"])) == (400, {"produit_id", "quantite"})


def test_the_two_forms_do_not_share_a_reference(api: Api) -> None:
    vente = api.vendre().json()["vente"]
    assert api.enregistrer(vente_de_saga(vente["id"])).status_code == 422
    assert api.enregistrer(vente_de_saga(str(uuid4()))).status_code == 201
