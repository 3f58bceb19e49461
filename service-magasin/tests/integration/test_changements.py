"""Changes: sent once with a key; refused in the service's words; unanswered without losing what was typed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.monde import (
    CHECKOUT,
    CLAVIER,
    CLIENT,
    DEMANDE,
    MAGASIN,
    WORKFLOW,
    checkout,
    produit,
    remplir,
    vente,
    workflow,
)
from tests.voisins import Appel, Passerelle

Connecter = Callable[..., Client]
CLE = "6f1c1d9e-7a55-4c0e-9a44-3a7c2f1e0b11"
AUTRE = "7f1c1d9e-7a55-4c0e-9a44-3a7c2f1e0b11"
VENTE = {"magasin_id": MAGASIN, "client_id": CLIENT, "produit_id": CLAVIER, "quantite": "2", "cle": CLE}
BESOIN = {"magasin_id": MAGASIN, "produit_id": CLAVIER, "quantite": "7", "cle": CLE}
NOUVEAU = {"nom": "Lampe d'appoint", "categorie": "Informatique", "prix": "34.50", "sku": "", "cle": CLE}

# (page, form, method and route it becomes, JSON body)
CHANGEMENTS: list[tuple[str, dict[str, str], str, str, Any]] = [
    ("/ventes/enregistrer/", VENTE, "POST", "/api/commandes/ventes-ddd/enregistrer/",
     {"magasin_id": MAGASIN, "client_id": CLIENT, "produit_id": CLAVIER, "quantite": 2}),
    ("/stocks/reapprovisionner/", BESOIN, "POST", "/api/inventaire/demandes/",
     {"magasin_id": MAGASIN, "produit_id": CLAVIER, "quantite": 7}),
    ("/produits/ajouter/", NOUVEAU, "POST", "/api/catalogue/ajouter/",
     {"nom": "Lampe d'appoint", "categorie": "Informatique", "prix": 34.5}),
    (f"/produits/modifier/{CLAVIER}/", {"action": "prix", "prix": "79.99", "cle": CLE}, "PATCH",
     f"/api/catalogue/produits/{CLAVIER}/prix/", {"prix": 79.99}),
    (f"/demandes/rejeter/{DEMANDE}/", {"motif": "Retiré de la vente.", "cle": CLE}, "POST",
     f"/api/supply-chain/rejeter-demande/{DEMANDE}/", {"motif": "Retiré de la vente."}),
    (f"/boutique/{CLIENT}/panier/", {"produit_id": CLAVIER, "quantite": "3", "cle": CLE}, "POST",
     f"/api/ecommerce/panier/clients/{CLIENT}/panier/", {"produit_id": CLAVIER, "quantite": 3}),
    (f"/boutique/{CLIENT}/commander/", {"style": "orchestre", "notes": "Sonner.", "cle": CLE}, "POST",
     f"/api/ecommerce/commandes/clients/{CLIENT}/checkout/", {"notes": "Sonner."}),
    (f"/boutique/{CLIENT}/commander/", {"style": "choreo", "notes": "", "cle": CLE}, "POST",
     f"/api/ecommerce/commandes/clients/{CLIENT}/checkout/choreo/", {"notes": ""}),
]  # fmt: skip
REUSSITES: dict[str, Any] = {
    "/api/commandes/ventes-ddd/enregistrer/": (201, {"vente": vente()}),
    "/api/inventaire/demandes/": (201, {"quantite": 7, "nom_produit": "Clavier", "nom_magasin": "Central",
                                        "magasin_id": MAGASIN}),
    "/api/catalogue/ajouter/": (201, {"data": produit()}),
    f"/api/catalogue/produits/{CLAVIER}/prix/": (200, {"data": produit()}),
    f"/api/supply-chain/rejeter-demande/{DEMANDE}/": (200, {"success": True}),
    f"/api/ecommerce/panier/clients/{CLIENT}/panier/": (201, {"success": True}),
    f"/api/ecommerce/commandes/clients/{CLIENT}/checkout/": (201, {"checkout_id": CHECKOUT}),
    f"/api/ecommerce/commandes/clients/{CLIENT}/checkout/choreo/": (202, {"checkout_id": CHECKOUT}),
}  # fmt: skip


@pytest.mark.parametrize(("adresse", "saisie", "methode", "route", "corps"), CHANGEMENTS)
def test_a_form_becomes_one_call_with_its_key_and_the_browser_is_sent_on(
    connecter: Connecter, passerelle: Passerelle, adresse: str, saisie: dict[str, str], methode: str, route: str,
    corps: Any,
) -> None:  # fmt: skip
    remplir(passerelle)
    passerelle.dire(methode, route, REUSSITES[route])
    navigateur = connecter("gestionnaire")
    for _ in range(2):  # a double click
        assert navigateur.post(adresse, saisie).status_code == 302
    envois = passerelle.recus(methode, "/api/")
    envois = [appel for appel in envois if appel.methode == methode]
    assert [(a.chemin, a.corps, a.entetes["Idempotency-Key"]) for a in envois] == [(route, corps, CLE)] * 2


@pytest.mark.parametrize(("adresse", "saisie", "methode", "route", "corps"), CHANGEMENTS)
def test_what_a_service_refuses_comes_back_with_its_words_and_a_new_key(
    connecter: Connecter, passerelle: Passerelle, adresse: str, saisie: dict[str, str], methode: str, route: str,
    corps: Any,
) -> None:  # fmt: skip
    remplir(passerelle)
    refus = {"error": "Non", "details": ["Une raison de refuser."], "code": "stock_insuffisant"}
    passerelle.dire(methode, route, (400, refus))
    reponse = connecter("gestionnaire").post(adresse, saisie)
    contenu = reponse.content.decode()
    assert reponse.status_code == 400
    assert "Une raison de refuser." in contenu
    assert CLE not in contenu
    for valeur in (v for nom, v in saisie.items() if nom not in ("cle", "action") and v):
        assert valeur.replace("'", "&#x27;") in contenu


@pytest.mark.parametrize(("adresse", "saisie", "methode", "route", "corps"), CHANGEMENTS)
def test_what_no_service_answers_comes_back_as_typed_with_the_same_key(
    connecter: Connecter, passerelle: Passerelle, adresse: str, saisie: dict[str, str], methode: str, route: str,
    corps: Any,
) -> None:  # fmt: skip
    remplir(passerelle)
    passerelle.eteints.add("/api/")  # everything is down: the reads of the page too
    reponse = connecter("gestionnaire").post(adresse, saisie)
    contenu = reponse.content.decode()
    assert reponse.status_code == 503
    if "/panier/" not in adresse:  # the products are not shown: nothing to put back but the sentence
        assert CLE in contenu
        for valeur in (v for nom, v in saisie.items() if nom not in ("cle", "action") and v):
            assert valeur.replace("'", "&#x27;") in contenu
    assert "renvoyez-la, elle ne sera comptée qu&#x27;une fois" in contenu


@pytest.mark.parametrize(
    ("adresse", "saisie", "champ"),
    [
        ("/ventes/enregistrer/", VENTE | {"quantite": "0"}, "quantite"),
        ("/ventes/enregistrer/", VENTE | {"magasin_id": "x"}, "magasin_id"),
        ("/stocks/reapprovisionner/", BESOIN | {"quantite": "beaucoup"}, "quantite"),
        ("/produits/ajouter/", NOUVEAU | {"prix": "0"}, "prix"),
        ("/produits/ajouter/", NOUVEAU | {"categorie": "Inconnue"}, "categorie"),
        (f"/produits/modifier/{CLAVIER}/", {"action": "prix", "prix": "-1", "cle": CLE}, "prix"),
        (f"/demandes/rejeter/{DEMANDE}/", {"motif": "non", "cle": CLE}, "motif"),
    ],
)
def test_what_is_plainly_wrong_is_said_at_its_field_and_sent_to_nobody(
    connecter: Connecter, passerelle: Passerelle, adresse: str, saisie: dict[str, str], champ: str
) -> None:
    remplir(passerelle)
    if "rejeter" in adresse:
        adresse = adresse.replace(DEMANDE, DEMANDE[:-2] + "00")
    reponse = connecter("gestionnaire").post(adresse, saisie)
    assert reponse.status_code == 400
    assert re.search(rf'aria-describedby="[^"]*[_-]{champ}_error', reponse.content.decode())
    assert {appel.methode for appel in passerelle.appels} == {"GET"}


def test_the_services_name_the_field_they_refuse(connecter: Connecter, passerelle: Passerelle) -> None:
    remplir(passerelle)
    refus = {"error": "Données invalides", "details": ["sku : pris"], "champs": {"sku": "Ce SKU est déjà pris."}}
    passerelle.dire("POST", "/api/catalogue/ajouter/", (400, refus))
    contenu = connecter("gestionnaire").post("/produits/ajouter/", NOUVEAU | {"sku": "CLA0001"}).content.decode()
    assert '<p class="erreur" id="id_sku_error">Ce SKU est déjà pris.</p>' in contenu


@pytest.mark.parametrize(
    ("role", "adresse", "statut"),
    [
        ("lecteur", "/ventes/enregistrer/", 403),
        ("lecteur", f"/boutique/{CLIENT}/commander/", 403),
        ("operateur", f"/produits/modifier/{CLAVIER}/", 403),
        ("operateur", f"/demandes/valider/{DEMANDE}/", 403),
        ("operateur", "/produits/ajouter/", 403),
        ("", "/ventes/enregistrer/", 302),
        ("", f"/demandes/rejeter/{DEMANDE}/", 302),
    ],
)
def test_a_role_too_low_changes_nothing(
    connecter: Connecter, passerelle: Passerelle, role: str, adresse: str, statut: int
) -> None:
    reponse = connecter(role).post(adresse, VENTE)
    assert reponse.status_code == statut
    assert passerelle.appels == []


@pytest.mark.parametrize("adresse", [f"/demandes/valider/{DEMANDE}/", f"/demandes/rejeter/{DEMANDE}/"])
def test_a_decision_is_never_a_get(connecter: Connecter, passerelle: Passerelle, adresse: str) -> None:
    assert connecter("gestionnaire").get(adresse).status_code == 405
    assert passerelle.appels == []


@pytest.mark.parametrize("statut", [200, 202, 400])
def test_a_validation_leads_to_the_steps_whatever_became_of_it(
    connecter: Connecter, passerelle: Passerelle, statut: int
) -> None:
    remplir(passerelle)
    passerelle.dire("POST", f"/api/supply-chain/valider-demande/{DEMANDE}/", (statut, {"details": "Stock insuffisant"}))
    reponse = connecter("gestionnaire").post(f"/demandes/valider/{DEMANDE}/", {"cle": CLE})
    assert (reponse.status_code, reponse["Location"]) == (302, f"/demandes/workflows/{WORKFLOW}/")
    assert [a.entetes["Idempotency-Key"] for a in passerelle.recus("POST")] == [CLE]


def test_a_validation_that_began_no_workflow_says_why(connecter: Connecter, passerelle: Passerelle) -> None:
    remplir(passerelle)
    passerelle.dire("GET", "/api/supply-chain/workflows/", (200, {"workflows": []}))
    refus = (404, {"error": "La demande n'existe pas", "details": "La demande n'existe pas."})
    passerelle.dire("POST", f"/api/supply-chain/valider-demande/{DEMANDE}/", refus)
    page = connecter("gestionnaire").post(f"/demandes/valider/{DEMANDE}/", {"cle": CLE}, follow=True)
    assert page.redirect_chain == [("/demandes/", 302)]
    assert "La demande n&#x27;existe pas." in page.content.decode()


def test_a_workflow_that_goes_on_refreshes_itself_and_one_that_ended_does_not(
    connecter: Connecter, passerelle: Passerelle
) -> None:
    remplir(passerelle)
    adresse = f"/demandes/workflows/{WORKFLOW}/"
    passerelle.dire("GET", f"/api/supply-chain{adresse[9:]}", (200, workflow("AJOUT_LOCAL")))
    fragment = connecter("lecteur").get(adresse, headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 1s"' in fragment
    assert "<html" not in fragment
    passerelle.dire("GET", f"/api/supply-chain{adresse[9:]}", (200, workflow()))
    assert "hx-trigger" not in connecter("lecteur").get(adresse).content.decode()


@pytest.mark.parametrize("action", ["archiver", "reactiver"])
def test_a_product_is_archived_and_comes_back(connecter: Connecter, passerelle: Passerelle, action: str) -> None:
    remplir(passerelle)
    passerelle.dire("POST", f"/api/catalogue/produits/{CLAVIER}/{action}/", (200, {"data": produit()}))
    page = connecter("gestionnaire").post(f"/produits/modifier/{CLAVIER}/", {"action": action, "cle": CLE}, follow=True)
    assert [a.chemin for a in passerelle.recus("POST")] == [f"/api/catalogue/produits/{CLAVIER}/{action}/"]
    assert "banniere success" in page.content.decode()


def test_a_quantity_is_changed_and_a_cart_emptied(connecter: Connecter, passerelle: Passerelle) -> None:
    remplir(passerelle)
    base = f"/api/ecommerce/panier/clients/{CLIENT}/panier/"
    passerelle.dire("PUT", f"{base}produits/{CLAVIER}/", (200, {"success": True}))
    passerelle.dire("DELETE", base, (200, {"success": True}))
    navigateur = connecter("operateur")
    assert navigateur.post(f"/boutique/{CLIENT}/panier/{CLAVIER}/", {"quantite": "0", "cle": CLE}).status_code == 302
    assert navigateur.post(f"/boutique/{CLIENT}/panier/vider/", {"cle": AUTRE}).status_code == 302
    faits = [(a.methode, a.corps) for a in passerelle.appels if a.methode != "GET"]
    assert faits == [("PUT", {"quantite": 0}), ("DELETE", {})]


def test_an_express_delivery_goes_to_the_client_s_own_address(connecter: Connecter, passerelle: Passerelle) -> None:
    remplir(passerelle)
    route = f"/api/ecommerce/commandes/clients/{CLIENT}/checkout/"
    passerelle.dire("POST", route, REUSSITES[route])
    connecter("operateur").post(f"/boutique/{CLIENT}/commander/", {"style": "orchestre", "express": "on", "cle": CLE})
    (envoi,) = passerelle.recus("POST")
    assert envoi.corps["adresse_livraison"] == {
        "nom_destinataire": "Ada Lovelace", "rue": "400 rue Sainte-Catherine", "ville": "Montréal",
        "code_postal": "H2X 1Y4", "province": "Québec", "pays": "Canada", "livraison_express": True,
    }  # fmt: skip


def test_an_orchestrated_checkout_that_takes_its_time_is_found_by_its_correlation_id_and_watched(
    connecter: Connecter, passerelle: Passerelle
) -> None:
    remplir(passerelle)
    route = f"/api/ecommerce/commandes/clients/{CLIENT}/checkout/"

    def ouverts(appel: Appel) -> tuple[int, Any]:
        assert appel.params["client_id"] == CLIENT
        liste = [{"checkout_id": AUTRE, "correlation_id": AUTRE}, {"checkout_id": CHECKOUT, "correlation_id": CLE}]
        return 200, {"checkouts": liste, "total": 2}

    passerelle.lents[route] = 0.6
    passerelle.dire("GET", "/api/ecommerce/commandes/checkouts/", ouverts)
    reponse = connecter("operateur").post(f"/boutique/{CLIENT}/commander/", {"style": "orchestre", "cle": CLE})
    assert (reponse.status_code, reponse["Location"]) == (302, f"/boutique/{CLIENT}/suivi/{CHECKOUT}/")
    (envoi,) = passerelle.recus("POST")
    assert envoi.entetes["X-Correlation-ID"] == envoi.entetes["Idempotency-Key"] == CLE


def test_a_checkout_that_failed_leads_to_its_story_not_to_the_cart(
    connecter: Connecter, passerelle: Passerelle
) -> None:
    remplir(passerelle)
    refus = {"error": "Stock insuffisant", "details": "Il en manque.", "checkout_id": CHECKOUT, "statut": "echec"}
    passerelle.dire("POST", f"/api/ecommerce/commandes/clients/{CLIENT}/checkout/", (400, refus))
    reponse = connecter("operateur").post(f"/boutique/{CLIENT}/commander/", {"style": "orchestre", "cle": CLE})
    assert reponse["Location"] == f"/boutique/{CLIENT}/suivi/{CHECKOUT}/"


def test_a_saga_under_way_says_what_it_waits_for_and_goes_on_asking(
    connecter: Connecter, passerelle: Passerelle
) -> None:
    remplir(passerelle)
    adresse = f"/boutique/{CLIENT}/suivi/{CHECKOUT}/"
    suivi = f"/api/ecommerce/commandes/clients/{CLIENT}/checkout/{CHECKOUT}/"
    attend = {"quoi": "creation_commande", "tentatives": 2, "derniere_erreur": "commandes ne répond pas"}
    passerelle.dire("GET", suivi, (200, checkout("en_cours")))
    passerelle.dire("GET", f"/api/saga/commandes/{CHECKOUT}/", (200, {"attend": attend}))
    fragment = connecter("lecteur").get(adresse, headers={"HX-Request": "true"}).content.decode()
    assert "La saga attend : creation_commande (tentative 2). commandes ne répond pas" in fragment
    assert 'hx-trigger="every 1s"' in fragment
    assert len(passerelle.appels) == 2
    passerelle.dire("GET", suivi, (200, checkout("echec", motif="Le service commandes ne répond pas.")))
    fin = connecter("lecteur").get(adresse, headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in fin
    assert "le panier vous est rendu" in fin


def test_a_key_is_never_guessed_twice(connecter: Connecter, passerelle: Passerelle) -> None:
    remplir(passerelle)
    contenu = connecter("gestionnaire").get("/demandes/").content.decode()
    cles = re.findall(r'name="cle" value="([^"]+)"', contenu)
    assert len(cles) == 2 * 3 == len(set(cles))
