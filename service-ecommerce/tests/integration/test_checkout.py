"""The orchestrated checkout over HTTP: answers, money, keys, and the races around them."""

import json
import threading
import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from ecommerce import bootstrap
from socle import fautes
from tests.conftest import ADA, JEAN, Api, attendre_verrou, en_fil, un, vieillir
from tests.voisins import CHOCOLAT, CLAVIER, EN_LIGNE, SOURIS, Voisins

ADRESSE = {
    "nom_destinataire": "Bureau",
    "rue": "1 Place Ville Marie",
    "ville": "Montréal",
    "code_postal": "h3b4g7",
    "province": "Québec",
}


def faute(point: str, genre: str = "erreur", **suite: float) -> None:
    fautes.tableau().ecrire([fautes.Faute(point=point, genre=genre, **suite)])  # type: ignore[union-attr, arg-type]


def checkouts() -> int:
    return un("SELECT count(*) FROM checkouts")


def test_success_closes_the_cart_and_answers_201_with_amounts_and_operations(api: Api, voisins: Voisins) -> None:
    api.ajouter(CHOCOLAT, 3)
    api.ajouter(SOURIS, 1)
    reponse = api.commander()
    corps = reponse.json()
    saga = voisins.sagas[corps["checkout_id"]]
    assert reponse.status_code == 201
    assert (corps["success"], corps["statut"], corps["saga_id"]) == (True, "finalise", corps["checkout_id"])
    assert corps["commande_id"] == saga["commande_id"] == corps["commande"]["commande_id"]
    assert {n: corps["commande"][n] for n in ("sous_total", "frais_livraison", "total", "livraison_gratuite")} == {
        "sous_total": 52.47,
        "frais_livraison": 7.5,
        "total": 59.97,
        "livraison_gratuite": False,
    }
    assert corps["commande"]["adresse_livraison"]["code_postal"] == "H2X 1Y4"
    assert [(p["produit_id"], p["quantite"], p["prix_ligne"]) for p in corps["produits"]] == [
        (CHOCOLAT, 3, 26.97),
        (SOURIS, 1, 25.5),
    ]
    assert corps["prix_modifies"] == []
    assert corps["operations"][1] == {
        "etape": "creation_commande",
        "libelle": "Création de la commande",
        "duree_secondes": 0.007,
        "tentatives": 2,
    }
    assert saga["demande"] == {
        "client_id": str(ADA),
        "magasin_id": EN_LIGNE,
        "checkout_id": corps["checkout_id"],
        "lignes": [{"produit_id": CHOCOLAT, "quantite": 3}, {"produit_id": SOURIS, "quantite": 1}],
    }
    assert api.panier() == {}


@pytest.mark.parametrize("lignes", [1, 12])
def test_one_checkout_costs_four_plus_one_statements_two_commits_and_one_call(
    api: Api, voisins: Voisins, lignes: int
) -> None:
    for rang in range(lignes):
        produit = str(uuid.uuid4())
        voisins.produits[produit] = {"id": produit, "nom": f"Produit {rang}", "prix": 1.25, "actif": True}
        voisins.stock[produit] = 9
        api.ajouter(produit)
    voisins.recues.clear()
    with CaptureQueriesContext(connection) as requetes:
        assert api.commander().status_code == 201
    ordres = [requete["sql"].split()[0] for requete in requetes]
    assert ordres == ["BEGIN", "SELECT", "SELECT", "SELECT", "WITH", "COMMIT", "BEGIN", "UPDATE", "COMMIT"]
    assert len(voisins.recues) == 1


def test_a_key_costs_two_statements_more_and_no_commit(api: Api) -> None:
    api.ajouter(CHOCOLAT)
    with CaptureQueriesContext(connection) as requetes:
        assert api.commander(Idempotency_Key="k1").status_code == 201
    ordres = [requete["sql"].split()[0] for requete in requetes]
    assert ordres == [
        "BEGIN", "INSERT", "SELECT", "SELECT", "SELECT", "WITH", "COMMIT", "BEGIN", "UPDATE", "UPDATE", "COMMIT",
    ]  # fmt: skip


