"""The saga over HTTP, with neighbours that are real servers: answers, states, costs, compensation."""

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from socle.tests.ordres import ordres
from tests.integration.conftest import INTERNE, panier, poster, sql
from tests.voisins import CLIENT, MAGASIN, PRODUITS, Voisins

NEUTRE = [
    ("SAGA_DEMARRE", "EN_ATTENTE", "VERIFICATION_STOCK"),
    ("STOCK_VERIFIE_SUCCES", "VERIFICATION_STOCK", "STOCK_VERIFIE"),
    ("INFORMATIONS_PRODUITS_SUCCES", "STOCK_VERIFIE", "STOCK_VERIFIE"),
    ("ETAPE_DEMARREE", "STOCK_VERIFIE", "RESERVATION_STOCK"),
    ("STOCK_RESERVE_SUCCES", "RESERVATION_STOCK", "STOCK_RESERVE"),
    ("ETAPE_DEMARREE", "STOCK_RESERVE", "CREATION_COMMANDE"),
    ("COMMANDE_CREEE_SUCCES", "CREATION_COMMANDE", "COMMANDE_CREEE"),
    ("SAGA_TERMINEE_SUCCES", "COMMANDE_CREEE", "SAGA_TERMINEE"),
]


def histoire(client: Client, saga_id: str) -> list[tuple[str, str, str]]:
    saga = client.get(f"/api/saga/commandes/{saga_id}/").json()
    return [(e["type"], e["etat_precedent"], e["nouvel_etat"]) for e in saga["historique_evenements"]]


def _exiger_une_chaine(client: Client, saga_id: str) -> None:
    """Each entry names the one before it as its cause, the first one the checkout; the ids stay the same."""
    saga, encore = (client.get(f"/api/saga/commandes/{saga_id}/").json() for _ in range(2))
    entrees = saga["historique_evenements"]
    ids = [entree["id"] for entree in entrees]
    assert len(set(ids)) == len(ids)
    assert [entree["causation_id"] for entree in entrees] == [saga_id, *ids[:-1]]
    assert encore["historique_evenements"] == entrees


def test_a_three_line_success(client: Client, voisins: Voisins) -> None:
    corps = panier(3)
    reponse = poster(client, corps, **{"X-Correlation-ID": "corr-42", "X-Consumer-Username": "magasin-app"})
    assert reponse.status_code == 201
    donnees = reponse.json()
    vente = voisins.ventes[corps["checkout_id"]]
    assert donnees["success"] is True
    assert (donnees["saga_id"], donnees["etat_final"]) == (corps["checkout_id"], "SAGA_TERMINEE")
    assert donnees["commande_id"] == vente["id"]
    resume = donnees["resume_execution"]
    assert resume["montant_total"] == 71.94  # 2 x (10.99 + 11.99 + 12.99)
    assert (resume["quantite_totale_articles"], resume["nombre_lignes"], resume["nombre_evenements"]) == (6, 3, 8)
    assert (resume["est_terminee"], resume["est_en_echec"], resume["necessite_compensation"]) == (True, False, False)
    assert set(resume["tentatives_par_etape"].values()) == {1}
    assert resume["lignes_commande"][1] == {
        "produit_id": PRODUITS[1], "produit_nom": "Produit 02", "quantite": 2, "prix_unitaire": 11.99,
        "sous_total": 23.98,
    }  # fmt: skip
    assert [(ligne["quantite"], ligne["prix_unitaire"], ligne["produit_nom"]) for ligne in vente["lignes"]] == [
        (2, 10.99, "Produit 01"), (2, 11.99, "Produit 02"), (2, 12.99, "Produit 03"),
    ]  # fmt: skip
    assert [voisins.stock[MAGASIN, PRODUITS[n]] for n in range(4)] == [498, 498, 498, 500]
    assert histoire(client, corps["checkout_id"]) == NEUTRE
    _exiger_une_chaine(client, corps["checkout_id"])
    assert sql("SELECT produit_nom, prix_unitaire::text FROM saga_lignes_commande ORDER BY numero") == [
        ("Produit 01", "10.99"), ("Produit 02", "11.99"), ("Produit 03", "12.99"),
    ]  # fmt: skip
    for _, _, entetes, _ in voisins.appels:
        assert entetes["X-Correlation-ID"] == "corr-42"
        assert entetes["X-API-Key"] == "cle-de-test"
        assert entetes["X-Internal-Token"] == "jeton-de-test"
        assert entetes["traceparent"].startswith("00-")
    saga = client.get(f"/api/saga/{corps['checkout_id']}/status/").json()
    assert (saga["attend"], saga["est_terminee"], saga["commande_finale_id"]) == (None, True, vente["id"])


