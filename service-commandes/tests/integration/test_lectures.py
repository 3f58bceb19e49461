"""Lists, figures, and the common pages."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import ADA, Api, sql, vente_de_saga
from tests.voisins import CENTRAL, CLAVIER, EN_LIGNE, NORD, SOURIS, Voisins

JEAN = "11111111-1111-1111-1111-111111111111"
INCONNU = "00000000-0000-4000-8000-000000000000"


def enregistrer(api: Api, **suite: Any) -> dict[str, Any]:
    reponse = api.enregistrer(vente_de_saga(**suite))
    assert reponse.status_code == 201, reponse.content
    return reponse.json()["vente"]


def test_sales_are_listed_the_most_recent_first_with_their_lines(api: Api) -> None:
    ids = [enregistrer(api, lignes=lignes)["id"] for lignes in (1, 2, 3)]
    corps = api.lire("ventes-ddd/")
    assert [vente["id"] for vente in corps["ventes"]] == ids[::-1]
    assert [len(vente["lignes"]) for vente in corps["ventes"]] == [3, 2, 1]
    assert (corps["success"], corps["total"], corps["page"], corps["page_size"]) == (True, 3, 1, 50)
    assert corps["ventes"][0] == api.lire(f"ventes-ddd/{ids[2]}/")["vente"]


def test_the_list_comes_in_pages(api: Api) -> None:
    ids = [enregistrer(api)["id"] for _ in range(5)]
    corps = api.lire("ventes-ddd/?page=2&page_size=2")
    assert ([vente["id"] for vente in corps["ventes"]], corps["total"]) == ([ids[2], ids[1]], 5)


@pytest.mark.parametrize("nombre", [1, 20])
def test_a_page_costs_two_statements_whatever_it_holds(api: Api, nombre: int) -> None:
    for _ in range(nombre):
        enregistrer(api)
    with CaptureQueriesContext(connection) as requetes:
        assert len(api.lire("ventes-ddd/")["ventes"]) == nombre
    assert len(requetes) == 2


def test_the_list_is_filtered(api: Api) -> None:
    une = enregistrer(api, magasin_id=NORD)["id"]
    deux = enregistrer(api, client_id=JEAN)["id"]
    trois = enregistrer(api)["id"]
    api.annuler(trois)
    for criteres, attendus in (
        (f"magasin_id={NORD}", [une]),
        (f"client_id={JEAN}", [deux]),
        ("statut=annulee", [trois]),
        ("statut=active", [deux, une]),
        (f"magasin_id={EN_LIGNE}&client_id={ADA}&statut=active", []),
        (f"magasin_id={INCONNU}", []),
    ):
        corps = api.lire(f"ventes-ddd/?{criteres}")
        assert ([vente["id"] for vente in corps["ventes"]], corps["total"]) == (attendus, len(attendus)), criteres


@pytest.mark.parametrize(
    ("criteres", "champ"),
    [("statut=inconnu", "statut"), ("magasin_id=x", "magasin_id"), ("client_id=x", "client_id"), ("page=0", "page")],
)
def test_bad_criteria_are_refused_by_name(api: Api, criteres: str, champ: str) -> None:
    assert list(api.lire(f"ventes-ddd/?{criteres}", 400)["champs"]) == [champ]


@pytest.mark.parametrize(
    "chemin", [f"ventes-ddd/{INCONNU}/", f"ventes-ddd/par-reference/{INCONNU}/", "ventes-ddd/pas-un-uuid/"]
)
def test_an_unknown_sale_is_a_json_404(api: Api, chemin: str) -> None:
    assert {"error", "details", "code", "correlation_id"} <= set(api.lire(chemin, 404))


@pytest.mark.parametrize(
    ("methode", "chemin"),
    [
        ("GET", "ventes-ddd/enregistrer/"),
        ("POST", "ventes-ddd/"),
        ("POST", f"ventes-ddd/{INCONNU}/annuler/"),
        ("DELETE", f"ventes-ddd/par-reference/{INCONNU}/"),
    ],
)
def test_a_wrong_method_is_a_json_405(api: Api, methode: str, chemin: str) -> None:
    reponse = api.appeler(methode, chemin)
    assert (reponse.status_code, reponse.json()["code"]) == (405, "methode_non_autorisee")


def test_the_figures_of_every_magasin(api: Api, voisins: Voisins) -> None:
    enregistrer(api, lignes=2)
    enregistrer(api, lignes=1)
    assert api.lire("indicateurs/") == [
        {
            "magasin": "Magasin Central",
            "magasin_id": CENTRAL,
            "chiffre_affaires": 0,
            "ruptures": 1,
            "surstock": 1,
            "tendances": [],
        },
        {
            "magasin": "Magasin en ligne",
            "magasin_id": EN_LIGNE,
            "chiffre_affaires": 256.48,
            "ruptures": 0,
            "surstock": 2,
            "tendances": [
                {"produit_id": SOURIS, "nom": "Souris optique", "quantite_totale": 3, "chiffre_affaires": 76.5},
                {"produit_id": CLAVIER, "nom": "Clavier mécanique", "quantite_totale": 2, "chiffre_affaires": 179.98},
            ],
        },
        {
            "magasin": "Magasin Nord",
            "magasin_id": NORD,
            "chiffre_affaires": 0,
            "ruptures": 0,
            "surstock": 1,
            "tendances": [],
        },
    ]
    assert len(voisins.appels("stocks-locaux")) == 3


def test_the_consolidated_report(api: Api) -> None:
    enregistrer(api, lignes=2, magasin_id=NORD)
    nord = next(element for element in api.lire("rapport-consolide/") if element["magasin_id"] == NORD)
    assert nord == {
        "magasin": "Magasin Nord",
        "magasin_id": NORD,
        "total": 166.49,
        "produits_vendus": [
            {"produit_id": CLAVIER, "nom": "Clavier mécanique", "quantite_totale": 1, "chiffre_affaires": 89.99},
            {"produit_id": SOURIS, "nom": "Souris optique", "quantite_totale": 3, "chiffre_affaires": 76.5},
        ],
        "stock_local": {"ruptures": 0, "surstock": 1, "produits_en_stock": 1},
    }


def chiffre(api: Api, criteres: str = "") -> float:
    return sum(element["chiffre_affaires"] for element in api.lire(f"indicateurs/{criteres}"))


def test_only_active_sales_of_the_period_count(api: Api) -> None:
    recente, ancienne, annulee = (enregistrer(api, lignes=1)["id"] for _ in range(3))
    api.annuler(annulee)
    sql("UPDATE ventes SET date_vente = now() - interval '8 days' WHERE id = %s", ancienne)
    assert chiffre(api) == 89.99
    assert chiffre(api, "?jours=9") == 179.98
    sql("UPDATE ventes SET date_vente = now() - interval '2 days' WHERE id = %s", recente)
    assert chiffre(api, "?jours=1") == 0


@pytest.mark.parametrize("route", ["indicateurs", "rapport-consolide"])
@pytest.mark.parametrize("jours", ["0", "366", "abc", "-1", "1.5"])
def test_a_bad_period_is_refused_by_name(api: Api, voisins: Voisins, route: str, jours: str) -> None:
    assert list(api.lire(f"{route}/?jours={jours}", 400)["champs"]) == ["jours"]
    assert voisins.recues == []


@pytest.mark.parametrize("route", ["indicateurs", "rapport-consolide"])
def test_F23_figures_without_inventaire_are_a_503(api: Api, voisins: Voisins, route: str) -> None:
    voisins.en_panne = {"inventaire"}
    assert api.lire(f"{route}/", 503)["error"] == "Service externe indisponible"


def test_a_magasin_unknown_to_inventaire_holds_nothing(api: Api, voisins: Voisins) -> None:
    del voisins.stock[NORD]
    nord = next(element for element in api.lire("rapport-consolide/") if element["magasin_id"] == NORD)
    assert nord["stock_local"] == {"ruptures": 0, "surstock": 0, "produits_en_stock": 0}


def test_the_figures_cost_two_statements_whatever_was_sold(api: Api) -> None:
    for lignes in (1, 50, 50):
        enregistrer(api, lignes=lignes)
    with CaptureQueriesContext(connection) as requetes:
        api.lire("rapport-consolide/")
    assert len(requetes) == 2


@pytest.mark.parametrize("chemin", ["health/", "swagger/", "swagger.json", "redoc/", "metrics"])
def test_the_common_pages_are_served_below_the_base(api: Api, chemin: str) -> None:
    assert api.appeler("GET", chemin).status_code == 200


def test_every_route_is_documented_with_a_schema_and_an_example(api: Api) -> None:
    for chemin, operations in api.lire("swagger.json")["paths"].items():
        for methode, operation in operations.items():
            if methode == "parameters":
                continue
            reussites = [r for statut, r in operation["responses"].items() if statut.startswith("2")]
            assert reussites, f"{methode} {chemin}"
            assert all("schema" in r and "examples" in r for r in reussites), f"{methode} {chemin}"


@pytest.mark.parametrize("table", ["venteligne", "magasinligne", "intentionligne", "annulationligne"])
def test_the_admin_shows_and_does_not_write(api: Api, table: str) -> None:
    vente = api.vendre().json()["vente"]["id"]
    api.annuler(vente)
    admin = Client(raise_request_exception=True)
    admin.force_login(User.objects.create_superuser(f"admin-{table}"))
    assert admin.get(f"/admin/commandes/{table}/").status_code == 200
    cle = EN_LIGNE if table == "magasinligne" else vente
    assert admin.get(f"/admin/commandes/{table}/{cle}/change/").status_code == 200
    assert admin.get(f"/admin/commandes/{table}/add/").status_code == 403