def test_the_call_carries_the_key_the_correlation_and_our_own_consumer_key(api: Api, voisins: Voisins) -> None:
    api.ajouter(CHOCOLAT)
    corps = api.commander(X_Correlation_ID="corr-1").json()
    ((_, _, entetes, _),) = voisins.appels("POST", "/api/saga/commandes/")
    assert entetes["idempotency-key"] == corps["checkout_id"]
    assert entetes["x-correlation-id"] == "corr-1"
    assert entetes["x-api-key"] == "cle-de-test"


def test_an_orchestrator_that_sends_no_lines_costs_one_reading_more(api: Api, voisins: Voisins) -> None:
    voisins.sans_lignes = True
    api.ajouter(CHOCOLAT, 2)
    corps = api.commander().json()
    assert (corps["statut"], corps["commande"]["sous_total"]) == ("finalise", 17.98)
    assert len(corps["operations"]) == 2
    assert len(voisins.appels("GET", "/api/saga/commandes/")) == 1


@pytest.mark.parametrize(
    ("produit", "quantite", "express", "frais", "total"),
    [
        (CHOCOLAT, 1, False, 7.5, 16.49),
        (CHOCOLAT, 1, True, 15.0, 23.99),
        (CLAVIER, 2, False, 0.0, 179.98),
        (CLAVIER, 2, True, 0.0, 179.98),
    ],
)
def test_delivery(api: Api, produit: str, quantite: int, express: bool, frais: float, total: float) -> None:
    api.ajouter(produit, quantite)
    corps = api.commander({"adresse_livraison": {**ADRESSE, "livraison_express": express}, "notes": "Merci"}).json()
    commande = corps["commande"]
    assert (commande["frais_livraison"], commande["total"], commande["livraison_gratuite"]) == (
        frais,
        total,
        frais == 0,
    )
    assert commande["adresse_livraison"]["code_postal"] == "H3B 4G7"
    assert (commande["notes"], commande["livraison_express"]) == ("Merci", express)


def test_a_price_that_changed_since_the_cart_counts_and_is_reported(api: Api, voisins: Voisins) -> None:
    api.ajouter(CHOCOLAT, 2)
    voisins.produits[CHOCOLAT]["prix"] = 9.49
    corps = api.commander().json()
    assert corps["commande"]["sous_total"] == 18.98
    assert corps["prix_modifies"] == [
        {
            "produit_id": CHOCOLAT,
            "nom_produit": "Chocolat Noir 70%",
            "ancien_prix": 8.99,
            "nouveau_prix": 9.49,
        }
    ]


def test_a_shortage_is_a_400_and_the_lines_are_back_in_the_cart(api: Api, voisins: Voisins) -> None:
    voisins.mode = "rupture"
    api.ajouter(CHOCOLAT, 3)
    reponse = api.commander({"magasin_id": "33333333-3333-3333-3333-333333333331"})
    corps = reponse.json()
    assert (reponse.status_code, corps["error"], corps["code"], corps["statut"]) == (
        400,
        "Stock insuffisant",
        "stock_insuffisant",
        "echec",
    )
    assert voisins.sagas[corps["checkout_id"]]["demande"]["magasin_id"] == "33333333-3333-3333-3333-333333333331"
    assert api.panier() == {CHOCOLAT: 3}


def test_F23_a_compensated_saga_is_a_503_echec_with_the_lines_back_and_keeps_the_circuit_closed(
    api: Api, voisins: Voisins
) -> None:
    voisins.mode = "compensee"
    for _ in range(6):  # more than the breaker's threshold
        api.ajouter(CHOCOLAT, 1)
        reponse = api.commander()
        corps = reponse.json()
        assert (reponse.status_code, corps["statut"], corps["code"]) == (503, "echec", "service_indisponible")
        assert int(reponse["Retry-After"]) > 0
    assert api.panier() == {CHOCOLAT: 6}
    assert len(voisins.appels("POST", "/api/saga/commandes/")) == 6