@pytest.mark.parametrize("nombre", [1, 10, 50])
def test_a_success_costs_four_calls_three_statements_and_three_commits(
    client: Client, voisins: Voisins, nombre: int
) -> None:
    """Three statements of a connection that commits each by itself are three commits."""
    poster(client, panier(1))  # connections are open
    voisins.appels.clear()
    with ordres() as passes:
        assert poster(client, panier(nombre)).status_code == 201
    assert [ordre.split()[0] for ordre in passes] == ["EXECUTE"] * 3
    assert connection.get_autocommit()
    assert voisins.routes() == ["stocks", "produits", "reserver", "enregistrer"]


def test_a_shortage_names_product_available_and_requested_and_takes_nothing(client: Client, voisins: Voisins) -> None:
    corps = panier(1, quantite=1000)
    reponse = poster(client, corps)
    donnees = reponse.json()
    assert (reponse.status_code, donnees["error"], donnees["code"]) == (400, "Stock insuffisant", "stock_insuffisant")
    assert donnees["details"] == f"Stock insuffisant : produit {PRODUITS[0]} : 500 disponible(s), 1000 demandé(s)."
    assert (donnees["etat_final"], donnees["etat_echec"]) == ("SAGA_ANNULEE", "ECHEC_STOCK_INSUFFISANT")
    assert histoire(client, corps["checkout_id"])[1:] == [
        ("STOCK_VERIFIE_ECHEC", "VERIFICATION_STOCK", "ECHEC_STOCK_INSUFFISANT"),
        ("SAGA_ANNULEE", "ECHEC_STOCK_INSUFFISANT", "SAGA_ANNULEE"),
    ]
    assert voisins.routes() == ["stocks"]


def test_F10_two_lines_of_one_product_are_summed_by_the_check_and_stay_two_lines_of_the_sale(
    client: Client, voisins: Voisins
) -> None:
    lignes = [{"produit_id": PRODUITS[0], "quantite": 300}, {"produit_id": PRODUITS[0].upper(), "quantite": 201}]
    assert poster(client, panier(lignes=lignes)).json()["error"] == "Stock insuffisant"
    lignes[1]["quantite"] = 200
    corps = panier(lignes=lignes)
    assert poster(client, corps).status_code == 201
    assert [ligne["quantite"] for ligne in voisins.ventes[corps["checkout_id"]]["lignes"]] == [300, 200]
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 0


def test_a_shortage_found_at_the_reservation_is_called_one(client: Client, voisins: Voisins) -> None:
    voisins.regles["reserver"] = [("refus", 400, "Stock insuffisant pour X")]
    corps = panier()
    reponse = poster(client, corps)
    assert (reponse.status_code, reponse.json()["error"]) == (400, "Stock insuffisant")
    assert histoire(client, corps["checkout_id"])[4:] == [
        ("STOCK_RESERVE_ECHEC", "RESERVATION_STOCK", "ECHEC_RESERVATION_STOCK"),
        ("COMPENSATION_DEMANDEE", "ECHEC_RESERVATION_STOCK", "COMPENSATION_EN_COURS"),
        ("COMPENSATION_TERMINEE", "COMPENSATION_EN_COURS", "SAGA_ANNULEE"),
    ]
    assert "liberer" not in voisins.routes()


