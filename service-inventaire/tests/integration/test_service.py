"""What every service has: seeds, documentation, health, admin."""

import jsonschema
import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from inventaire.infrastructure.amorce import charger
from socle.django.documentation import verifier
from tests.integration.conftest import (
    BASE,
    CAFE,
    CENTRAL,
    CHOCOLAT,
    CLAVIER,
    ECOUTEURS,
    EN_LIGNE,
    NORD,
    SOURIS,
    Api,
    compter,
    ref,
    stock,
)


def test_seeds_are_those_of_the_contract() -> None:
    assert (stock(CLAVIER, None), stock(SOURIS, None), compter("stock_central")) == (100, 200, 2)
    assert (stock(CLAVIER, CENTRAL), stock(SOURIS, NORD)) == (20, 30)
    assert [stock(p, EN_LIGNE) for p in (CLAVIER, SOURIS, CAFE, ECOUTEURS, CHOCOLAT)] == [500] * 5
    assert (compter("stock_local"), compter("produits_connus"), compter("magasins_connus")) == (7, 5, 3)


def test_loading_twice_changes_nothing_and_never_resets_stock(api: Api) -> None:
    api.reserver(ref(1), [(CLAVIER, 20)], magasin=CENTRAL)
    charger()
    assert (stock(CLAVIER, CENTRAL), compter("stock_local")) == (0, 7)


def test_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_route_is_documented_with_examples() -> None:
    assert verifier() == []
    document = Client().get("/swagger.json").json()
    for chemin, methodes in document["paths"].items():
        for methode, description in methodes.items():
            if methode == "parameters":
                continue
            for statut, reponse in description["responses"].items():
                assert "schema" in reponse, (methode, chemin, statut)
                assert "application/json" in reponse["examples"], (methode, chemin, statut)
            for parametre in description["parameters"]:
                if parametre["in"] == "body":
                    forme = parametre["schema"]["$ref"].rpartition("/")[2]
                    assert "example" in document["definitions"][forme], forme


@pytest.mark.parametrize(
    ("methode", "chemin", "corps", "statut"),
    [
        ("POST", "diminuer-stock/", {}, "400"),
        ("POST", "diminuer-stock/", {"produit_id": CLAVIER, "quantite": 101}, "400"),
        ("POST", "diminuer-stock/", {"produit_id": CLAVIER, "quantite": 1}, "200"),
        ("POST", "diminuer-stock/", {"reference": ref(1), "lignes": [{"produit_id": CLAVIER, "quantite": 1}]}, "200"),
        ("GET", f"stocks-locaux/{EN_LIGNE}/", None, "200"),
        ("GET", f"stocks-locaux/{ref(9)}/", None, "404"),
        ("GET", "magasins-stocks/", None, "200"),
        ("POST", "demandes/", {"produit_id": CLAVIER, "magasin_id": NORD, "quantite": 10}, "201"),
    ],
)
def test_answers_have_the_documented_shape(api: Api, methode: str, chemin: str, corps: object, statut: str) -> None:
    document = Client().get("/swagger.json").json()
    route = next(r for r in document["paths"] if r.split("{")[0].strip("/") == chemin.split("/")[0])
    forme = document["paths"][route][methode.lower()]["responses"][statut]["schema"]
    reponse = api(methode, chemin, corps)
    assert str(reponse.status_code) == statut
    jsonschema.validate(_sans_nuls(reponse.json()), {**forme, "definitions": document["definitions"]})


def _sans_nuls(valeur: object) -> object:
    """Swagger 2.0 says null with `x-nullable`, which plain JSON Schema does not know."""
    if isinstance(valeur, dict):
        return {
            nom: "00000000-0000-4000-8000-000000000000" if v is None else _sans_nuls(v) for nom, v in valeur.items()
        }
    return [_sans_nuls(v) for v in valeur] if isinstance(valeur, list) else valeur


@pytest.mark.parametrize("chemin", ["health/", "health/live", "health/ready", "metrics/", "swagger/", "redoc/"])
def test_common_pages_answer_below_the_base(chemin: str) -> None:
    assert Client().get(BASE + chemin).status_code == 200


@pytest.mark.parametrize(
    ("methode", "chemin"),
    [("GET", "diminuer-stock/"), ("DELETE", f"stocks-locaux/{CENTRAL}/"), ("POST", "magasins-stocks/")],
)
def test_a_wrong_method_is_a_json_405(api: Api, methode: str, chemin: str) -> None:
    reponse = api(methode, chemin)
    assert (reponse.status_code, reponse.json()["code"]) == (405, "methode_non_autorisee")


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("chef", password="mot-de-passe"))
    return client


@pytest.mark.parametrize(
    "table",
    ["produitconnu", "magasinconnu", "stockcentralligne", "stocklocalligne", "reservationligne", "demandeligne"],
)
def test_the_admin_shows_every_table(api: Api, admin: Client, table: str) -> None:
    api.reserver(ref(1), [(CLAVIER, 1)])
    assert admin.get(f"/admin/inventaire/{table}/").status_code == 200
    assert admin.get(f"/admin/inventaire/{table}/add/").status_code == 403


def test_the_admin_approves_through_the_use_case(api: Api, admin: Client) -> None:
    demande = api("POST", "demandes/", {"produit_id": CLAVIER, "magasin_id": NORD, "quantite": 10}).json()["id"]
    corps = {"action": "approuver", "_selected_action": [demande]}
    for _ in range(2):
        assert admin.post("/admin/inventaire/demandeligne/", corps).status_code == 302
    assert (stock(CLAVIER, None), stock(CLAVIER, NORD)) == (90, 10)
