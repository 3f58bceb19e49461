"""The choreographed checkout over HTTP: what is accepted, what is written with it, keys, and the races around them."""

import json
import re
import uuid

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from socle.tests.schemas import Schemas
from tests.conftest import ADA, JEAN, RACINE, Api, attendre, attendre_verrou, en_fil, outbox, un
from tests.integration.test_checkout import ADRESSE, checkouts, faute
from tests.voisins import CHOCOLAT, CLAVIER, EN_LIGNE, SOURIS, Voisins

SCHEMAS = Schemas(RACINE / "tests" / "contrats" / "evenements")


def rien_d_ecrit() -> bool:
    return (checkouts(), outbox()) == (0, [])


def test_an_accepted_cart_is_closed_recorded_and_announced(api: Api, voisins: Voisins) -> None:
    api.ajouter(CHOCOLAT, 3)
    api.ajouter(SOURIS, 1)
    reponse = api.choreo({"adresse_livraison": ADRESSE, "notes": "Sonnez"}, X_Correlation_ID="corr-7")
    corps = reponse.json()
    checkout_id = uuid.UUID(corps["checkout_id"])
    assert reponse.status_code == 202
    assert corps == {
        "success": True,
        "accepted": True,
        "checkout_id": str(checkout_id),
        "saga_id": str(checkout_id),
        "commande_id": None,
        "statut": "initie",
        "follow": f"/api/event-store/replay/checkout/{checkout_id}",
        "statut_url": f"/api/commandes/clients/{ADA}/checkout/{checkout_id}/",
        "prix_modifies": [],
    }
    assert api.panier() == {}
    (champs,) = outbox()
    payload = SCHEMAS.valider(champs)
    emis = un("SELECT date_creation FROM checkouts")
    assert (champs["type"], champs["id"]) == (
        "CheckoutInitiated",
        str(uuid.uuid5(checkout_id, "CheckoutInitiated")),
    )
    assert (champs["correlation_id"], champs["source"], champs["causation_id"]) == ("corr-7", "ecommerce", "")
    assert champs["traceparent"].startswith("00-")
    assert float(champs["ts"]) == pytest.approx(emis.timestamp(), abs=1e-5)
    assert payload == {
        "checkout_id": str(checkout_id),
        "client_id": str(ADA),
        "emitted_at": emis.isoformat(),
        "initie_le": emis.isoformat(),
        "magasin_id": EN_LIGNE,
        "panier": {
            "client_id": str(ADA),
            "nombre_articles": 4,
            "total": 52.47,
            "produits": [
                {
                    "produit_id": CHOCOLAT,
                    "nom_produit": "Chocolat Noir 70%",
                    "quantite": 3,
                    "prix_unitaire": 8.99,
                    "prix_total": 26.97,
                },
                {
                    "produit_id": SOURIS,
                    "nom_produit": "Souris optique",
                    "quantite": 1,
                    "prix_unitaire": 25.5,
                    "prix_total": 25.5,
                },
            ],
        },
    }


def test_F39_no_event_of_a_checkout_holds_personal_data(api: Api) -> None:
    api.ajouter(CHOCOLAT)
    api.choreo({"adresse_livraison": ADRESSE, "notes": "Code 4521"})
    texte = json.dumps(outbox(), ensure_ascii=False).casefold()
    sans_identifiants = re.sub(r"[0-9a-f-]{16,}", "", texte)  # "ada" may stand in any of them
    for personnel in ("ada", "lovelace", "example.com", "514-555", "ville marie", "bureau", "code 4521", "h3b"):
        assert personnel not in sans_identifiants


@pytest.mark.parametrize("lignes", [1, 12])
def test_one_choreographed_checkout_costs_six_plus_one_statements_one_commit_and_one_call(
    api: Api, voisins: Voisins, lignes: int
) -> None:
    for rang in range(lignes):
        produit = str(uuid.uuid4())
        voisins.produits[produit] = {"id": produit, "nom": f"Produit {rang}", "prix": 1.25, "actif": True}
        voisins.stock[produit] = 9
        api.ajouter(produit)
    voisins.recues.clear()
    with CaptureQueriesContext(connection) as requetes:
        assert api.choreo().status_code == 202
    ordres = [requete["sql"].split()[0] for requete in requetes]
    assert ordres == ["SELECT", "BEGIN", "SELECT", "SELECT", "SELECT", "WITH", "INSERT", "NOTIFY", "COMMIT"]
    assert len(voisins.recues) == 1


