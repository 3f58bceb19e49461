"""Changing the catalogue over HTTP, on PostgreSQL."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client

from catalogue.infrastructure.amorce import charger
from catalogue.infrastructure.models import ChangementPrixLigne, ProduitLigne
from socle.tests.concurrence import Fil, attend_un_verrou, attendre_que, ensemble

BASE = "/api/ddd/catalogue/"
CLAVIER = "550e8400-e29b-41d4-a716-446655440001"
INCONNU = "00000000-0000-4000-8000-000000000000"
LAMPE = {"nom": "Lampe d'appoint", "categorie": "Meubles", "prix": 34.5}


def ajouter(client: Client, cle: str = "", **suite: Any) -> HttpResponse:
    corps = {nom: valeur for nom, valeur in {**LAMPE, **suite}.items() if valeur is not ...}
    entetes = {"Idempotency-Key": cle} if cle else {}
    return client.post(f"{BASE}ajouter/", corps, content_type="application/json", headers=entetes)


def changer_prix(client: Client, prix: Any, produit: str = CLAVIER) -> HttpResponse:
    return client.patch(f"{BASE}produits/{produit}/prix/", {"prix": prix}, content_type="application/json")


def test_a_product_is_added_with_what_was_given(client: Client) -> None:
    reponse = ajouter(client, nom="  Lampe d'appoint ", description="À DEL.\nBlanche.", sku="lam0100")
    assert reponse.status_code == 201, reponse.content
    assert reponse.json()["success"] is True
    donnees = reponse.json()["data"]
    assert donnees["message"] == "Produit « Lampe d'appoint » ajouté au catalogue."
    attendu = {
        "nom": "Lampe d'appoint",
        "categorie": "Meubles",
        "prix": 34.5,
        "description": "À DEL.\nBlanche.",
        "sku": "LAM0100",
        "actif": True,
    }
    assert {nom: donnees[nom] for nom in attendu} == attendu
    assert client.get(f"{BASE}produits/{donnees['id']}/").json()["nom"] == "Lampe d'appoint"


def test_description_and_sku_are_optional(client: Client) -> None:
    donnees = ajouter(client).json()["data"]
    assert (donnees["description"], donnees["sku"]) == ("", None)
    assert ajouter(client, nom="Autre lampe").status_code == 201


@pytest.mark.parametrize(
    ("defaut", "champ"),
    [
        ({"nom": ...}, "nom"),
        ({"nom": " a "}, "nom"),
        ({"nom": "x" * 101}, "nom"),
        ({"nom": "a <b> c"}, "nom"),
        ({"nom": "a\nb"}, "nom"),
        ({"nom": 12}, "nom"),
        ({"prix": ...}, "prix"),
        ({"prix": 0}, "prix"),
        ({"prix": -5}, "prix"),
        ({"prix": 1000000}, "prix"),
        ({"prix": 1.005}, "prix"),
        ({"prix": "34.50"}, "prix"),
        ({"prix": None}, "prix"),
        ({"sku": "AB1234"}, "sku"),
        ({"categorie": ...}, "categorie"),
        ({"categorie": ["Meubles"]}, "categorie"),
        ({"description": "x" * 2001}, "description"),
    ],
)
def test_F43_an_invalid_product_is_refused_by_field_and_not_stored(
    client: Client, defaut: dict[str, Any], champ: str
) -> None:
    reponse = ajouter(client, **defaut)
    assert (reponse.status_code, reponse.json()["error"]) == (400, "Données invalides")
    assert list(reponse.json()["champs"]) == [champ]
    assert ProduitLigne.objects.count() == 5


def test_an_unknown_category_is_refused(client: Client) -> None:
    reponse = ajouter(client, categorie="Jouets")
    assert (reponse.status_code, reponse.json()["error"]) == (400, "Catégorie inexistante")
    assert ProduitLigne.objects.count() == 5


@pytest.mark.parametrize("nom", ["LAMPE D'APPOINT", " lampe d'appoint "])
def test_a_name_is_unique_in_any_case(client: Client, nom: str) -> None:
    ajouter(client)
    reponse = ajouter(client, nom=nom)
    assert (reponse.status_code, reponse.json()["error"]) == (409, "Produit déjà existant")
    assert ProduitLigne.objects.count() == 6


def test_an_accented_name_is_unique_in_any_case(client: Client) -> None:
    assert ajouter(client, nom="ÉCOUTEURS BLUETOOTH").status_code == 409


def test_a_sku_is_unique(client: Client) -> None:
    reponse = ajouter(client, sku="cla0001")
    assert (reponse.status_code, reponse.json()["error"]) == (409, "Produit déjà existant")
    assert "CLA0001" in reponse.json()["details"]
    assert ProduitLigne.objects.count() == 5


def test_the_name_of_an_archived_product_stays_taken(client: Client) -> None:
    client.post(f"{BASE}produits/{CLAVIER}/archiver/")
    assert ajouter(client, nom="clavier mécanique").status_code == 409


def test_a_new_price_keeps_the_former_one(client: Client) -> None:
    for prix in (79.99, 84.5):
        reponse = changer_prix(client, prix)
        assert (reponse.status_code, reponse.json()["data"]["prix"]) == (200, prix)
    corps = client.get(f"{BASE}produits/{CLAVIER}/prix/").json()
    assert (corps["produit_id"], corps["prix"]) == (CLAVIER, 84.5)
    lignes = [(ligne["ancien_prix"], ligne["nouveau_prix"]) for ligne in corps["historique"]]
    assert lignes == [(79.99, 84.5), (89.99, 79.99)]


def test_the_same_price_again_is_not_a_change(client: Client) -> None:
    assert changer_prix(client, 89.99).status_code == 200
    assert ChangementPrixLigne.objects.count() == 0


@pytest.mark.parametrize("prix", [0, -1, 1000000, "12", None, True])
def test_a_price_out_of_the_bounds_is_refused_and_changes_nothing(client: Client, prix: Any) -> None:
    reponse = changer_prix(client, prix)
    assert (reponse.status_code, list(reponse.json()["champs"])) == (400, ["prix"])
    assert client.get(f"{BASE}produits/{CLAVIER}/").json()["prix"] == 89.99
    assert ChangementPrixLigne.objects.count() == 0


def test_archiving_and_reactivating_are_idempotent(client: Client) -> None:
    for action, actif in (("archiver", False), ("archiver", False), ("reactiver", True), ("reactiver", True)):
        reponse = client.post(f"{BASE}produits/{CLAVIER}/{action}/")
        assert (reponse.status_code, reponse.json()["data"]["actif"]) == (200, actif)
        assert client.get(f"{BASE}produits/{CLAVIER}/").json()["actif"] is actif


def test_an_unknown_product_cannot_be_changed(client: Client) -> None:
    assert changer_prix(client, 5, produit=INCONNU).status_code == 404
    for action in ("archiver", "reactiver"):
        assert client.post(f"{BASE}produits/{INCONNU}/{action}/").status_code == 404


@pytest.mark.parametrize(
    ("methode", "chemin"),
    [("post", "rechercher/"), ("get", "ajouter/"), ("put", f"produits/{CLAVIER}/prix/"), ("delete", "produits/")],
)
def test_a_wrong_method_is_a_json_405(client: Client, methode: str, chemin: str) -> None:
    reponse = getattr(client, methode)(BASE + chemin)
    assert (reponse.status_code, reponse.json()["code"]) == (405, "methode_non_autorisee")


def test_a_key_gives_the_first_answer_again_and_one_product(client: Client) -> None:
    premiere, seconde = ajouter(client, "cle-1"), ajouter(client, "cle-1")
    assert (premiere.status_code, premiere.content) == (seconde.status_code, seconde.content)
    assert ProduitLigne.objects.count() == 6


def test_a_key_used_for_another_product_is_a_422(client: Client) -> None:
    ajouter(client, "cle-1")
    assert ajouter(client, "cle-1", nom="Autre lampe").status_code == 422
    assert ProduitLigne.objects.count() == 6


def test_a_refusal_is_given_again_under_its_key(client: Client) -> None:
    premiere = ajouter(client, "cle-1", sku="CLA0001")
    ProduitLigne.objects.filter(pk=CLAVIER).update(sku="CLA9999")
    seconde = ajouter(client, "cle-1", sku="CLA0001")
    assert (premiere.status_code, premiere.content) == (409, seconde.content)


def test_archiving_with_a_key_is_answered_from_it(client: Client) -> None:
    chemin = f"{BASE}produits/{CLAVIER}/archiver/"
    premiere = client.post(chemin, headers={"Idempotency-Key": "cle-1"})
    client.post(f"{BASE}produits/{CLAVIER}/reactiver/")
    seconde = client.post(chemin, headers={"Idempotency-Key": "cle-1"})
    assert premiere.content == seconde.content
    assert client.get(f"{BASE}produits/{CLAVIER}/").json()["actif"] is True


@pytest.mark.parametrize("prix", ["0", "-1"])
def test_the_database_refuses_a_price_that_the_code_would_let_through(client: Client, prix: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ProduitLigne.objects.filter(pk=CLAVIER).update(prix=prix)


@pytest.fixture
def concurrent(transactional_db: None) -> None:
    charger()


def test_two_products_of_one_name_at_once_the_second_waits_then_is_refused(concurrent: None) -> None:
    with transaction.atomic():
        assert ajouter(Client()).status_code == 201
        autre = Fil(lambda: ajouter(Client(), nom="LAMPE D'APPOINT"))
        attendre_que(attend_un_verrou)
        assert not autre.fini
    assert (autre.resultat().status_code, ProduitLigne.objects.count()) == (409, 6)


def test_two_price_changes_at_once_leave_a_continuous_history(concurrent: None) -> None:
    statuts = ensemble(*(lambda prix=prix: changer_prix(Client(), prix).status_code for prix in (10, 20, 30)))
    assert statuts == [200, 200, 200]
    lignes = list(ChangementPrixLigne.objects.order_by("id").values_list("ancien_prix", "nouveau_prix"))
    assert len(lignes) == 3
    assert [ancien for ancien, _ in lignes[1:]] == [nouveau for _, nouveau in lignes[:-1]]
    assert ProduitLigne.objects.get(pk=CLAVIER).prix == lignes[-1][1]


def test_the_admin_archives_through_the_use_case(client: Client) -> None:
    client.force_login(User.objects.create_superuser("admin"))
    page = client.get("/admin/catalogue/produitligne/")
    assert page.status_code == 200
    reponse = client.post(
        "/admin/catalogue/produitligne/", {"action": "archiver", "_selected_action": [CLAVIER], "index": "0"}
    )
    assert reponse.status_code == 302, reponse.content
    assert ProduitLigne.objects.get(pk=CLAVIER).actif is False
    assert client.get(f"/admin/catalogue/produitligne/{CLAVIER}/change/").status_code == 200
