"""The journeys of a store's people and of a shop's client, in a browser, on the running platform."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Page, expect

from tests.commun.monde import MAGASIN_CENTRAL, MAGASIN_EN_LIGNE, Monde, attendre
from tests.navigateur.conftest import TELEPHONE, Ouvrir

PAGES = ("/", "/rapport-consolide/", "/ventes/ajouter/", "/stocks/", "/produits/", "/demandes/", "/boutique/")


def nom_du_produit(monde: Monde, produit: str) -> str:
    return str(monde.exiger("GET", f"/api/catalogue/produits/{produit}/")["nom"])


def remplir_la_vente(page: Page, nom: str, quantite: int) -> None:
    page.get_by_label("Magasin", exact=True).select_option(label="Magasin Central")
    page.get_by_label("Client", exact=True).select_option(label="Ada Lovelace")
    page.get_by_label("Produit", exact=True).select_option(
        page.get_by_role("option", name=re.compile(nom)).get_attribute("value")
    )
    page.get_by_label("Quantité", exact=True).fill(str(quantite))


def test_a_sale_is_entered_and_a_shortage_is_said_at_its_field(ouvrir: Ouvrir, monde: Monde) -> None:
    produit = monde.nouveau_produit(prix=12.5, magasin_central=5)
    nom = nom_du_produit(monde, produit)
    page = ouvrir("operateur", attendues=("400",))
    page.goto(f"/ventes/ajouter/?nom={nom}")
    remplir_la_vente(page, nom, 9)
    page.get_by_role("button", name="Enregistrer la vente").click()
    champ = page.get_by_label("Quantité", exact=True)
    expect(champ).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#id_quantite_error")).to_contain_text("insuffisant")
    expect(champ).to_have_value("9")  # nothing typed is lost
    champ.fill("2")
    page.get_by_role("button", name="Enregistrer la vente").dblclick()
    expect(page.get_by_text(f"Vente enregistrée : 2 × {nom}, 25,00 $")).to_be_visible()
    assert monde.stock(produit, MAGASIN_CENTRAL) == 3  # once, however often it was clicked


@pytest.mark.parametrize("decision", ["valider", "rejeter"])
def test_a_replenishment_is_asked_for_then_decided(ouvrir: Ouvrir, monde: Monde, decision: str) -> None:
    produit = monde.nouveau_produit(central=30)
    nom = nom_du_produit(monde, produit)
    page = ouvrir("gestionnaire", attendues=("400",))
    page.goto(f"/stocks/?magasin_id={MAGASIN_CENTRAL}&produit_id={produit}&quantite=12")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text(f"Demande envoyée : 12 × {nom} pour Magasin Central.")).to_be_visible()
    page.goto("/demandes/")
    carte = page.get_by_role("article").filter(has_text=nom)
    if decision == "valider":
        carte.get_by_role("button", name="Valider").click()
        expect(page.get_by_role("heading", name="Validation d'une demande")).to_be_visible()
        expect(page.locator(".etapes .faite")).to_have_count(3)
        expect(page.get_by_role("status").filter(has_text="approuvée")).to_be_visible()
        attendu = 12
    else:
        carte.get_by_text("Rejeter…").click()
        carte.get_by_label("Motif du rejet").fill("non")
        carte.get_by_role("button", name="Rejeter la demande").click()
        encore = page.get_by_role("article").filter(has_text=nom)
        expect(encore.locator(".erreur")).to_be_visible()
        encore.get_by_label("Motif du rejet").fill("Le produit est retiré de la vente.")
        encore.get_by_role("button", name="Rejeter la demande").click()
        expect(page.get_by_text("Demande rejetée ; le motif est conservé.")).to_be_visible()
        expect(page.get_by_role("article").filter(has_text=nom)).to_have_count(0)
        attendu = 0
    assert monde.stock(produit, MAGASIN_CENTRAL) == attendu


def test_a_product_is_added_repriced_archived_and_brought_back(ouvrir: Ouvrir, monde: Monde) -> None:
    nom = f"Lampe d'appoint {uuid.uuid4().hex[:8]}"
    page = ouvrir("gestionnaire")
    page.goto("/produits/ajouter/")
    page.get_by_label("Nom", exact=True).fill(nom)
    page.get_by_label("Catégorie").select_option("Meubles")
    page.get_by_label("Prix ($)").fill("34.50")
    page.get_by_role("button", name="Ajouter au catalogue").click()
    expect(page.get_by_text(f"« {nom} » est au catalogue.")).to_be_visible()
    page.get_by_label("Nom ou description").fill(nom)
    page.get_by_role("button", name="Filtrer").click()
    page.get_by_role("link", name=f"Modifier {nom}").click()
    page.get_by_label("Nouveau prix ($)").fill("29.99")
    page.get_by_role("button", name="Changer le prix").click()
    expect(page.get_by_text("Prix modifié : 29,99 $.")).to_be_visible()
    expect(page.get_by_text("au lieu de 34,50 $")).to_be_visible()
    page.get_by_role("button", name="Archiver ce produit").click()
    expect(page.get_by_text("Produit archivé : il n'est plus vendu.")).to_be_visible()
    page.get_by_role("button", name="Réactiver ce produit").click()
    expect(page.get_by_text("Produit réactivé : il est de nouveau vendu.")).to_be_visible()


@pytest.mark.parametrize(
    ("style", "dernier"), [("Orchestré", "SAGA_TERMINEE_SUCCES"), ("Chorégraphié", "CheckoutSucceeded")]
)
def test_a_cart_is_filled_and_checked_out_in_either_style(
    ouvrir: Ouvrir, monde: Monde, style: str, dernier: str
) -> None:
    produit = monde.nouveau_produit(prix=60, en_ligne=10)
    client = monde.nouveau_client(prenom="Grace", nom=f"Hopper-{uuid.uuid4().hex[:6]}")
    nom = nom_du_produit(monde, produit)
    page = ouvrir("operateur")
    page.goto(f"/boutique/{client}/?nom={nom}")
    page.get_by_label(f"Quantité de {nom}", exact=True).fill("2")
    page.get_by_role("button", name=f"Ajouter {nom}").click()
    panier = page.get_by_role("region", name="Panier")
    expect(panier.get_by_text("120,00 $", exact=True).first).to_be_visible()
    panier.get_by_role("radio", name=style).check()
    panier.get_by_role("button", name="Passer la commande").click()
    expect(page.get_by_role("heading", name="Suivi de la commande")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Commande confirmée")).to_be_visible()
    expect(page.get_by_text(dernier)).to_be_visible()
    expect(page.locator("#suivi")).not_to_have_attribute("hx-trigger", re.compile("."))
    assert monde.stock(produit, MAGASIN_EN_LIGNE) == 8


def test_the_shop_is_usable_with_the_keyboard_alone(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("operateur")
    page.goto("/boutique/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".client a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Chercher un produit")).to_be_visible()


@pytest.mark.parametrize("adresse", PAGES)
def test_on_a_phone_nothing_sticks_out_and_the_menu_opens(ouvrir: Ouvrir, adresse: str) -> None:
    page = ouvrir("gestionnaire", taille=TELEPHONE)
    page.goto(adresse)
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    menu = page.get_by_role("navigation", name="Navigation principale")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(menu.get_by_role("link", name="Boutique")).to_be_visible()


def test_a_dead_service_is_a_banner_and_what_was_typed_is_sent_later(ouvrir: Ouvrir, monde: Monde) -> None:
    produit = monde.nouveau_produit(prix=12.5, magasin_central=5)
    nom = nom_du_produit(monde, produit)
    page = ouvrir("operateur", attendues=("503",))
    page.goto(f"/ventes/ajouter/?nom={nom}")
    remplir_la_vente(page, nom, 1)
    monde.plateforme.arreter("commandes")
    try:
        page.get_by_role("button", name="Enregistrer la vente").click()
        expect(page.get_by_text("Votre saisie est conservée")).to_be_visible()
        expect(page.get_by_text("Une partie de cette page manque.")).to_be_visible()
        expect(page.get_by_label("Produit", exact=True)).to_have_value(produit)
    finally:
        monde.plateforme.demarrer("commandes")
        monde.plateforme.attendre_pret("commandes")

    def renvoyer() -> bool:
        page.get_by_role("button", name="Enregistrer la vente").click()
        return page.get_by_text(f"Vente enregistrée : 1 × {nom}").count() == 1

    attendre(renvoyer, "la vente renvoyée", 30)
    assert monde.stock(produit, MAGASIN_CENTRAL) == 4


def test_a_visitor_looks_and_is_asked_to_sign_in_to_act(ouvrir: Ouvrir) -> None:
    page = ouvrir()
    page.goto("/ventes/ajouter/")
    expect(page.get_by_role("button", name="Enregistrer la vente")).to_have_count(0)
    page.get_by_role("link", name="Connectez-vous avec le rôle « operateur » pour agir.").click()
    expect(page.get_by_label("Mot de passe")).to_be_visible()
