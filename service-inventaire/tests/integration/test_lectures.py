"""Reading stocks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.integration.conftest import (
    CAFE,
    CENTRAL,
    CHOCOLAT,
    CLAVIER,
    ECOUTEURS,
    EN_LIGNE,
    INCONNU,
    INTERNE,
    NORD,
    SOURIS,
    Api,
    CatalogueTemoin,
    compter,
    stock,
)


def test_stocks_of_a_magasin_for_some_products_in_the_order_asked(api: Api) -> None:
    reponse = api.get(f"stocks-locaux/{CENTRAL}/?produits={SOURIS},{CLAVIER.upper()},{SOURIS}")
    assert reponse.status_code == 200
    assert reponse.json() == {
        "magasin_id": CENTRAL,
        "nom_magasin": "Magasin Central",
        "stocks": [
            {"produit_id": SOURIS, "quantite": 0, "niveau": "Indisponible", "nom_produit": "Souris optique"},
            {"produit_id": CLAVIER, "quantite": 20, "niveau": "Moyen", "nom_produit": "Clavier mécanique"},
        ],
    }


def test_all_stocks_of_a_magasin_are_not_paged(api: Api) -> None:
    with CaptureQueriesContext(connection) as contexte:
        corps = api.get(f"stocks-locaux/{EN_LIGNE}/").json()
    assert len(contexte) == 1
    assert [(s["nom_produit"], s["produit_id"], s["quantite"]) for s in corps["stocks"]] == [
        ("Café Premium Bio", CAFE, 500),
        ("Chocolat Noir 70%", CHOCOLAT, 500),
        ("Clavier mécanique", CLAVIER, 500),
        ("Souris optique", SOURIS, 500),
        ("Écouteurs Bluetooth", ECOUTEURS, 500),
    ]


def test_a_magasin_without_stock_has_an_empty_list(api: Api) -> None:
    api("PUT", f"magasins-connus/{INCONNU}/", {"nom": "Magasin Sud"}, **INTERNE)
    assert api.get(f"stocks-locaux/{INCONNU}/").json() == {
        "magasin_id": INCONNU,
        "nom_magasin": "Magasin Sud",
        "stocks": [],
    }


@pytest.mark.parametrize("produits", ["x", f"{CLAVIER},", "", f"{CLAVIER} {SOURIS}", ",".join([CLAVIER] * 201)])
def test_a_malformed_list_of_products_is_a_400_that_names_it(api: Api, produits: str) -> None:
    reponse = api.get(f"stocks-locaux/{CENTRAL}/?produits={produits}")
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, ["produits"])


@pytest.mark.parametrize(
    "chemin",
    [
        f"stocks-locaux/{INCONNU}/",
        f"stocks-locaux/{INCONNU}/?produits={CLAVIER}",
        f"stock-local/{CLAVIER}/{INCONNU}/",
        f"analyser-besoins/{INCONNU}/",
        f"demandes/magasin/{INCONNU}/",
    ],
)
def test_an_unknown_magasin_is_a_404_that_names_it(api: Api, chemin: str) -> None:
    reponse = api.get(chemin)
    assert (reponse.status_code, reponse.json()["error"]) == (404, "Le magasin n'existe pas")
    assert INCONNU in reponse.json()["details"]


@pytest.mark.parametrize(
    "chemin",
    [
        f"stocks-locaux/{CENTRAL}/?produits={CLAVIER},{INCONNU}",
        f"stock-local/{INCONNU}/{CENTRAL}/",
        f"stock-central/{INCONNU}/",
    ],
)
def test_an_unknown_product_is_a_404_that_names_it(api: Api, catalogue: CatalogueTemoin, chemin: str) -> None:
    reponse = api.get(chemin)
    assert (reponse.status_code, reponse.json()["error"]) == (404, "Le produit n'existe pas")
    assert INCONNU in reponse.json()["details"]
    assert catalogue.demandes == [INCONNU]


@pytest.mark.parametrize(
    "chemin",
    ["stocks-locaux/x/", "stock-central/1/", f"stock-local/{CLAVIER}/x/", "demandes/x/", "reservations/x/"],
)
def test_a_malformed_identifier_in_the_path_is_a_json_404(api: Api, chemin: str) -> None:
    reponse = api.get(chemin)
    assert (reponse.status_code, reponse.json()["code"]) == (404, "route_inconnue")


def test_the_stock_of_a_product_at_a_magasin(api: Api) -> None:
    assert api.get(f"stock-local/{CLAVIER}/{CENTRAL}/").json() == {
        "produit_id": CLAVIER,
        "quantite": 20,
        "niveau": "Moyen",
        "nom_produit": "Clavier mécanique",
        "magasin_id": CENTRAL,
        "nom_magasin": "Magasin Central",
    }
    jamais = api.get(f"stock-local/{CAFE}/{CENTRAL}/").json()
    assert (jamais["quantite"], jamais["niveau"]) == (0, "Indisponible")


def test_the_central_stock_of_a_product(api: Api) -> None:
    assert api.get(f"stock-central/{CLAVIER}/").json() == {
        "produit_id": CLAVIER,
        "quantite": 100,
        "niveau": "Élevé",
        "nom_produit": "Clavier mécanique",
    }
    assert api.get(f"stock-central/{CAFE}/").json()["niveau"] == "Indisponible"


def test_central_stocks_are_paged(api: Api) -> None:
    corps = api.get("stocks-centraux/?page=2&page_size=1").json()
    assert corps == {
        "success": True,
        "stocks": [{"produit_id": SOURIS, "quantite": 200, "niveau": "Élevé", "nom_produit": "Souris optique"}],
        "total": 2,
        "page": 2,
        "page_size": 1,
    }
    assert api.get("stocks-centraux/?page_size=201").status_code == 400


def test_magasins_with_their_stocks_cost_three_statements_whatever_their_number(api: Api) -> None:
    with CaptureQueriesContext(connection) as contexte:
        corps = api.get("magasins-stocks/").json()
    assert len(contexte) == 3
    assert [(m["nom_magasin"], len(m["stocks"])) for m in corps["magasins"]] == [
        ("Magasin Central", 1),
        ("Magasin Nord", 1),
        ("Magasin en ligne", 5),
    ]
    assert (corps["total"], corps["magasins"][1]["magasin_id"]) == (3, NORD)
    assert [m["nom_magasin"] for m in api.get("magasins-stocks/?page=3&page_size=1").json()["magasins"]] == [
        "Magasin en ligne"
    ]


def test_a_magasin_is_made_known_then_renamed_by_internal_callers_only(api: Api) -> None:
    assert api("PUT", f"magasins-connus/{INCONNU}/", {"nom": "Magasin Sud"}).status_code == 403
    assert compter("magasins_connus") == 3
    for nom in ("Magasin Sud", "Magasin du Sud"):
        reponse = api("PUT", f"magasins-connus/{INCONNU}/", {"nom": nom}, **INTERNE)
        assert (reponse.status_code, reponse.json()["nom"]) == (200, nom)
    assert api.get(f"stocks-locaux/{INCONNU}/").json()["nom_magasin"] == "Magasin du Sud"
    assert api("PUT", f"magasins-connus/{INCONNU}/", {"nom": " "}, **INTERNE).status_code == 400


def test_what_a_magasin_should_order(api: Api) -> None:
    with connection.cursor() as curseur:
        for produit, quantite in ((CLAVIER, 5), (SOURIS, 6), (CAFE, 0), (CHOCOLAT, 3)):
            curseur.execute(
                "UPDATE stock_local SET quantite = %s WHERE produit_id = %s AND magasin_id = %s",
                [quantite, produit, EN_LIGNE],
            )
    corps = api.get(f"analyser-besoins/{EN_LIGNE}/").json()
    assert [
        (b["produit_id"], b["quantite_actuelle"], b["niveau"], b["quantite_suggeree"]) for b in corps["besoins"]
    ] == [(CAFE, 0, "Critique", 10), (CHOCOLAT, 3, "Bas", 7), (CLAVIER, 5, "Bas", 5)]
    assert (corps["nom_magasin"], corps["total"], stock(SOURIS)) == ("Magasin en ligne", 3, 6)