def test_a_key_of_a_choreographed_checkout_costs_three_statements_more_and_no_commit(api: Api) -> None:
    api.ajouter(CHOCOLAT)
    with CaptureQueriesContext(connection) as requetes:
        assert api.choreo(Idempotency_Key="k1").status_code == 202
    ordres = [requete["sql"].split()[0] for requete in requetes]
    assert ordres == [
        "SELECT", "SELECT", "BEGIN", "INSERT", "SELECT", "SELECT", "SELECT", "WITH", "INSERT", "NOTIFY", "UPDATE",
        "COMMIT",
    ]  # fmt: skip


def test_the_price_at_acceptance_counts_and_a_change_is_reported(api: Api, voisins: Voisins) -> None:
    api.ajouter(CHOCOLAT, 2)
    voisins.produits[CHOCOLAT]["prix"] = 9.49
    corps = api.choreo().json()
    assert corps["prix_modifies"] == [
        {"produit_id": CHOCOLAT, "nom_produit": "Chocolat Noir 70%", "ancien_prix": 8.99, "nouveau_prix": 9.49}
    ]
    panier = json.loads(outbox()[0]["payload"])["panier"]
    assert (panier["total"], panier["produits"][0]["prix_unitaire"]) == (18.98, 9.49)


@pytest.mark.parametrize("cas", ["archive", "disparu"])
def test_a_product_that_is_not_sold_any_more_is_a_400_and_nothing_is_written(
    api: Api, voisins: Voisins, cas: str
) -> None:
    api.ajouter(CHOCOLAT, 2)
    api.ajouter(SOURIS)
    if cas == "archive":
        voisins.produits[CHOCOLAT]["actif"] = False
    else:
        del voisins.produits[CHOCOLAT]
    reponse = api.choreo()
    assert (reponse.status_code, reponse.json()["code"]) == (400, "produit_non_disponible")
    assert "Chocolat Noir 70%" in reponse.json()["details"]
    assert rien_d_ecrit()
    assert api.panier() == {CHOCOLAT: 2, SOURIS: 1}


def test_F23_a_catalogue_that_is_down_is_a_503_and_nothing_is_written(api: Api, voisins: Voisins) -> None:
    api.ajouter(CHOCOLAT, 2)
    voisins.eteints = {"catalogue"}
    reponse = api.choreo(Idempotency_Key="k1")
    assert (reponse.status_code, reponse.json()["code"]) == (503, "service_indisponible")
    assert int(reponse["Retry-After"]) > 0
    assert rien_d_ecrit()
    assert un("SELECT count(*) FROM cles_checkout") == 0
    voisins.eteints = set()
    attendre(lambda: api.choreo(Idempotency_Key="k1").status_code == 202)  # once the circuit has closed again
    assert (checkouts(), len(outbox())) == (1, 1)


def test_an_empty_cart_an_unknown_client_and_an_erased_one(api: Api, voisins: Voisins) -> None:
    vide, inconnu = api.choreo(), api.choreo(client=uuid.uuid4())
    assert (vide.status_code, vide.json()["error"]) == (400, "Panier vide")
    assert (inconnu.status_code, inconnu.json()["code"]) == (404, "client_introuvable")
    assert voisins.recues == []
    api.ajouter(CHOCOLAT)
    api.appeler("POST", f"/api/clients/{ADA}/anonymiser/", X_Internal_Token="jeton-de-test")
    efface = api.choreo()
    assert (efface.status_code, efface.json()["code"]) == (400, "client_inactif")
    assert rien_d_ecrit()


def test_F43_the_same_body_rules_as_the_orchestrated_style(api: Api) -> None:
    api.ajouter(CHOCOLAT)
    reponse = api.choreo({"adresse_livraison": {**ADRESSE, "code_postal": "12345"}}, Idempotency_Key="k1")
    assert reponse.status_code == 400
    assert "adresse_livraison.code_postal" in reponse.json()["champs"]
    assert rien_d_ecrit()
    assert un("SELECT count(*) FROM cles_checkout") == 0


