"""Reading the catalogue over HTTP, on PostgreSQL."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalogue.domain.valeurs import Categorie
from catalogue.infrastructure.amorce import charger
from catalogue.infrastructure.models import ProduitLigne

BASE = "/api/ddd/catalogue/"
CLAVIER = "550e8400-e29b-41d4-a716-446655440001"
SOURIS = "550e8400-e29b-41d4-a716-446655440002"
CAFE = "550e8400-e29b-41d4-a716-446655440003"
INCONNU = "00000000-0000-4000-8000-000000000000"
FICHE = {"id", "nom", "prix", "description", "categorie", "sku", "actif", "date_creation"}


def creer(client: Client, nom: str, prix: float, **suite: Any) -> dict[str, Any]:
    corps = {"nom": nom, "categorie": "Meubles", "prix": prix, **suite}
    reponse = client.post(f"{BASE}ajouter/", corps, content_type="application/json")
    assert reponse.status_code == 201, reponse.content
    return reponse.json()["data"]


def noms(client: Client, **criteres: Any) -> list[str]:
    reponse = client.get(f"{BASE}rechercher/", criteres)
    assert reponse.status_code == 200, reponse.content
    return [produit["nom"] for produit in reponse.json()["data"]["produits"]]


def test_the_search_without_criteria_lists_the_seed_data(client: Client) -> None:
    corps = client.get(f"{BASE}rechercher/").json()
    assert (corps["success"], corps["instance_id"], corps["data"]["total"]) == (True, "instance-de-test", 5)
    assert set(corps["data"]["produits"][0]) == FICHE | {"date_modification"}
    prix = {produit["nom"]: (produit["prix"], produit["categorie"]) for produit in corps["data"]["produits"]}
    assert prix == {
        "Clavier mécanique": (89.99, "Informatique"),
        "Souris optique": (25.5, "Informatique"),
        "Café Premium Bio": (15.99, "Boissons"),
        "Écouteurs Bluetooth": (45.99, "Informatique"),
        "Chocolat Noir 70%": (8.99, "Confiserie"),
    }
    assert all(produit["sku"] for produit in corps["data"]["produits"])


def test_loading_the_seed_data_twice_changes_nothing_and_keeps_a_changed_price(client: Client) -> None:
    client.patch(f"{BASE}produits/{CLAVIER}/prix/", {"prix": 79.99}, content_type="application/json")
    charger()
    assert ProduitLigne.objects.count() == 5
    assert client.get(f"{BASE}produits/{CLAVIER}/").json()["prix"] == 79.99


def test_a_name_is_sought_in_names_and_descriptions_in_any_case(client: Client) -> None:
    creer(client, "Table basse", 80, description="Avec ÉCLAIRAGE intégré")
    assert noms(client, nom="éclairage") == ["Table basse"]
    assert noms(client, nom="CAFÉ") == ["Café Premium Bio"]
    assert noms(client, nom="écouteurs") == ["Écouteurs Bluetooth"]


def test_with_a_name_premium_products_come_first_then_by_price(client: Client) -> None:
    for nom, prix in (("Lampe A", 100), ("Lampe B", 300), ("Lampe C", 100.01), ("Lampe D", 20)):
        creer(client, nom, prix)
    assert noms(client, nom="lampe") == ["Lampe C", "Lampe B", "Lampe D", "Lampe A"]


@pytest.mark.parametrize(
    ("motif", "attendus"), [("%", ["Chocolat Noir 70%"]), ("70%", ["Chocolat Noir 70%"]), ("_", []), ("\\", [])]
)
def test_wildcards_of_sql_are_plain_characters(client: Client, motif: str, attendus: list[str]) -> None:
    ProduitLigne.objects.update(description="")
    assert noms(client, nom=motif) == attendus


def test_categories_and_prices_filter(client: Client) -> None:
    assert noms(client, categorie="boissons") == ["Café Premium Bio"]
    assert noms(client, categorie_id=Categorie.CONFISERIE.identifiant) == ["Chocolat Noir 70%"]
    assert noms(client, categorie="Inconnue") == []
    assert noms(client, categorie_id=INCONNU) == []
    assert noms(client, prix_min="15.99", prix_max="25.50") == ["Café Premium Bio", "Souris optique"]


def test_an_archived_product_is_not_found_by_default(client: Client) -> None:
    client.post(f"{BASE}produits/{CAFE}/archiver/")
    assert noms(client, nom="café") == []
    assert noms(client, nom="café", actifs_seulement="false") == ["Café Premium Bio"]


@pytest.mark.parametrize(
    ("criteres", "champ"),
    [
        ({"prix_min": "20", "prix_max": "10"}, "prix_min"),
        ({"prix_min": "abc"}, "prix_min"),
        ({"prix_max": "NaN"}, "prix_max"),
        ({"prix_max": "-1"}, "prix_max"),
        ({"prix_max": "1e99999"}, "prix_max"),
        ({"categorie_id": "abc"}, "categorie_id"),
        ({"actifs_seulement": "peut-être"}, "actifs_seulement"),
        ({"page": "0"}, "page"),
        ({"page_size": "201"}, "page_size"),
    ],
)
def test_bad_criteria_are_refused_by_name(client: Client, criteres: dict[str, str], champ: str) -> None:
    reponse = client.get(f"{BASE}rechercher/", criteres)
    assert reponse.status_code == 400, reponse.content
    assert reponse.json()["error"] == "Critères de recherche invalides"
    assert list(reponse.json()["champs"]) == [champ]


def test_a_search_comes_in_pages_that_say_the_total(client: Client) -> None:
    corps = client.get(f"{BASE}rechercher/", {"page": "2", "page_size": "2"}).json()["data"]
    assert [produit["nom"] for produit in corps["produits"]] == ["Clavier mécanique", "Souris optique"]
    assert (corps["total"], corps["page"], corps["page_size"]) == (5, 2, 2)
    vide = client.get(f"{BASE}rechercher/", {"page": "9"}).json()["data"]
    assert (vide["produits"], vide["total"]) == ([], 5)


def test_one_product_is_flat(client: Client) -> None:
    corps = client.get(f"{BASE}produits/{CLAVIER.upper()}/").json()
    assert set(corps) == FICHE
    assert (corps["id"], corps["nom"], corps["prix"], corps["actif"]) == (CLAVIER, "Clavier mécanique", 89.99, True)
    assert corps["date_creation"].endswith("+00:00")


@pytest.mark.parametrize("chemin", [f"produits/{INCONNU}/", f"produits/{INCONNU}/prix/", "produits/pas-un-uuid/"])
def test_an_unknown_product_is_a_json_404(client: Client, chemin: str) -> None:
    reponse = client.get(BASE + chemin)
    assert (reponse.status_code, reponse["Content-Type"]) == (404, "application/json")


def test_many_products_in_one_call_in_the_order_asked_archived_included(client: Client) -> None:
    client.post(f"{BASE}produits/{CAFE}/archiver/")
    corps = client.get(f"{BASE}produits/", {"ids": f"{SOURIS},{INCONNU},{CAFE.upper()},{SOURIS}"}).json()
    assert [(p["id"], p["actif"]) for p in corps["produits"]] == [(SOURIS, True), (CAFE, False)]
    assert corps["introuvables"] == [INCONNU]
    assert set(corps["produits"][0]) == FICHE


@pytest.mark.parametrize("nombre", [1, 5, 200])
def test_many_products_cost_one_sql_statement(client: Client, nombre: int) -> None:
    ids = ",".join(
        [CLAVIER, SOURIS, CAFE][:nombre] + [f"{rang:08d}-0000-4000-8000-000000000000" for rang in range(nombre - 3)]
    )
    with CaptureQueriesContext(connection) as requetes:
        assert client.get(f"{BASE}produits/", {"ids": ids}).status_code == 200
    assert len(requetes) == 1


@pytest.mark.parametrize("ids", ["", "abc", f"{CLAVIER},", f"{CLAVIER};{SOURIS}", ",".join([CLAVIER] * 201)])
def test_malformed_ids_are_a_400_that_names_them(client: Client, ids: str) -> None:
    reponse = client.get(f"{BASE}produits/", {"ids": ids})
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, ["ids"])


def test_without_ids_the_active_products_come_in_pages(client: Client) -> None:
    client.post(f"{BASE}produits/{CAFE}/archiver/")
    corps = client.get(f"{BASE}produits/", {"page_size": "3"}).json()
    assert (len(corps["produits"]), corps["total"], corps["page"]) == (3, 4, 1)
    assert client.get(f"{BASE}produits/", {"page_size": "0"}).status_code == 400


def test_the_categories_are_listed_with_their_identifiers(client: Client) -> None:
    corps = client.get(f"{BASE}categories/").json()
    assert [categorie["nom"] for categorie in corps["categories"]] == list(Categorie)
    assert corps["total"] == 6


@pytest.mark.parametrize("chemin", ["health/", "swagger/", "swagger.json", "redoc/", "metrics"])
def test_the_common_pages_are_served_below_the_base(client: Client, chemin: str) -> None:
    assert client.get(BASE + chemin).status_code == 200


def test_every_route_is_documented_with_a_schema_and_an_example(client: Client) -> None:
    document = client.get(f"{BASE}swagger.json").json()
    for chemin, operations in document["paths"].items():
        for methode, operation in operations.items():
            if methode == "parameters":
                continue
            reussites = [r for statut, r in operation["responses"].items() if statut.startswith("2")]
            assert reussites, f"{methode} {chemin}"
            assert all("schema" in r and "examples" in r for r in reussites), f"{methode} {chemin}"