@pytest.mark.parametrize("cas", ["produit", "archive", "magasin"])
def test_unknown_and_archived_things_are_business_failures(client: Client, voisins: Voisins, cas: str) -> None:
    corps = panier()
    if cas == "produit":
        corps["lignes"][0]["produit_id"] = str(uuid.uuid4())
    elif cas == "magasin":
        corps["magasin_id"] = str(uuid.uuid4())
    else:
        voisins.archives.add(PRODUITS[0])
    reponse = poster(client, corps)
    donnees = reponse.json()
    assert (reponse.status_code, donnees["error"]) == (400, "Erreur lors de l'exécution de la saga")
    assert donnees["etat_final"] == "SAGA_ANNULEE"
    assert histoire(client, corps["checkout_id"])[-1][2] == "SAGA_ANNULEE"
    assert (voisins.reservations, voisins.ventes) == ({}, {})


def test_a_refused_order_gives_the_stock_back(client: Client, voisins: Voisins) -> None:
    voisins.regles["enregistrer"] = [("refus", 400, "Magasin invalide")]
    corps = panier()
    reponse = poster(client, corps)
    assert (reponse.status_code, reponse.json()["details"]) == (400, "Magasin invalide")
    assert voisins.routes() == ["stocks", "produits", "reserver", "enregistrer", "liberer"]
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500
    assert [type_ for type_, _, _ in histoire(client, corps["checkout_id"])[6:]] == [
        "COMMANDE_CREEE_ECHEC", "COMPENSATION_DEMANDEE", "COMPENSATION_EFFECTUEE", "COMPENSATION_TERMINEE",
    ]  # fmt: skip


@pytest.mark.parametrize("regle", [("perdue",), ("panne", 502), ("panne", 504), ("lente_apres", 0.8)])
def test_F12_a_lost_answer_of_the_order_is_asked_again_with_the_same_key(
    client: Client, voisins: Voisins, regle: tuple[Any, ...]
) -> None:
    voisins.regles["enregistrer"] = [regle]
    corps = panier()
    assert poster(client, corps).status_code == 201
    cles = [e["Idempotency-Key"] for r, _, e, _ in voisins.appels if r == "enregistrer"]
    assert cles == [f"{corps['checkout_id']}:creation_commande:action"] * 2
    assert voisins.ventes_actives() == 1
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 498


def test_F23_a_service_that_is_down_is_retried_compensated_and_told_as_503(client: Client, voisins: Voisins) -> None:
    voisins.regles["enregistrer"] = [("panne", 503)] * 4
    corps = panier()
    reponse = poster(client, corps)
    donnees = reponse.json()
    assert (reponse.status_code, donnees["error"]) == (503, "Service externe indisponible")
    assert (donnees["saga_id"], reponse["Retry-After"]) == (corps["checkout_id"], "2")
    assert voisins.routes()[2:] == ["reserver", *["enregistrer"] * 4, "annuler", "liberer"]
    assert (voisins.ventes, voisins.stock[MAGASIN, PRODUITS[0]]) == ({}, 500)
    assert poster(client, corps).content == reponse.content


def test_the_same_id_and_body_gets_the_same_bytes_and_another_body_is_refused(client: Client, voisins: Voisins) -> None:
    corps = panier()
    premiere = poster(client, corps, **{"X-Correlation-ID": "un"})
    seconde = poster(client, corps, "checkout/", **{"X-Correlation-ID": "deux"})
    assert (premiere.status_code, premiere.content) == (seconde.status_code, seconde.content)
    autre = poster(client, {**corps, "lignes": [{"produit_id": PRODUITS[0], "quantite": 3}]})
    assert (autre.status_code, autre.json()["code"]) == (422, "cle_reutilisee")
    assert len(voisins.ventes) == 1
    assert len(voisins.routes()) == 4


def test_a_replayed_refusal_keeps_the_first_correlation_id(client: Client, voisins: Voisins) -> None:
    corps = panier(quantite=1000)
    premiere = poster(client, corps, **{"X-Correlation-ID": "un"})
    seconde = poster(client, corps, **{"X-Correlation-ID": "deux"})
    assert seconde.content == premiere.content
    assert seconde.json()["correlation_id"] == "un"


