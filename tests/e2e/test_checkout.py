"""Checkouts on the running platform, through the gateway, from cart to sale."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from tests.commun.monde import CAFE, CLAVIER, MAGASIN_CENTRAL, SOURIS, Monde, nouvel_id
from tests.e2e.invariants import exiger_checkout_vendu, exiger_i1, exiger_i2


def test_three_lines_become_one_sale_and_the_stock_goes_down_by_exactly_that(monde: Monde) -> None:
    lignes = [(CLAVIER, 1), (SOURIS, 2), (CAFE, 3)]
    avant = {produit: monde.stock(produit) for produit, _ in lignes}
    client = monde.client_avec_panier(*lignes)
    reponse = monde.checkout(client)
    checkout = exiger_checkout_vendu(monde, reponse, lignes)
    assert {produit: avant[produit] - monde.stock(produit) for produit, _ in lignes} == dict(lignes)
    commande = reponse.corps["commande"]
    assert commande["sous_total"] == sum(p["prix_ligne"] for p in reponse.corps["produits"])
    assert commande["total"] == commande["sous_total"] + commande["frais_livraison"]
    assert commande["livraison_gratuite"] is (commande["sous_total"] >= 100)
    assert monde.vente(checkout)["total"] == commande["sous_total"]
    panier = monde.panier(client)
    assert panier["est_vide"] is True
    statut = monde.exiger("GET", f"/api/commandes/clients/{client}/checkout/{checkout}/")
    assert (statut["statut"], statut["commande_id"]) == ("finalise", reponse.corps["commande_id"])
    assert {"COMMANDE_CREEE_SUCCES", "SAGA_TERMINEE_SUCCES"} <= {e["type"] for e in statut["historique"]}


def test_a_second_checkout_of_the_same_cart_finds_it_empty(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=5)
    client = monde.client_avec_panier((produit, 2))
    exiger_checkout_vendu(monde, monde.checkout(client), [(produit, 2)])
    reponse = monde.checkout(client)
    assert (reponse.statut, reponse.corps["code"]) == (400, "panier_vide")
    assert exiger_i1(monde, produit, 5) == 2


def test_a_shortage_sells_nothing_and_gives_the_lines_back(monde: Monde) -> None:
    """25 keyboards at the Magasin Central, which never holds that many here."""
    surplus = monde.stock(CLAVIER, MAGASIN_CENTRAL) - 20
    reference = nouvel_id()
    if surplus > 0:
        emprunt = {
            "reference": reference,
            "magasin_id": MAGASIN_CENTRAL,
            "lignes": [{"produit_id": CLAVIER, "quantite": surplus}],
        }
        monde.exiger("POST", "/api/inventaire/diminuer-stock/", emprunt)
    try:
        avant = monde.stock(CLAVIER, MAGASIN_CENTRAL)
        client = monde.client_avec_panier((CLAVIER, 25))
        reponse = monde.checkout(client, {"magasin_id": MAGASIN_CENTRAL})
        assert (reponse.statut, reponse.corps["error"], reponse.corps["statut"]) == (400, "Stock insuffisant", "echec")
        assert monde.stock(CLAVIER, MAGASIN_CENTRAL) == avant
        exiger_i2(monde, reponse.corps["checkout_id"], None)
        assert monde.saga(reponse.corps["saga_id"])["etat_actuel"] == "SAGA_ANNULEE"
        assert monde.panier(client)["resume"]["nombre_articles"] == 25
    finally:
        if surplus > 0:
            monde.exiger("POST", "/api/inventaire/augmenter-stock/", {"reference": reference})


def test_ten_lines_in_one_cart(monde: Monde) -> None:
    lignes = [(monde.nouveau_produit(prix=n + 0.37, en_ligne=20), n) for n in range(1, 11)]
    client = monde.client_avec_panier(*lignes)
    reponse = monde.checkout(client)
    exiger_checkout_vendu(monde, reponse, lignes)
    attendu = sum(Decimal(n) * (Decimal(n) + Decimal("0.37")) for n in range(1, 11))
    assert reponse.corps["commande"]["sous_total"] == attendu
    for produit, quantite in lignes:
        assert exiger_i1(monde, produit, 20) == quantite


def test_quantity_limits_of_a_cart_line(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=200)
    client = monde.client_avec_panier((produit, 99))
    chemin = f"/api/ecommerce/panier/clients/{client}/panier/"
    assert monde.appeler("POST", chemin, {"produit_id": produit, "quantite": 1}).statut == 400
    assert monde.panier(client)["resume"]["nombre_articles"] == 99
    exiger_checkout_vendu(monde, monde.checkout(client), [(produit, 99)])
    assert exiger_i1(monde, produit, 200) == 99


def test_the_fifty_first_line_is_refused_and_fifty_lines_are_sold(monde: Monde) -> None:
    with ThreadPoolExecutor(8) as bassin:
        produits = list(bassin.map(lambda _: monde.nouveau_produit(en_ligne=3), range(51)))
    client = monde.client_avec_panier(*((produit, 1) for produit in produits[:50]))
    chemin = f"/api/ecommerce/panier/clients/{client}/panier/"
    assert monde.appeler("POST", chemin, {"produit_id": produits[50], "quantite": 1}).statut == 400
    exiger_checkout_vendu(monde, monde.checkout(client), [(produit, 1) for produit in produits[:50]])
    assert {exiger_i1(monde, produit, 3) for produit in produits[:50]} == {1}
    assert exiger_i1(monde, produits[50], 3) == 0


def test_the_same_product_twice_is_one_line(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=10)
    client = monde.client_avec_panier((produit, 2), (produit, 3))
    assert [ligne["quantite"] for ligne in monde.panier(client)["produits"]] == [5]
    exiger_checkout_vendu(monde, monde.checkout(client), [(produit, 5)])
    assert exiger_i1(monde, produit, 10) == 5


def test_F10_two_lines_of_one_product_in_a_saga_are_summed(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=10)
    lignes = [{"produit_id": produit, "quantite": 4}, {"produit_id": produit, "quantite": 5}]
    corps = monde.exiger("POST", "/api/saga/commandes/", {"client_id": nouvel_id(), "lignes": lignes}, statut=201)
    exiger_i2(monde, corps["saga_id"], {produit: 9})
    refus = monde.appeler("POST", "/api/saga/commandes/", {"client_id": nouvel_id(), "lignes": lignes})
    assert (refus.statut, refus.corps["error"]) == (400, "Stock insuffisant")
    assert exiger_i1(monde, produit, 10) == 9


def test_a_product_archived_after_it_entered_the_cart_is_not_sold(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=10)
    client = monde.client_avec_panier((produit, 2))
    monde.exiger("POST", f"/api/catalogue/produits/{produit}/archiver/")
    reponse = monde.checkout(client)
    assert (reponse.statut, reponse.corps["statut"]) == (400, "echec")
    exiger_i2(monde, reponse.corps["checkout_id"], None)
    assert exiger_i1(monde, produit, 10) == 0
    assert monde.panier(client)["resume"]["nombre_articles"] == 2


def test_a_price_changed_since_the_cart_counts_and_is_reported(monde: Monde) -> None:
    produit = monde.nouveau_produit(prix=10.0, en_ligne=10)
    client = monde.client_avec_panier((produit, 3))
    monde.exiger("PATCH", f"/api/catalogue/produits/{produit}/prix/", {"prix": 12.34})
    reponse = monde.checkout(client)
    checkout = exiger_checkout_vendu(monde, reponse, [(produit, 3)])
    corps = reponse.corps
    assert corps["commande"]["sous_total"] == Decimal("37.02")
    assert monde.vente(checkout)["total"] == Decimal("37.02")
    assert [(p["produit_id"], p["ancien_prix"], p["nouveau_prix"]) for p in corps["prix_modifies"]] == [
        (produit, Decimal("10.0"), Decimal("12.34"))
    ]


@pytest.mark.parametrize("inconnu", ["client", "produit", "magasin"])
def test_unknown_identifiers_sell_nothing(inconnu: str, monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=10)
    client = monde.client_avec_panier((produit, 1))
    if inconnu == "client":
        assert monde.checkout(nouvel_id()).statut == 404
    elif inconnu == "produit":
        corps = {"client_id": client, "lignes": [{"produit_id": nouvel_id(), "quantite": 1}]}
        reponse = monde.appeler("POST", "/api/saga/commandes/", corps)
        assert (reponse.statut, reponse.corps["error"]) == (400, "Erreur lors de l'exécution de la saga")
        exiger_i2(monde, reponse.corps["saga_id"], None)
    else:
        reponse = monde.checkout(client, {"magasin_id": nouvel_id()})
        assert (reponse.statut, reponse.corps["statut"]) == (400, "echec")
        exiger_i2(monde, reponse.corps["checkout_id"], None)
    assert exiger_i1(monde, produit, 10) == 0


def test_F9_a_hundred_buyers_for_ten_units(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=10)
    with ThreadPoolExecutor(16) as bassin:
        clients = list(bassin.map(lambda _: monde.client_avec_panier((produit, 1)), range(100)))
    with ThreadPoolExecutor(50) as bassin:
        reponses = list(bassin.map(monde.checkout, clients))
    statuts = sorted(reponse.statut for reponse in reponses)
    assert statuts == [201] * 10 + [400] * 90
    assert {r.corps["error"] for r in reponses if r.statut == 400} == {"Stock insuffisant"}
    assert monde.stock(produit) == 0
    assert exiger_i1(monde, produit, 10) == 10
    for reponse in reponses:
        exiger_i2(monde, reponse.corps["checkout_id"], {produit: 1} if reponse.statut == 201 else None)


def test_F19_fifty_checkouts_of_one_cart_with_one_key_are_one_sale(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=10)
    client = monde.client_avec_panier((produit, 2))
    entetes = {"Idempotency-Key": nouvel_id()}
    with ThreadPoolExecutor(50) as bassin:
        reponses = list(bassin.map(lambda _: monde.checkout(client, entetes=entetes), range(50)))
    conclues = [r for r in reponses if r.statut == 201]
    assert {r.statut for r in reponses} <= {201, 202, 409}, {r.statut: r for r in reponses}
    assert all("Retry-After" in r.entetes for r in reponses if r.statut == 409)
    assert len({r.octets for r in conclues}) == 1
    derniere = monde.checkout(client, entetes=entetes)
    assert derniere.octets == conclues[0].octets
    exiger_checkout_vendu(monde, derniere, [(produit, 2)])
    assert exiger_i1(monde, produit, 10) == 2


def test_F19_fifty_sagas_with_one_key_over_two_replicas_are_one_saga(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=10)
    entetes = {"Idempotency-Key": nouvel_id()}
    corps = {"client_id": nouvel_id(), "lignes": [{"produit_id": produit, "quantite": 3}]}
    programmes = ["saga-1", "saga-2"] * 25

    def poster(programme: str) -> tuple[int, bytes]:
        reponse = monde.appeler("POST", "/api/saga/commandes/", corps, programme=programme, entetes=entetes)
        return reponse.statut, reponse.octets

    with ThreadPoolExecutor(50) as bassin:
        reponses = set(bassin.map(poster, programmes))
    assert len(reponses) == 1, reponses
    assert next(iter(reponses))[0] == 201
    assert exiger_i1(monde, produit, 10) == 3


def test_one_correlation_id_from_the_caller_to_the_sale(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=10)
    client = monde.client_avec_panier((produit, 1))
    identifiant = f"e2e-{nouvel_id()}"
    reponse = monde.checkout(client, entetes={"X-Correlation-ID": identifiant})
    saga = exiger_checkout_vendu(monde, reponse, [(produit, 1)])
    assert reponse.entetes["X-Correlation-ID"] == identifiant
    for service, table, colonne in (("saga", "saga_commandes", "saga_id"), ("ecommerce", "checkouts", "id")):
        trouve = monde.sql(service, f"SELECT correlation_id FROM {table} WHERE {colonne} = %s", [saga])
        assert trouve == [(identifiant,)]
    for programme in ("gateway", "ecommerce", "inventaire", "commandes"):
        monde.attendre_dans_le_journal(programme, identifiant)
    assert any(identifiant in monde.journal(programme) for programme in ("saga-1", "saga-2"))


def test_no_personal_data_in_the_logs(monde: Monde) -> None:
    """I9; what the database refuses, it logs with the rows concerned unless it is told not to."""
    courriel = f"intime-{nouvel_id()}@example.com"
    personne = {"nom": "Introuvable-Patronyme", "telephone": "514-555-9731", "email": courriel}
    client = monde.nouveau_client(**personne)
    lieu = {"adresse_rue": "1 rue de l'Essai", "adresse_ville": "Laval", "adresse_code_postal": "H2X 1Y4"}
    refus = monde.appeler("POST", "/api/ecommerce/clients/", {"prenom": "Autre", **personne, **lieu})
    assert (refus.statut, refus.corps["code"]) == (409, "courriel_utilise")
    produit = monde.nouveau_produit(en_ligne=10)
    monde.remplir(client, [(produit, 1)])
    adresse = {"nom_destinataire": "Introuvable-Patronyme", "rue": "9731 rue Secrète", "ville": "Laval",
               "code_postal": "H7X 2Y3", "province": "Québec"}  # fmt: skip
    exiger_checkout_vendu(monde, monde.checkout(client, {"adresse_livraison": adresse}), [(produit, 1)])
    intimes = ("Introuvable-Patronyme", "5559731", "555-9731", "9731 rue Secr", courriel, monde.plateforme.cle())
    for programme in monde.plateforme.superviseur.etats():
        journal = monde.journal(programme)
        for intime in intimes:
            assert intime not in journal, programme
