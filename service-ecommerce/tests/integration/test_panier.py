"""The cart over HTTP, on PostgreSQL, with real neighbours."""

import uuid

import pytest
from django.db import connection, transaction

from socle import fautes
from tests.conftest import ADA, Api, attendre_verrou, en_fil, un
from tests.voisins import CHOCOLAT, CLAVIER, SOURIS, Voisins


def test_a_client_without_a_cart_reads_an_empty_one(api: Api) -> None:
    corps = api.appeler("GET", f"/api/panier/clients/{ADA}/panier/").json()
    assert corps == {
        "success": True,
        "panier_existe": False,
        "est_vide": True,
        "panier_id": None,
        "client_id": str(ADA),
        "produits": [],
        "resume": {"nombre_articles": 0, "prix_total": 0.0, "nombre_produits_differents": 0},
    }


def test_adding_twice_sums_in_one_line_with_exact_amounts(api: Api) -> None:
    api.ajouter(CHOCOLAT, 2)
    reponse = api.ajouter(CHOCOLAT, 1)
    corps = reponse.json()
    assert reponse.status_code == 201
    assert corps["produits"] == [
        {
            "produit_id": CHOCOLAT,
            "nom_produit": "Chocolat Noir 70%",
            "prix_unitaire": 8.99,
            "quantite": 3,
            "prix_ligne": 26.97,
        }
    ]
    assert corps["resume"] == {"nombre_articles": 3, "prix_total": 26.97, "nombre_produits_differents": 1}


def test_the_hundredth_of_one_product_is_refused_and_the_cart_unchanged(api: Api) -> None:
    api.ajouter(CHOCOLAT, 60)
    reponse = api.ajouter(CHOCOLAT, 40)
    assert (reponse.status_code, reponse.json()["code"]) == (400, "quantite_excessive")
    assert api.panier() == {CHOCOLAT: 60}


@pytest.mark.parametrize("quantite", [0, 100, -1, "2", 1.5, True, None])
def test_F43_a_quantity_outside_1_to_99_is_a_400_naming_the_field(api: Api, quantite: object) -> None:
    corps = {"produit_id": CHOCOLAT, "quantite": quantite}
    reponse = api.appeler("POST", f"/api/panier/clients/{ADA}/panier/", corps)
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, ["quantite"])
    assert api.panier() == {}


def test_the_fifty_first_product_is_refused(api: Api, voisins: Voisins) -> None:
    ids = [str(uuid.uuid4()) for _ in range(51)]
    for rang, produit in enumerate(ids):
        voisins.produits[produit] = {"id": produit, "nom": f"Produit {rang}", "prix": 1.0, "actif": True}
        voisins.stock[produit] = 5
    assert [api.ajouter(produit).status_code for produit in ids[:50]] == [201] * 50
    reponse = api.ajouter(ids[50])
    assert (reponse.status_code, reponse.json()["code"]) == (400, "panier_plein")
    assert len(api.panier()) == 50


def test_unknown_archived_or_short_products_are_refused(api: Api, voisins: Voisins) -> None:
    voisins.produits[SOURIS]["actif"] = False
    voisins.stock[CLAVIER] = 3
    inconnu = api.ajouter(str(uuid.uuid4()))
    archive = api.ajouter(SOURIS)
    api.ajouter(CLAVIER, 2)
    court = api.ajouter(CLAVIER, 2)
    assert [(r.status_code, r.json()["code"]) for r in (inconnu, archive, court)] == [
        (404, "produit_introuvable"),
        (400, "produit_non_disponible"),
        (400, "stock_insuffisant"),
    ]
    assert "3 disponible(s), 4 demandé(s)" in court.json()["details"]
    assert api.panier() == {CLAVIER: 2}