def test_a_product_that_enters_the_cart_after_the_prices_were_read_is_priced_too(api: Api, voisins: Voisins) -> None:
    """The prices are asked before the cart is locked; here another request holds the lock and adds a line."""
    api.ajouter(CHOCOLAT, 2)
    voisins.recues.clear()
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM paniers WHERE client_id = %s FOR UPDATE", [ADA])
        fil = en_fil(lambda: Api().choreo().json())
        attendre_verrou()
        curseur.execute(
            "INSERT INTO lignes_panier (panier_id, produit_id, nom_produit, prix_unitaire, quantite) "
            "SELECT id, %s, 'Souris optique', 20.00, 1 FROM paniers",
            [SOURIS],
        )
    assert [p["nouveau_prix"] for p in fil.resultat()["prix_modifies"]] == [25.5]
    produits = json.loads(outbox()[0]["payload"])["panier"]["produits"]
    assert [(p["produit_id"], p["prix_unitaire"]) for p in produits] == [(CHOCOLAT, 8.99), (SOURIS, 25.5)]
    assert len(voisins.appels("GET", "/api/catalogue/")) == 2


def test_two_simultaneous_checkouts_of_one_cart_announce_one(api: Api) -> None:
    api.ajouter(CHOCOLAT, 2)
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM paniers WHERE client_id = %s FOR UPDATE", [ADA])
        fils = [en_fil(lambda: Api().choreo()) for _ in range(2)]
        attendre_verrou(2)
    reponses = sorted((fil.resultat() for fil in fils), key=lambda r: r.status_code)
    assert [r.status_code for r in reponses] == [202, 400]
    assert reponses[1].json()["error"] == "Panier vide"
    assert (checkouts(), len(outbox())) == (1, 1)


# -- Idempotency-Key ---------------------------------------------------------------------------------------------------


def test_F7_the_same_key_gives_the_first_answer_whatever_has_happened_since(api: Api, voisins: Voisins) -> None:
    api.ajouter(CHOCOLAT)
    premiere = api.choreo({"notes": "a"}, Idempotency_Key="k1")
    api.ajouter(SOURIS)
    with connection.cursor() as curseur:
        curseur.execute("UPDATE checkouts SET statut = 'echec'")
    voisins.eteints = {"catalogue"}
    seconde = api.choreo({"notes": "a"}, Idempotency_Key="k1")
    assert (premiere.status_code, seconde.status_code) == (202, 202)
    assert seconde.content == premiere.content
    assert seconde["Idempotency-Replayed"] == "true"
    assert (checkouts(), len(outbox()), api.panier()) == (1, 1, {SOURIS: 1})


def test_F7_a_refusal_is_remembered_and_its_key_is_not_free(api: Api) -> None:
    premiere = api.choreo(Idempotency_Key="k1")
    api.ajouter(CHOCOLAT)
    seconde = api.choreo(Idempotency_Key="k1")
    assert (premiere.status_code, premiere.json()["error"]) == (400, "Panier vide")
    assert (seconde.status_code, seconde.content) == (400, premiere.content)
    assert rien_d_ecrit()


def test_the_same_key_with_another_body_client_or_style_is_a_422(api: Api) -> None:
    api.ajouter(CHOCOLAT)
    api.choreo(Idempotency_Key="k1")
    api.ajouter(CHOCOLAT)
    autres = [
        api.choreo({"notes": "autre"}, Idempotency_Key="k1"),
        api.choreo(client=JEAN, Idempotency_Key="k1"),
        api.commander(Idempotency_Key="k1"),
    ]
    assert [r.status_code for r in autres] == [422] * 3
    assert (checkouts(), len(outbox()), api.panier()) == (1, 1, {CHOCOLAT: 1})


def test_F19_simultaneous_requests_with_one_key_announce_one_checkout_and_give_one_answer(api: Api) -> None:
    api.ajouter(CHOCOLAT)
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM paniers WHERE client_id = %s FOR UPDATE", [ADA])
        fils = [en_fil(lambda: Api().choreo(Idempotency_Key="k1")) for _ in range(8)]
        attendre_verrou(8)  # one wants the cart, seven the key
    reponses = [fil.resultat() for fil in fils]
    assert {r.status_code for r in reponses} == {202}
    assert len({r.content for r in reponses}) == 1
    assert (checkouts(), len(outbox())) == (1, 1)