def test_lines_that_return_join_what_was_added_meanwhile(api: Api, voisins: Voisins) -> None:
    voisins.mode, voisins.retenue = "rupture", threading.Event()
    api.ajouter(CHOCOLAT, 70)
    api.ajouter(CLAVIER, 1)
    fil = en_fil(lambda: Api().commander().status_code)
    assert voisins.arrivee.wait(10)
    api.ajouter(CHOCOLAT, 40)
    api.ajouter(SOURIS, 2)
    voisins.laisser()
    assert fil.resultat() == 400
    assert api.panier() == {CHOCOLAT: 99, SOURIS: 2, CLAVIER: 1}


@pytest.mark.parametrize("mode", ["differee", "muette", "panne"])
def test_F23_an_answer_that_does_not_come_is_a_202_to_follow(api: Api, voisins: Voisins, mode: str) -> None:
    voisins.mode = mode  # type: ignore[assignment]
    api.ajouter(CHOCOLAT)
    reponse = api.commander()
    corps = reponse.json()
    assert (reponse.status_code, corps["statut"]) == (202, "en_cours")
    assert corps["statut_url"] == f"/api/commandes/clients/{ADA}/checkout/{corps['checkout_id']}/"
    assert api.panier() == {}
    statut = api.appeler("GET", corps["statut_url"]).json()
    assert (statut["statut"], statut["commande"], statut["historique_complet"]) == (
        "en_cours",
        None,
        mode == "differee",
    )


def test_F23_an_orchestrator_slower_than_the_read_limit_is_a_202(api: Api, voisins: Voisins) -> None:
    voisins.retenue = threading.Event()
    api.ajouter(CHOCOLAT)
    reponse = api.commander()
    assert (reponse.status_code, reponse.json()["statut"]) == (202, "en_cours")


def test_F12_a_lost_answer_is_asked_again_with_the_same_id_and_one_saga_runs(api: Api, voisins: Voisins) -> None:
    voisins.mode = "perdue"
    api.ajouter(CHOCOLAT)
    reponse = api.commander()
    assert reponse.status_code == 201
    appels = voisins.appels("POST", "/api/saga/commandes/")
    assert len(appels) == 2
    assert appels[0][3] == appels[1][3]
    assert list(voisins.sagas) == [reponse.json()["checkout_id"]]


@pytest.mark.parametrize(
    ("corps", "champ"),
    [
        ({"adresse_livraison": {**ADRESSE, "code_postal": "12345"}}, "adresse_livraison.code_postal"),
        ({"adresse_livraison": {"rue": "x"}}, "adresse_livraison.ville"),
        ({"adresse_livraison": {**ADRESSE, "livraison_express": "oui"}}, "adresse_livraison.livraison_express"),
        ({"magasin_id": "abc"}, "magasin_id"),
        ({"notes": 5}, "notes"),
    ],
)
def test_F43_a_malformed_checkout_names_the_field_and_leaves_the_cart_open(api: Api, corps: object, champ: str) -> None:
    api.ajouter(CHOCOLAT)
    reponse = api.commander(corps, Idempotency_Key="k1")
    assert reponse.status_code == 400
    assert champ in reponse.json()["champs"]
    assert (checkouts(), un("SELECT count(*) FROM cles_checkout")) == (0, 0)
    assert api.panier() == {CHOCOLAT: 1}


def test_an_empty_cart_and_an_unknown_client(api: Api, voisins: Voisins) -> None:
    vide = api.commander()
    inconnu = api.commander(client=uuid.uuid4())
    assert (vide.status_code, vide.json()["error"]) == (400, "Panier vide")
    assert (inconnu.status_code, inconnu.json()["code"]) == (404, "client_introuvable")
    assert (checkouts(), voisins.recues) == (0, [])


