"""Clients over HTTP, and the routes every service has."""

import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ecommerce.infrastructure.amorce import charger
from socle.django.documentation import verifier
from tests.conftest import ADA, Api, attendre_verrou, en_fil, un
from tests.voisins import CHOCOLAT, Voisins

JEAN = "11111111-1111-1111-1111-111111111111"

GRACE = {
    "prenom": "Grace",
    "nom": "Hopper",
    "email": "Grace.Hopper@example.com",
    "adresse_rue": "500 rue de la Montagne",
    "adresse_ville": "Montréal",
    "adresse_code_postal": "h3c4k9",
    "telephone": "(514) 555-0505",
}


def creer(api: Api, **suite: object) -> object:
    entetes = {"Idempotency_Key": str(suite.pop("cle"))} if "cle" in suite else {}
    return api.appeler("POST", "/api/clients/", {**GRACE, **suite}, **entetes)


def test_a_client_is_created_normalised_with_the_defaults(api: Api) -> None:
    reponse = creer(api)
    client = reponse.json()["client"]
    assert reponse.status_code == 201
    assert {n: client[n] for n in ("nom_complet", "email", "adresse_complete", "telephone", "actif")} == {
        "nom_complet": "Grace Hopper",
        "email": "Grace.Hopper@example.com",
        "adresse_complete": "500 rue de la Montagne, Montréal (Québec) H3C 4K9, Canada",
        "telephone": "514-555-0505",
        "actif": True,
    }
    valide = api.appeler("GET", f"/api/clients/{client['id']}/valider/").json()
    assert (valide["valide"], valide["client_id"]) == (True, client["id"])


@pytest.mark.parametrize(
    ("champ", "valeur"),
    [
        ("email", "pas-un-courriel"),
        ("email", "a..b@example.com"),
        ("adresse_code_postal", "12345"),
        ("adresse_code_postal", "D1A 1A1"),
        ("telephone", "555-0505"),
        ("telephone", "514555050５"),
        ("prenom", "   "),
        ("prenom", 5),
        ("nom", "a\x00b"),
        ("nom", "x" * 101),
        ("adresse_rue", None),
    ],
)
def test_F43_an_invalid_client_is_a_400_naming_the_field_and_creates_nothing(
    api: Api, champ: str, valeur: object
) -> None:
    reponse = creer(api, **{champ: valeur})
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, [champ])
    assert un("SELECT count(*) FROM clients") == 4


def test_an_email_is_used_once_whatever_its_case(api: Api) -> None:
    creer(api)
    reponse = creer(api, email="GRACE.hopper@EXAMPLE.com")
    assert (reponse.status_code, reponse.json()["code"]) == (409, "courriel_utilise")
    assert un("SELECT count(*) FROM clients") == 5


def test_two_simultaneous_creations_with_one_email_make_one_client(api: Api) -> None:
    """A third session holds an uncommitted row of that address, then gives it up."""
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute(
            "INSERT INTO clients (id, prenom, nom, email, adresse_rue, adresse_ville, adresse_code_postal, "
            "adresse_province, adresse_pays, telephone) SELECT %s, '', '', lower(%s), '', '', '', '', '', ''",
            [uuid.uuid4(), GRACE["email"]],
        )
        fils = [en_fil(lambda: creer(Api())) for _ in range(2)]
        attendre_verrou(2)
        transaction.set_rollback(True)
    assert sorted(fil.resultat().status_code for fil in fils) == [201, 409]
    assert un("SELECT count(*) FROM clients") == 5


def test_the_list_is_paged_with_a_total(api: Api) -> None:
    corps = api.appeler("GET", "/api/clients/?page=2&page_size=3").json()
    assert (corps["total"], len(corps["clients"]), corps["page"]) == (4, 1, 2)
    assert api.appeler("GET", "/api/clients/?page=0").status_code == 400


def test_one_client_is_for_internal_callers(api: Api) -> None:
    refuse = api.appeler("GET", f"/api/clients/{ADA}/")
    permis = api.appeler("GET", f"/api/clients/{ADA}/", X_Internal_Token="jeton-de-test")
    inconnu = api.appeler("GET", f"/api/clients/{uuid.uuid4()}/", X_Internal_Token="jeton-de-test")
    assert (refuse.status_code, refuse.json()["code"]) == (403, "jeton_interne_requis")
    assert (permis.status_code, permis.json()["client"]["email"]) == (200, "ada.lovelace@example.com")
    assert inconnu.status_code == 404


