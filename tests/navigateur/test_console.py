"""The saga console in a browser, on the running platform: why a saga is stuck, and what an operator does about it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.commun import lettres
from tests.commun.monde import Monde, attendre, nouvel_id
from tests.navigateur.conftest import TELEPHONE, Ouvrir

REPLIQUES = ("saga-1", "saga-2")
VENTE_REFUSEE = {"point": "saga.avant_effet.creation_commande", "genre": "erreur", "nombre": 4}
LU = "SELECT 1 FROM inbox WHERE groupe = 'choreo-notification' AND event_id = %s"
VIEILLIR = (
    "UPDATE saga_commandes SET execution = jsonb_set(execution, '{echecs}', '29')"
    " WHERE saga_id = %s AND proprietaire IS NULL RETURNING 1"
)
LIBERATION_IMPOSSIBLE = {"point": "saga.avant_compensation.reservation_stock", "genre": "erreur", "nombre": 1000}


@pytest.fixture(autouse=True)
def tout_eteint(monde: Monde) -> Iterator[None]:
    """No switch and no letter outlives a test."""
    yield
    for replique in REPLIQUES:
        monde.fautes(replique)
    lettres.vider(monde)


def confirmer(page: Page, motif: str) -> None:
    page.get_by_label("Motif").fill(motif)
    page.get_by_role("button", name="Confirmer").click()


def test_a_forced_failure_is_armed_in_the_panel_and_followed_to_its_compensation(ouvrir: Ouvrir, monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=3)
    client = monde.client_avec_panier((produit, 2))
    page = ouvrir("operateur")
    for replique in REPLIQUES:
        page.goto(f"/console/fautes/?programme={replique}")
        page.get_by_label("Point de faute").fill(VENTE_REFUSEE["point"])
        page.get_by_label("Genre").select_option("erreur")
        page.get_by_label("Combien de fois").fill("4")
        page.get_by_role("button", name="Armer").click()
        expect(page.get_by_text(f"La faute est armée sur {replique}.")).to_be_visible()
    recu = monde.checkout(client)
    assert recu.statut == 503
    page.goto("/console/?situation=echouee")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(client)
    page.keyboard.press("Enter")
    expect(page.locator("#etat")).to_have_text("Annulée")
    for type_ in ("NOUVEL_ESSAI", "COMPENSATION_DEMANDEE", "COMPENSATION_EFFECTUEE", "COMPENSATION_TERMINEE"):
        expect(page.locator(".chronologie strong", has_text=type_).first).to_be_visible()
    expect(page.locator(".etapes .defaite", has_text="Réservation du stock")).to_be_visible()
    expect(page.locator(".details-liste .compensation").first).to_have_text("rendu")
    expect(page.locator("img.sequence")).to_have_js_property("complete", True)
    assert page.locator("img.sequence").evaluate("image => image.naturalWidth") > 300
    assert monde.stock(produit) == 3


def saga_qui_ne_peut_compenser(monde: Monde, produit: str) -> str:
    """A saga whose sale is refused and whose stock cannot be given back, waiting for its next try."""
    for replique in REPLIQUES:
        monde.fautes(replique, VENTE_REFUSEE, LIBERATION_IMPOSSIBLE)
    corps = {"client_id": monde.nouveau_client(), "lignes": [{"produit_id": produit, "quantite": 2}]}
    entetes = {"Prefer": "respond-async"}
    saga_id = str(monde.exiger("POST", "/api/saga/commandes/", corps, statut=202, entetes=entetes)["saga_id"])
    attendre(lambda: monde.saga(saga_id)["etat_actuel"] == "COMPENSATION_EN_COURS", "la compensation qui échoue", 20)
    return saga_id


def epuiser(monde: Monde, saga_id: str) -> None:
    """As if all tries but one had failed already; the next one spends the budget, two minutes earlier."""

    def vieillie() -> bool:
        return bool(monde.sql("saga", VIEILLIR, [saga_id]))

    attendre(vieillie, "la saga sans propriétaire", 20)
    attendre(lambda: monde.saga(saga_id)["etat_actuel"] == "INTERVENTION_REQUISE", "le budget épuisé", 20)


def test_an_operator_retries_a_compensation_that_waits(ouvrir: Ouvrir, monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=3)
    saga_id = saga_qui_ne_peut_compenser(monde, produit)
    page = ouvrir("operateur")
    page.goto(f"/console/sagas/{saga_id}/")
    expect(page.locator("#etat")).to_have_text("Compensation en cours")
    expect(page.locator(".quoi")).to_contain_text("compensation de reservation_stock")
    for replique in REPLIQUES:
        monde.fautes(replique)
    page.get_by_role("link", name="Réessayer maintenant").click()
    confirmer(page, "la faute est éteinte")
    expect(page.locator("#etat")).to_have_text("Annulée")
    expect(page.get_by_text("« la faute est éteinte »")).to_be_visible()
    page.goto("/console/registre/")
    consigne = page.locator(".frise li", has=page.locator(f'a[href="/console/sagas/{saga_id}/"]'))
    expect(consigne).to_contain_text("« la faute est éteinte »")
    expect(consigne.locator(".badge")).to_have_text("opérateur")
    assert monde.stock(produit) == 3


@pytest.mark.parametrize("geste", ["Reprendre", "Compenser", "Ignorer la compensation bloquée"])
def test_a_saga_out_of_tries_waits_for_an_operator(ouvrir: Ouvrir, monde: Monde, geste: str) -> None:
    produit = monde.nouveau_produit(en_ligne=3)
    saga_id = saga_qui_ne_peut_compenser(monde, produit)
    epuiser(monde, saga_id)
    if geste.startswith("Ignorer"):  # a step is skipped once its compensation was done by hand
        monde.exiger("POST", "/api/inventaire/augmenter-stock/", {"reference": saga_id}, interne=True)
    else:
        for replique in REPLIQUES:
            monde.fautes(replique)
    page = ouvrir("operateur")
    page.goto("/console/?situation=intervention")
    page.locator(f'a.ouvrir[href="/console/sagas/{saga_id}/"]').click()
    expect(page.locator("#etat")).to_have_text("Intervention requise")
    page.get_by_role("link", name=geste).click()
    confirmer(page, "vu avec le service du stock")
    expect(page.locator("#etat")).to_have_text("Annulée")
    assert monde.stock(produit) == 3


def test_a_dead_letter_is_found_and_redriven(ouvrir: Ouvrir, monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=3)
    client = monde.client_avec_panier((produit, 1))
    checkout = monde.checkout_choreo(client).corps["checkout_id"]
    attendre(lambda: len(monde.rejeu(checkout).get("events", [])) == 4, "la fin de la chorégraphie")
    evenement = monde.rejeu(checkout)["events"][-1]
    champs = {
        "id": nouvel_id(),
        "payload": json.dumps(evenement["payload"], default=str),
        **{nom: str(evenement[nom]) for nom in ("type", "ts", "v", "source", "correlation_id", "traceparent")},
        "causation_id": evenement["id"],
    }
    attendre(lambda: monde.sql("workers", LU, [evenement["id"]]) != [], "l'événement lu par le groupe")
    lettre = lettres.deposer(monde, "workers", groupe="choreo-notification", champs=champs, cle=checkout)
    page = ouvrir("operateur")
    page.goto("/console/?situation=intervention")
    page.locator(f'a.ouvrir[href="/console/sagas/{checkout}/"]').click()
    expect(page.get_by_text(lettres.CAUSE).first).to_be_visible()
    page.get_by_role("link", name="Relancer").click()
    confirmer(page, "le lecteur est corrigé")
    expect(page.get_by_text("Relancer la lettre morte : fait")).to_be_visible()
    attendre(lambda: lettres.etat(monde, "workers", lettre)[0] == "traitee", "la lettre traitée par son groupe")
    page.reload()
    expect(page.locator("#lettres .badge")).to_have_text("traitée")


def test_one_cart_runs_in_both_styles_and_both_are_watched_to_their_end(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("operateur")
    page.goto("/console/comparer/")
    page.get_by_label("Client", exact=True).select_option(label="Jean Tremblay")
    page.get_by_label("Produit", exact=True).select_option(label="Café Premium Bio")
    page.get_by_role("button", name="Lancer les deux").click()
    expect(page.locator(".paire .badge.reussite")).to_have_count(2)
    expect(page.locator(".paire .frise li")).not_to_have_count(0)


def test_a_load_is_started_counted_and_seen_in_the_comparison(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("operateur")
    page.goto("/console/comparer/")
    page.get_by_label("Style").select_option(label="Chorégraphiée")
    page.get_by_label("Nombre de checkouts").fill("8")
    page.get_by_role("button", name="Démarrer la charge").click()
    expect(page.get_by_text("La charge est lancée.")).to_be_visible()
    expect(page.get_by_text("Dernière charge : 8 checkouts sur 8 (choreo), 0 non ouverts.")).to_be_visible()
    expect(page.locator(".chiffres.choreo .chiffre").first).not_to_have_text("0 / min")
    page.goto("/console/registre/")
    expect(page.get_by_text("8 × choreo").first).to_be_visible()


def test_the_console_fits_a_phone(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("lecteur", taille=TELEPHONE)
    for adresse in ("/console/", "/console/comparer/", "/console/fautes/"):
        page.goto(adresse)
        largeur = page.evaluate("document.documentElement.scrollWidth")
        assert largeur <= TELEPHONE["width"], adresse