def test_two_simultaneous_checkouts_of_one_cart_make_one_checkout(api: Api, voisins: Voisins) -> None:
    """Both want the cart's row, which a third session holds until both wait."""
    api.ajouter(CHOCOLAT, 2)
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM paniers WHERE client_id = %s FOR UPDATE", [ADA])
        fils = [en_fil(lambda: Api().commander()) for _ in range(2)]
        attendre_verrou(2)
    reponses = sorted((fil.resultat() for fil in fils), key=lambda r: r.status_code)
    assert [r.status_code for r in reponses] == [201, 400]
    assert reponses[1].json()["error"] == "Panier vide"
    assert (checkouts(), len(voisins.sagas)) == (1, 1)


def test_an_addition_that_commits_while_the_checkout_waits_is_part_of_it(api: Api) -> None:
    api.ajouter(CHOCOLAT, 2)
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM paniers WHERE client_id = %s FOR UPDATE", [ADA])
        fil = en_fil(lambda: Api().commander().json())
        attendre_verrou()
        curseur.execute(
            "INSERT INTO lignes_panier (panier_id, produit_id, nom_produit, prix_unitaire, quantite) "
            "SELECT id, %s, 'Souris optique', 25.50, 1 FROM paniers",
            [SOURIS],
        )
    assert [p["produit_id"] for p in fil.resultat()["produits"]] == [CHOCOLAT, SOURIS]


# -- Idempotency-Key ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "statut"), [("reussite", 201), ("rupture", 400), ("differee", 202)])
def test_F7_the_same_key_gives_the_first_answer_byte_for_byte(
    api: Api, voisins: Voisins, mode: str, statut: int
) -> None:
    voisins.mode = mode  # type: ignore[assignment]
    api.ajouter(CHOCOLAT)
    premiere = api.commander({"notes": "a"}, Idempotency_Key="k1")
    api.ajouter(SOURIS)
    if mode == "differee":
        voisins.terminer(premiere.json()["checkout_id"], "reussite")
        vieillir(10)
        assert bootstrap.suivre() == 1
    seconde = api.commander({"notes": "a"}, Idempotency_Key="k1")
    assert (premiere.status_code, seconde.status_code) == (statut, statut)
    assert seconde.content == premiere.content
    assert seconde["Idempotency-Replayed"] == "true"
    assert (checkouts(), len(voisins.sagas)) == (1, 1)
    assert SOURIS in api.panier()


def test_F7_a_refusal_without_checkout_is_remembered_too(api: Api) -> None:
    premiere = api.commander(Idempotency_Key="k1")
    api.ajouter(CHOCOLAT)
    seconde = api.commander(Idempotency_Key="k1")
    assert (premiere.status_code, premiere.json()["error"]) == (400, "Panier vide")
    assert (seconde.status_code, seconde.content) == (400, premiere.content)
    assert checkouts() == 0


def test_the_same_key_with_another_body_or_client_is_a_422(api: Api) -> None:
    api.ajouter(CHOCOLAT)
    api.commander(Idempotency_Key="k1")
    api.ajouter(CHOCOLAT)
    assert api.commander({"notes": "autre"}, Idempotency_Key="k1").status_code == 422
    assert api.commander(client=JEAN, Idempotency_Key="k1").status_code == 422
    assert (checkouts(), api.panier()) == (1, {CHOCOLAT: 1})


def test_keys_of_two_consumers_do_not_meet(api: Api) -> None:
    for consommateur in ("a", "b"):
        api.ajouter(CHOCOLAT)
        assert Api(consommateur=consommateur).commander(Idempotency_Key="k1").status_code == 201
    assert checkouts() == 2


def test_a_503_frees_the_key_and_a_retry_buys(api: Api, voisins: Voisins) -> None:
    voisins.mode = "compensee"
    api.ajouter(CHOCOLAT, 2)
    assert api.commander(Idempotency_Key="k1").status_code == 503
    voisins.mode = "reussite"
    reponse = api.commander(Idempotency_Key="k1")
    assert (reponse.status_code, reponse.json()["produits"][0]["quantite"]) == (201, 2)
    assert [un("SELECT count(*) FROM checkouts WHERE statut = %s", [s]) for s in ("echec", "finalise")] == [1, 1]