def test_F20_a_request_dead_before_its_commit_wrote_nothing_and_after_it_everything(api: Api) -> None:
    api.ajouter(CHOCOLAT, 2)
    faute("choreo.avant_commit")
    assert api.choreo(Idempotency_Key="k1").status_code == 503
    assert rien_d_ecrit()
    assert api.panier() == {CHOCOLAT: 2}
    faute("choreo.apres_acceptation")
    assert api.choreo(Idempotency_Key="k1").status_code == 503
    reponse = api.choreo(Idempotency_Key="k1")
    assert (reponse.status_code, reponse["Idempotency-Replayed"]) == (202, "true")
    assert (checkouts(), len(outbox()), api.panier()) == (1, 1, {})
    assert reponse.json()["checkout_id"] == json.loads(outbox()[0]["payload"])["checkout_id"]


# -- reading -----------------------------------------------------------------------------------------------------------


def fait(checkout_id: str, type_: str, cause: str, ts: float, **payload: object) -> dict[str, object]:
    return {
        "id": str(uuid.uuid5(uuid.UUID(cause), type_)),
        "type": type_,
        "ts": ts,
        "payload": {"checkout_id": checkout_id, **payload},
        "source": "order-creation",
        "causation_id": cause,
        "correlation_id": "corr-8",
    }


def test_the_status_merges_the_events_and_shows_the_whole_causal_chain(api: Api, voisins: Voisins) -> None:
    """The first event says no cause: here it is the acceptance, which has the checkout's id."""
    api.ajouter(CHOCOLAT)
    checkout_id = api.choreo(X_Correlation_ID="corr-8").json()["checkout_id"]
    debut = un("SELECT extract(epoch FROM date_creation)::float8 FROM checkouts")
    initie = str(uuid.uuid5(uuid.UUID(checkout_id), "CheckoutInitiated"))
    premier = fait(checkout_id, "CheckoutInitiated", checkout_id, debut) | {"causation_id": None}
    reserve = fait(checkout_id, "StockReserved", initie, debut + 1)
    succes = fait(checkout_id, "CheckoutSucceeded", str(reserve["id"]), debut + 2)
    voisins.rejeux[checkout_id] = [premier, reserve, succes]
    corps = api.statut(checkout_id)
    assert (corps["style"], corps["statut"], corps["historique_complet"]) == ("choreo", "initie", True)
    assert (corps["correlation_id"], corps["follow"]) == ("corr-8", f"/api/event-store/replay/checkout/{checkout_id}")
    assert [(e["type"], e["etat"], e["id"], e["causation_id"]) for e in corps["historique"]] == [
        ("CHECKOUT_INITIE", "initie", checkout_id, None),
        ("CheckoutInitiated", "initie", initie, checkout_id),
        ("StockReserved", "en_cours", reserve["id"], initie),
        ("CheckoutSucceeded", "finalise", succes["id"], reserve["id"]),
    ]
    assert {e["correlation_id"] for e in corps["historique"]} == {"corr-8"}


@pytest.mark.parametrize("panne", ["eteint", "rien"])
def test_the_status_does_without_the_event_store(api: Api, voisins: Voisins, panne: str) -> None:
    api.ajouter(CHOCOLAT)
    checkout_id = api.choreo().json()["checkout_id"]
    if panne == "eteint":
        voisins.eteints = {"event-store"}
    corps = api.statut(checkout_id)
    assert (corps["statut"], corps["historique_complet"]) == ("initie", False)
    assert [e["type"] for e in corps["historique"]] == ["CHECKOUT_INITIE"]


def test_the_lists_show_both_styles(api: Api) -> None:
    api.ajouter(CHOCOLAT)
    api.choreo()
    api.ajouter(CLAVIER)
    api.commander()
    historique = api.appeler("GET", f"/api/commandes/clients/{ADA}/historique/").json()
    assert [c["style"] for c in historique["commandes"]] == ["orchestre", "choreo"]
    for style in ("orchestre", "choreo"):
        page = api.appeler("GET", f"/api/commandes/checkouts/?style={style}").json()
        assert [c["style"] for c in page["checkouts"]] == [style]