def test_an_idempotency_key_names_the_saga_when_the_body_does_not(client: Client, voisins: Voisins) -> None:
    corps = panier()
    del corps["checkout_id"]
    entetes = {"Idempotency-Key": "k-1", "X-Consumer-Username": "magasin-app"}
    premiere, seconde = poster(client, corps, **entetes), poster(client, corps, **entetes)
    assert premiere.content == seconde.content
    autre_corps = poster(client, {**corps, "magasin_id": str(uuid.uuid4())}, **entetes)
    autre_checkout = poster(client, panier(), **entetes)
    assert [autre_corps.status_code, autre_checkout.status_code] == [422, 422]
    autre_client = poster(client, corps, **{**entetes, "X-Consumer-Username": "ecommerce"})
    assert autre_client.json()["saga_id"] != premiere.json()["saga_id"]
    assert len(voisins.ventes) == 2


@pytest.mark.parametrize(
    ("changement", "champ"),
    [
        ({"client_id": None}, "client_id"),
        ({"client_id": 12}, "client_id"),
        ({"client_id": "pas-un-uuid"}, "client_id"),
        ({"magasin_id": []}, "magasin_id"),
        ({"checkout_id": {"a": 1}}, "checkout_id"),
        ({"lignes": []}, "lignes"),
        ({"lignes": "x"}, "lignes"),
        ({"lignes": [{"produit_id": PRODUITS[0], "quantite": 1}] * 51}, "lignes"),
        ({"lignes": [3]}, "lignes[0]"),
        ({"lignes": [{"produit_id": PRODUITS[0], "quantite": 0}]}, "lignes[0].quantite"),
        ({"lignes": [{"produit_id": PRODUITS[0], "quantite": True}]}, "lignes[0].quantite"),
        ({"lignes": [{"produit_id": PRODUITS[0], "quantite": 1.5}]}, "lignes[0].quantite"),
        ({"lignes": [{"produit_id": PRODUITS[0], "quantite": 10_001}]}, "lignes[0].quantite"),
        ({"lignes": [{"produit_id": "\x00", "quantite": 1}]}, "lignes[0].produit_id"),
        ({"lignes": [{"quantite": 1}]}, "lignes[0].produit_id"),
    ],
)
def test_F43_a_malformed_cart_names_its_field_and_stores_nothing(
    client: Client, voisins: Voisins, changement: dict[str, Any], champ: str
) -> None:
    reponse = poster(client, panier(**changement))
    assert reponse.status_code == 400
    assert champ in reponse.json()["champs"]
    assert sql("SELECT count(*) FROM saga_commandes") == [(0,)]
    assert voisins.appels == []


