"""Every page: what it shows, how many calls it makes, and what remains of it when a service is down."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from tests.monde import CHECKOUT, CLAVIER, CLIENT, WORKFLOW, remplir
from tests.voisins import Passerelle

Connecter = Callable[..., Client]

# (address, calls, a text of it, the services it reads)
PAGES = [
    ("/", 2, "Chiffre d&#x27;affaires par magasin", ("commandes", "supply-chain")),
    ("/indicateurs/?jours=30", 2, "Meilleures ventes", ("commandes", "supply-chain")),
    ("/rapport-consolide/", 1, "Unités vendues", ("commandes",)),
    ("/ventes/ajouter/", 4, "2 × Clavier mécanique", ("commandes", "ecommerce", "catalogue")),
    ("/stocks/", 4, "Stock central", ("inventaire",)),
    ("/produits/", 2, "CLA0001", ("catalogue",)),
    ("/produits/ajouter/", 1, "Ajouter au catalogue", ("catalogue",)),
    (f"/produits/modifier/{CLAVIER}/", 2, "au lieu de", ("catalogue",)),
    ("/demandes/", 2, "150 unités", ("supply-chain",)),
    (f"/demandes/workflows/{WORKFLOW}/", 1, "Stock central diminué de 150", ("supply-chain",)),
    ("/boutique/", 1, "Ada Lovelace", ("ecommerce",)),
    (f"/boutique/{CLIENT}/", 5, "Vous achetez pour Ada Lovelace", ("ecommerce", "catalogue", "inventaire")),
    (f"/boutique/{CLIENT}/suivi/{CHECKOUT}/", 1, "Commande confirmée", ("ecommerce",)),
]


@pytest.mark.parametrize(("adresse", "appels", "texte", "_services"), PAGES)
@pytest.mark.parametrize("nombre", [1, 30])
def test_a_page_makes_as_many_calls_for_thirty_rows_as_for_one(
    connecter: Connecter, passerelle: Passerelle, adresse: str, appels: int, texte: str, _services: object, nombre: int
) -> None:
    remplir(passerelle, nombre)
    page = connecter("gestionnaire").get(adresse)
    assert page.status_code == 200
    assert "banniere panne" not in page.content.decode()
    assert texte in page.content.decode().replace("Chiffre d'affaires par", "Chiffre d&#x27;affaires par")
    assert len(passerelle.appels) == appels
    assert {appel.methode for appel in passerelle.appels} == {"GET"}


@pytest.mark.parametrize("adresse", [adresse for adresse, *_ in PAGES])
def test_no_two_things_of_a_page_have_the_same_id(connecter: Connecter, passerelle: Passerelle, adresse: str) -> None:
    remplir(passerelle, 3)
    ids = re.findall(r'\bid="([^"]+)"', connecter("gestionnaire").get(adresse).content.decode())
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("adresse", "service"), [(adresse, service) for adresse, _, _, services in PAGES for service in services]
)
def test_a_page_survives_each_service_being_down_and_says_which(
    connecter: Connecter, passerelle: Passerelle, adresse: str, service: str
) -> None:
    remplir(passerelle)
    passerelle.eteints.add(f"/api/{service}/")
    page = connecter("gestionnaire").get(adresse)
    assert page.status_code == 200
    contenu = page.content.decode()
    assert "Une partie de cette page manque." in contenu
    assert f"Le service {service} ne répond pas" in contenu
    assert "</html>" in contenu


def test_a_service_that_never_answers_does_not_hold_the_page(connecter: Connecter, passerelle: Passerelle) -> None:
    remplir(passerelle)
    passerelle.lents["/api/inventaire/"] = 0.9
    page = connecter("operateur").get("/stocks/")
    assert page.status_code == 200
    assert "Le service inventaire ne répond pas" in page.content.decode()


@pytest.mark.parametrize(
    ("adresse", "main"),
    [
        (f"/produits/modifier/{CLIENT}/", "Historique des prix"),
        (f"/demandes/workflows/{CLAVIER}/", "Validation"),
        (f"/boutique/{CLAVIER}/", "Boutique"),
    ],
)
def test_what_does_not_exist_is_a_404_with_the_service_s_words(
    connecter: Connecter, passerelle: Passerelle, adresse: str, main: str
) -> None:
    remplir(passerelle)
    for chemin in (
        f"/api/catalogue/produits/{CLIENT}/", f"/api/catalogue/produits/{CLIENT}/prix/",
        f"/api/supply-chain/workflows/{CLAVIER}/", f"/api/ecommerce/clients/{CLAVIER}/",
        f"/api/ecommerce/panier/clients/{CLAVIER}/panier/",
        f"/api/ecommerce/commandes/clients/{CLAVIER}/historique/",
    ):  # fmt: skip
        passerelle.dire("GET", chemin, (404, {"error": "Introuvable", "details": "Cela n'existe pas ici."}))
    page = connecter("gestionnaire").get(adresse)
    assert page.status_code == 404
    assert "existe pas ici." in page.content.decode()
    assert main in page.content.decode()


def test_the_contract_s_route_names_lead_where_they_did() -> None:
    assert {nom: reverse(nom) for nom in (
        "home", "indicateurs_performance", "rapport_consolide", "ajouter_vente", "enregistrer_vente",
        "gestion_stocks", "reapprovisionner", "lister_produits", "workflow_demandes",
    )} == {
        "home": "/", "indicateurs_performance": "/indicateurs/", "rapport_consolide": "/rapport-consolide/",
        "ajouter_vente": "/ventes/ajouter/", "enregistrer_vente": "/ventes/enregistrer/",
        "gestion_stocks": "/stocks/", "reapprovisionner": "/stocks/reapprovisionner/",
        "lister_produits": "/produits/", "workflow_demandes": "/demandes/",
    }  # fmt: skip
    for nom, debut in (("modifier_produit", "/produits/modifier/"), ("valider_demande", "/demandes/valider/")):
        assert reverse(nom, args=[CLAVIER]) == f"{debut}{CLAVIER}/"
    assert reverse("rejeter_demande", args=[CLAVIER]) == f"/demandes/rejeter/{CLAVIER}/"


def test_every_call_goes_through_the_gateway_with_this_program_s_own_key(
    connecter: Connecter, passerelle: Passerelle
) -> None:
    remplir(passerelle)
    reponse = connecter("lecteur").get("/stocks/")
    assert {appel.entetes["X-API-Key"] for appel in passerelle.appels} == {"cle-de-test"}
    assert {appel.entetes["X-Correlation-ID"] for appel in passerelle.appels} == {reponse["X-Correlation-ID"]}


def test_who_only_looks_is_shown_no_button_that_would_be_refused(connecter: Connecter, passerelle: Passerelle) -> None:
    remplir(passerelle)
    for adresse in ("/ventes/ajouter/", "/stocks/", "/demandes/", f"/boutique/{CLIENT}/"):
        contenu = connecter("lecteur").get(adresse).content.decode()
        formulaires = contenu.split("<main", 1)[1]
        assert 'type="submit">Enregistrer' not in formulaires
        assert "il faut le rôle" in formulaires