def test_F19_simultaneous_requests_with_one_key_make_one_checkout_and_one_answer(api: Api, voisins: Voisins) -> None:
    api.ajouter(CHOCOLAT)
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM paniers WHERE client_id = %s FOR UPDATE", [ADA])
        fils = [en_fil(lambda: Api().commander(Idempotency_Key="k1")) for _ in range(8)]
        attendre_verrou(8)  # one wants the cart, seven the key
    reponses = [fil.resultat() for fil in fils]
    assert {r.status_code for r in reponses} == {201}
    assert len({r.content for r in reponses}) == 1
    assert (checkouts(), len(voisins.appels("POST", "/api/saga/commandes/"))) == (1, 1)


@pytest.mark.parametrize("voisins", [{"orchestrateur_lecture_s": 8.0}], indirect=True)
def test_F19_the_same_key_while_the_first_runs_waits_then_is_a_409_with_retry_after(api: Api, voisins: Voisins) -> None:
    voisins.retenue = threading.Event()
    api.ajouter(CHOCOLAT)
    fil = en_fil(lambda: Api().commander(Idempotency_Key="k1"))
    assert voisins.arrivee.wait(10)
    seconde = api.commander(Idempotency_Key="k1")
    assert (seconde.status_code, seconde.json()["code"]) == (409, "en_cours")
    assert int(seconde["Retry-After"]) > 0
    voisins.laisser()
    premiere = fil.resultat()
    troisieme = api.commander(Idempotency_Key="k1")
    assert (premiere.status_code, troisieme.content) == (201, premiere.content)
    assert checkouts() == 1


@pytest.mark.parametrize("point", ["checkout.apres_cloture", "checkout.apres_reponse"])
def test_F20_a_request_dead_between_key_and_answer_is_resumed_by_a_retry(
    api: Api, voisins: Voisins, point: str
) -> None:
    api.ajouter(CHOCOLAT, 2)
    faute(point)
    assert api.commander(Idempotency_Key="k1").status_code == 503
    reponse = api.commander(Idempotency_Key="k1")
    corps = reponse.json()
    assert (reponse.status_code, corps["statut"], corps["produits"][0]["quantite"]) == (201, "finalise", 2)
    assert (list(voisins.sagas), checkouts()) == ([corps["checkout_id"]], 1)
    assert api.commander(Idempotency_Key="k1").content == reponse.content


def test_F20_a_checkout_taken_over_by_a_retry_keeps_the_correlation_id_of_its_first_request(
    api: Api, voisins: Voisins
) -> None:
    api.ajouter(CHOCOLAT)
    faute("checkout.apres_cloture")
    assert api.commander(Idempotency_Key="k1", X_Correlation_ID="premiere").status_code == 503
    assert voisins.appels("POST", "/api/saga/commandes/") == []
    reponse = api.commander(Idempotency_Key="k1", X_Correlation_ID="seconde")
    assert (reponse.status_code, reponse["X-Correlation-ID"]) == (201, "seconde")
    ((_, _, entetes, _),) = voisins.appels("POST", "/api/saga/commandes/")
    assert entetes["x-correlation-id"] == "premiere"
    assert api.statut(reponse.json()["checkout_id"])["correlation_id"] == "premiere"


def test_F19_two_retries_that_take_over_at_once_give_one_answer(api: Api, voisins: Voisins) -> None:
    """An answer names its request's correlation id: that of whoever answers first."""
    voisins.mode = "rupture"
    api.ajouter(CHOCOLAT)
    faute("checkout.apres_reponse")
    assert api.commander(Idempotency_Key="k1").status_code == 503
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM checkouts FOR UPDATE")
        fils = [en_fil(lambda i=i: Api().commander(Idempotency_Key="k1", X_Correlation_ID=f"c{i}")) for i in range(2)]
        attendre_verrou(2)  # both have asked the orchestrator and want to conclude
    reponses = [fil.resultat() for fil in fils]
    assert [r.status_code for r in reponses] == [400, 400]
    assert len({r.content for r in reponses}) == 1
    assert api.commander(Idempotency_Key="k1").content == reponses[0].content