def test_a_neighbour_that_is_down_is_a_503_and_adds_nothing(api: Api, voisins: Voisins) -> None:
    voisins.eteints = {"catalogue"}
    reponse = api.ajouter(CHOCOLAT)
    assert (reponse.status_code, reponse.json()["code"]) == (503, "service_indisponible")
    assert int(reponse["Retry-After"]) > 0
    assert api.panier() == {}


def test_put_changes_zero_removes_and_delete_empties(api: Api) -> None:
    api.ajouter(CHOCOLAT, 2)
    api.ajouter(SOURIS, 1)
    chemin = f"/api/panier/clients/{ADA}/panier/produits/{CHOCOLAT}/"
    assert api.appeler("PUT", chemin, {"quantite": 7}).status_code == 200
    assert api.panier() == {CHOCOLAT: 7, SOURIS: 1}
    assert api.appeler("PUT", chemin, {"quantite": 0}).status_code == 200
    assert api.appeler("PUT", chemin, {"quantite": 0}).status_code == 200
    assert api.panier() == {SOURIS: 1}
    absent = api.appeler("PUT", chemin, {"quantite": 1})
    assert (absent.status_code, absent.json()["code"]) == (404, "produit_absent_du_panier")
    assert api.appeler("DELETE", f"/api/panier/clients/{ADA}/panier/").json()["est_vide"] is True
    assert api.panier() == {}


@pytest.mark.parametrize("methode", ["GET", "POST", "DELETE"])
def test_the_cart_of_an_unknown_client_is_a_404(api: Api, methode: str) -> None:
    corps = {"produit_id": CHOCOLAT, "quantite": 1} if methode == "POST" else None
    reponse = api.appeler(methode, f"/api/panier/clients/{uuid.uuid4()}/panier/", corps)
    assert (reponse.status_code, reponse.json()["code"]) == (404, "client_introuvable")


def test_two_simultaneous_additions_of_one_product_make_one_line_with_the_sum(api: Api) -> None:
    """The first holds the cart's row while the second arrives."""
    api.ajouter(SOURIS)
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM paniers WHERE client_id = %s FOR UPDATE", [ADA])
        fils = [en_fil(lambda q=q: Api().ajouter(CHOCOLAT, q).status_code) for q in (40, 30)]
        attendre_verrou(2)
    assert [fil.resultat() for fil in fils] == [201, 201]
    assert api.panier() == {SOURIS: 1, CHOCOLAT: 70}


def test_two_simultaneous_first_additions_make_one_cart(api: Api) -> None:
    fautes.tableau().ecrire([fautes.Faute(point="panier.avant_ecriture", genre="delai", secondes=0.3, nombre=2)])  # type: ignore[union-attr]
    fils = [en_fil(lambda q=q: Api().ajouter(CHOCOLAT, q).status_code) for q in (60, 50)]
    assert sorted(fil.resultat() for fil in fils) == [201, 400]
    assert un("SELECT count(*) FROM paniers") == 1
    assert api.panier()[CHOCOLAT] in (50, 60)


def test_the_same_key_adds_once_even_when_the_neighbours_are_down_the_second_time(api: Api, voisins: Voisins) -> None:
    premiere = api.ajouter(CHOCOLAT, 2, Idempotency_Key="k1")
    voisins.eteints = {"catalogue"}
    seconde = api.ajouter(CHOCOLAT, 2, Idempotency_Key="k1")
    assert (premiere.status_code, premiere.content) == (seconde.status_code, seconde.content)
    assert api.panier() == {CHOCOLAT: 2}


def test_the_number_of_statements_does_not_grow_with_the_cart(
    api: Api, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    api.ajouter(CHOCOLAT)
    api.ajouter(SOURIS)
    with django_assert_num_queries(2):  # type: ignore[operator]
        api.appeler("GET", f"/api/panier/clients/{ADA}/panier/")
    with django_assert_num_queries(6 + 2):  # type: ignore[operator]  # and BEGIN, COMMIT
        assert api.ajouter(CLAVIER).status_code == 201