@pytest.mark.parametrize("corps", ["", "{", "[]", "null", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")])
def test_F43_what_is_not_a_json_object_is_a_400(client: Client, corps: str) -> None:
    reponse = poster(client, corps)
    assert reponse.status_code == 400
    assert sql("SELECT count(*) FROM saga_commandes") == [(0,)]


def test_the_default_shop_is_the_online_one(client: Client, voisins: Voisins) -> None:
    corps = panier()
    del corps["magasin_id"]
    assert poster(client, corps).json()["resume_execution"]["magasin_id"] == MAGASIN


def test_respond_async_answers_at_once_and_leaves_the_saga_to_the_loop(client: Client, voisins: Voisins) -> None:
    corps = panier()
    reponse = poster(client, corps, Prefer="respond-async")
    assert (reponse.status_code, reponse.json()["statut"]) == (202, "en_cours")
    assert reponse["Location"] == f"/api/saga/commandes/{corps['checkout_id']}/"
    assert voisins.appels == []
    saga = client.get(reponse["Location"]).json()
    assert (saga["etat_actuel"], saga["attend"]["quoi"]) == ("EN_ATTENTE", "étape 1")
    # The same request without the preference waits for the end, and runs it itself: nobody else has taken it.
    assert poster(client, corps).status_code == 201


def test_the_shortage_simulation_runs_and_keeps_a_real_saga(client: Client, voisins: Voisins) -> None:
    reponse = poster(client, "", "test/echec-stock/")
    donnees = reponse.json()
    assert (reponse.status_code, donnees["simulation_reussie"], donnees["error"]) == (400, True, "Stock insuffisant")
    assert sql("SELECT etat_actuel FROM saga_commandes WHERE saga_id = %s", donnees["saga_id"]) == [("SAGA_ANNULEE",)]
    assert voisins.routes() == ["stocks"]


def test_lists_filter_page_and_count(client: Client, voisins: Voisins) -> None:
    for quantite in (1, 1, 1000):
        poster(client, panier(quantite=quantite))
    poster(client, panier(), Prefer="respond-async")
    page = client.get("/api/saga/sagas/?page=1&page_size=2").json()
    assert (len(page["sagas"]), page["total"], page["page_size"]) == (2, 4, 2)
    assert page["sagas"][0]["etat_actuel"] == "EN_ATTENTE"
    assert client.get("/api/saga/list/?etat=SAGA_ANNULEE").json()["total"] == 1
    assert client.get("/api/saga/sagas/?actives_seulement=true").json()["total"] == 1
    assert client.get("/api/saga/sagas/?etat=INCONNU").status_code == 400


def test_an_unknown_saga_is_a_404_everywhere(client: Client) -> None:
    inconnue = uuid.uuid4()
    assert client.get(f"/api/saga/commandes/{inconnue}/").json()["error"] == "Saga introuvable"
    for geste in ("compenser", "reprendre", "ignorer-etape"):
        assert poster(client, {}, f"commandes/{inconnue}/{geste}/", **INTERNE).status_code == 404
    assert client.get("/api/saga/commandes/pas-un-uuid/").status_code == 404


def test_operator_actions_need_the_internal_token(client: Client, voisins: Voisins) -> None:
    corps = panier()
    poster(client, corps, Prefer="respond-async")
    for geste in ("compenser", "reprendre", "ignorer-etape"):
        refus = poster(client, {}, f"commandes/{corps['checkout_id']}/{geste}/")
        assert (refus.status_code, refus.json()["code"]) == (403, "jeton_interne_requis")
    assert sql("SELECT etat_actuel, jeton FROM saga_commandes") == [("EN_ATTENTE", 1)]


def test_an_ended_saga_cannot_be_compensated(client: Client, voisins: Voisins) -> None:
    corps = panier()
    poster(client, corps)
    for adresse in (f"commandes/{corps['checkout_id']}/compenser/", f"{corps['checkout_id']}/compensate/"):
        refus = poster(client, {"motif": "essai"}, adresse, **INTERNE)
        assert (refus.status_code, refus.json()["code"]) == (400, "action_impossible")
    assert voisins.ventes_actives() == 1


def test_F16_a_release_that_always_fails_waits_for_an_operator_who_ends_it(client: Client, voisins: Voisins) -> None:
    voisins.regles["enregistrer"] = [("refus", 400, "Magasin invalide")]
    voisins.regles["liberer"] = [("panne", 500)] * 4
    corps = panier()
    reponse = poster(client, corps)
    assert (reponse.status_code, reponse.json()["etat_actuel"]) == (202, "INTERVENTION_REQUISE")
    assert voisins.routes().count("liberer") == 4
    adresse = f"/api/saga/commandes/{corps['checkout_id']}/"
    attend = client.get(adresse).json()["attend"]
    assert (attend["quoi"], attend["tentatives"]) == ("opérateur (compensation de reservation_stock)", 4)
    page = client.get("/metrics").content.decode()
    assert 'stalled_sagas{style="orchestre"} 1.0' in page
    assert 'saga_actives_current{etat="INTERVENTION_REQUISE"} 1.0' in page
    entetes = {**INTERNE, "Idempotency-Key": "op-1"}
    geste = poster(client, {"motif": "inventaire réparé"}, f"commandes/{corps['checkout_id']}/reprendre/", **entetes)
    assert (geste.status_code, geste.json()["etat_actuel"]) == (200, "SAGA_ANNULEE")
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500
    encore = poster(client, {"motif": "inventaire réparé"}, f"commandes/{corps['checkout_id']}/reprendre/", **entetes)
    assert (encore.status_code, encore.content) == (200, geste.content)
    autre = poster(client, {"motif": "autre"}, f"commandes/{corps['checkout_id']}/reprendre/", **entetes)
    assert autre.status_code == 422
    trace = [e for e in client.get(adresse).json()["historique_evenements"] if e["type"] == "REPRISE_DEMANDEE"]
    assert [e["donnees"] for e in trace] == [{"operateur": "magasin", "motif": "inventaire réparé", "cle": "op-1"}]
    assert poster(client, corps).status_code == 400
    assert 'stalled_sagas{style="orchestre"} 0.0' in client.get("/metrics").content.decode()


def test_every_metric_of_the_contract_is_on_the_page(client: Client, voisins: Voisins) -> None:
    poster(client, panier(), **{"X-Consumer-Username": "magasin-app"})
    poster(client, panier(quantite=1000, magasin_id=MAGASIN), **{"X-Consumer-Username": "inventé"})
    poster(client, panier(magasin_id="99999999-9999-4999-8999-999999999999"))
    page = client.get("/metrics").content.decode()
    for nom in (
        "saga_total", "saga_duree_seconds", "saga_echecs_total", "saga_etapes_total", "saga_compensations_total",
        "saga_actives_current", "services_externes_calls_total", "services_externes_duree_seconds",
        "saga_started_total", "saga_completed_total", "saga_failed_total", "saga_execution_duration_seconds",
        "external_service_call_duration_seconds", "stalled_sagas", "outbox_backlog", "http_requests_total",
    ):  # fmt: skip
        assert f"# TYPE {nom.removesuffix('_total')}" in page, nom
    assert f'saga_total{{client_type="magasin-app",magasin="{MAGASIN}"}}' in page
    assert 'client_type="autre"' in page
    assert "99999999-9999" not in page
    assert 'http_requests_total{method="POST",route="api/saga/commandes/",status="201"}' in page


def test_info_describes_the_table(client: Client) -> None:
    info = client.get("/api/saga/info/").json()
    assert [e["nom"] for e in info["etapes"]] == [
        "verification_stock", "informations_produits", "reservation_stock", "creation_commande",
    ]  # fmt: skip
    assert info["transitions"]["CREATION_COMMANDE"] == ["COMMANDE_CREEE", "ECHEC_CREATION_COMMANDE"]
    assert client.get("/api/saga/health/").json()["status"] == "healthy"


def test_the_documentation_describes_every_route_with_examples(client: Client) -> None:
    from socle.django.documentation import verifier

    document = json.loads(client.get("/api/saga/swagger.json").content)
    assert verifier() == []
    for chemin in ("/commandes/", "/checkout/", "/list/", "/{saga_id}/status/", "/{saga_id}/compensate/", "/info/"):
        assert chemin in document["paths"]
    for chemin, methodes in document["paths"].items():
        for methode, description in methodes.items():
            if methode != "parameters":
                assert all(r.get("examples") for r in description["responses"].values()), (chemin, methode)
    exemple = document["paths"]["/commandes/"]["post"]["responses"]["201"]["examples"]["application/json"]
    assert exemple["resume_execution"]["client_id"] == CLIENT


def test_the_admin_shows_sagas_and_changes_nothing(client: Client, voisins: Voisins, admin_client: Client) -> None:
    corps = panier()
    poster(client, corps)
    liste = admin_client.get("/admin/saga_orchestrator/sagacommande/")
    assert corps["checkout_id"] in liste.content.decode()
    fiche = admin_client.get(f"/admin/saga_orchestrator/sagacommande/{corps['checkout_id']}/change/")
    assert fiche.status_code == 200
    assert "SAGA_TERMINEE_SUCCES" in fiche.content.decode()
    assert admin_client.get("/admin/saga_orchestrator/sagacommande/add/").status_code == 403