def test_many_clients_are_read_at_once_by_internal_callers_in_one_statement(api: Api) -> None:
    inconnu = str(uuid.uuid4())
    chemin = f"/api/clients/?ids={str(ADA).upper()},{inconnu},{JEAN},{ADA}"
    refuse = api.appeler("GET", chemin)
    with CaptureQueriesContext(connection) as requetes:
        permis = api.appeler("GET", chemin, X_Internal_Token="jeton-de-test").json()
    assert (refuse.status_code, refuse.json()["code"]) == (403, "jeton_interne_requis")
    assert [client["id"] for client in permis["clients"]] == [str(ADA), JEAN]
    assert permis["clients"][0]["email"] == "ada.lovelace@example.com"
    assert permis["introuvables"] == [inconnu]
    assert len(requetes) == 1
    faux = api.appeler("GET", "/api/clients/?ids=a,b", X_Internal_Token="jeton-de-test")
    assert (faux.status_code, list(faux.json()["champs"])) == (400, ["ids"])


def test_an_erased_client_leaves_no_personal_datum_and_cannot_buy(api: Api, voisins: Voisins) -> None:
    client = creer(api, cle="creation").json()["client"]["id"]
    api.ajouter(CHOCOLAT, client=client)
    premiere = api.commander({"notes": "Sonner chez Hopper"}, client=client, Idempotency_Key="k1")
    assert premiere.status_code == 201
    assert "Hopper" in premiere.content.decode()
    api.ajouter(CHOCOLAT, client=client)

    for _ in range(2):
        efface = api.appeler("POST", f"/api/clients/{client}/anonymiser/")
        assert (efface.status_code, efface.json()["actif"]) == (200, False)

    tables = ("clients", "checkouts", "paniers", "lignes_panier", "cles_checkout", "idempotence_cles")
    for table in tables:
        for trace in ("Hopper", "grace", "Montagne", "555-0505", "H3C"):
            # Binary columns print as hexadecimal in a row's text.
            requete = f"SELECT count(*) FROM {table} t WHERE t::text ILIKE %s OR t::text LIKE %s"
            assert un(requete, [f"%{trace}%", f"%{trace.encode().hex()}%"]) == 0, (table, trace)
    assert [un("SELECT id FROM clients WHERE id = %s", [client])] == [uuid.UUID(client)]
    ajout, achat = api.ajouter(CHOCOLAT, client=client), api.commander(client=client)
    assert [(r.status_code, r.json()["code"]) for r in (ajout, achat)] == [(400, "client_inactif")] * 2
    assert api.panier(client) == {}
    assert api.appeler("GET", f"/api/clients/{client}/valider/").json()["valide"] is False
    assert creer(api, email=GRACE["email"]).status_code == 201
    rejouee = api.commander({"notes": "Sonner chez Hopper"}, client=client, Idempotency_Key="k1")
    assert (rejouee.status_code, rejouee.json()["commande"]["adresse_livraison"]) == (201, None)
    assert rejouee.json()["commande_id"] == premiere.json()["commande_id"]


def test_an_erasure_waits_for_the_checkout_that_is_being_opened(api: Api) -> None:
    api.ajouter(CHOCOLAT)
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM paniers WHERE client_id = %s FOR UPDATE", [ADA])
        achat = en_fil(lambda: Api().commander().status_code)
        attendre_verrou(1)
        effacement = en_fil(lambda: Api().appeler("POST", f"/api/clients/{ADA}/anonymiser/").status_code)
        attendre_verrou(2)
    assert (achat.resultat(), effacement.resultat()) == (201, 200)
    assert un("SELECT adresse FROM checkouts") is None


def test_seeds_load_twice_without_a_change_and_do_not_bring_an_erased_client_back(api: Api) -> None:
    api.appeler("POST", f"/api/clients/{ADA}/anonymiser/")
    avant = un("SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM clients c")
    charger()
    assert un("SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM clients c") == avant
    assert un("SELECT count(*) FROM clients") == 4


@pytest.mark.parametrize("racine", ["/", "/api/"])
@pytest.mark.parametrize("page", ["health/", "health/live", "health/ready", "swagger.json", "metrics", "redoc/"])
def test_common_pages_are_served_at_the_root_and_below_the_base(api: Api, racine: str, page: str) -> None:
    assert api.client.get(racine + page).status_code == 200


def test_every_route_is_documented_with_an_example(api: Api) -> None:
    document = api.client.get("/swagger.json").json()
    assert verifier() == []
    assert len(document["paths"]) == 13 + 3
    for chemin, methodes in document["paths"].items():
        for methode, description in methodes.items():
            if methode == "parameters":
                continue
            succes = [r for statut, r in description["responses"].items() if statut.startswith("2")]
            assert all("schema" in r and "examples" in r for r in succes), (chemin, methode)


def test_a_malformed_identifier_is_a_json_404_and_a_wrong_method_a_405(api: Api) -> None:
    assert api.appeler("GET", "/api/panier/clients/abc/panier/").json()["code"] == "route_inconnue"
    assert api.appeler("GET", f"/api/commandes/clients/{ADA}/checkout/").status_code == 405