def test_F20_after_the_budget_a_retry_answers_202_instead_of_409(api: Api, voisins: Voisins) -> None:
    voisins.mode = "differee"
    api.ajouter(CHOCOLAT)
    faute("checkout.apres_reponse")
    assert api.commander(Idempotency_Key="k1").status_code == 503
    vieillir(2)
    reponse = api.commander(Idempotency_Key="k1")
    assert (reponse.status_code, reponse.json()["statut"]) == (202, "en_cours")
    assert api.commander(Idempotency_Key="k1").content == reponse.content


# -- reading -----------------------------------------------------------------------------------------------------------


def test_the_status_merges_both_histories_and_belongs_to_its_client(api: Api) -> None:
    api.ajouter(CHOCOLAT)
    checkout_id = api.commander().json()["checkout_id"]
    corps = api.statut(checkout_id)
    assert (corps["statut"], corps["style"], corps["conclu_par"]) == ("finalise", "orchestre", "requete")
    demarree = str(uuid.uuid5(uuid.UUID(checkout_id), "historique:1"))
    assert [(e["source"], e["type"], e["id"], e["causation_id"]) for e in corps["historique"]] == [
        ("ecommerce", "CHECKOUT_INITIE", checkout_id, None),
        ("saga", "SAGA_DEMARRE", demarree, checkout_id),
        ("ecommerce", "CHECKOUT_FINALISE", str(uuid.uuid5(uuid.UUID(checkout_id), "CHECKOUT_FINALISE")), demarree),
    ]
    autre = api.appeler("GET", f"/api/commandes/clients/{JEAN}/checkout/{checkout_id}/")
    assert (autre.status_code, autre.json()["code"]) == (404, "checkout_introuvable")


def test_the_list_of_checkouts_filters_pages_and_counts(api: Api, voisins: Voisins) -> None:
    for mode in ("reussite", "rupture", "reussite"):
        voisins.mode = mode  # type: ignore[assignment]
        api.ajouter(CHOCOLAT)
        api.commander()
    lire = lambda criteres: api.appeler("GET", f"/api/commandes/checkouts/{criteres}").json()  # noqa: E731
    assert (lire("")["total"], lire("?statut=finalise")["total"], lire("?style=choreo")["total"]) == (3, 2, 0)
    page = lire(f"?client_id={ADA}&page=2&page_size=2")
    assert (page["total"], len(page["checkouts"]), page["page"]) == (3, 1, 2)
    assert "adresse" not in json.dumps(page)
    assert api.appeler("GET", "/api/commandes/checkouts/?statut=perdu").status_code == 400
    assert api.appeler("GET", "/api/commandes/checkouts/?page_size=201").status_code == 400


def test_the_history_of_a_client_is_limited_and_the_prerequisites_are_told(api: Api) -> None:
    for _ in range(3):
        api.ajouter(CHOCOLAT)
        api.commander()
    chemin = f"/api/commandes/clients/{ADA}/"
    corps = api.appeler("GET", f"{chemin}historique/?limite=2").json()
    assert (len(corps["commandes"]), corps["total"]) == (2, 3)
    assert corps["commandes"][0]["produits"][0]["nom_produit"] == "Chocolat Noir 70%"
    for limite in ("0", "101", "x"):
        assert api.appeler("GET", f"{chemin}historique/?limite={limite}").status_code == 400
    avant = api.appeler("GET", f"{chemin}checkout/prerequis/").json()
    api.ajouter(CHOCOLAT)
    apres = api.appeler("GET", f"{chemin}checkout/prerequis/").json()
    assert (avant["peut_commander"], avant["manquants"]) == (False, ["Le panier est vide."])
    assert (apres["peut_commander"], apres["panier"]["nombre_articles"]) == (True, 1)
