"""The lists and figures of operators: filters, search by any id, pages that cost the same, plans on indexes."""

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from saga_orchestrator.application.lister import Filtre, Situation
from saga_orchestrator.infrastructure.listes import ListesPostgres
from tests.integration.conftest import INTERNE, panier, poster, sql
from tests.voisins import CLIENT, PRODUITS, Voisins


def ids(client: Client, requete: str) -> list[str]:
    reponse = client.get(f"/api/saga/sagas/?{requete}")
    assert reponse.status_code == 200, reponse.content
    return [saga["saga_id"] for saga in reponse.json()["sagas"]]


def echouee(client: Client, voisins: Voisins) -> str:
    voisins.regles["enregistrer"] = [("refus", 400, "Magasin invalide")]
    corps = panier()
    assert poster(client, corps).status_code == 400
    return str(corps["checkout_id"])


def en_intervention(client: Client, voisins: Voisins) -> str:
    voisins.regles["enregistrer"] = [("refus", 400, "Magasin invalide")]
    voisins.regles["liberer"] = [("panne", 503)] * 40
    corps = panier()
    assert poster(client, corps).status_code == 202
    return str(corps["checkout_id"])


def test_situations_tell_successes_failures_and_what_waits_for_an_operator(client: Client, voisins: Voisins) -> None:
    reussie = panier()
    poster(client, reussie)
    ratee, bloquee = echouee(client, voisins), en_intervention(client, voisins)
    attendues = {
        "reussie": [reussie["checkout_id"]],
        "echouee": [ratee],
        "intervention": [bloquee],
        "bloquee": [bloquee],
        "active": [],
        "en_compensation": [],
        "en_reprise": [],
    }
    assert set(attendues) == {situation.value for situation in Situation}
    assert {nom: ids(client, f"situation={nom}") for nom in attendues} == attendues
    resumes = {saga["saga_id"]: saga for saga in client.get("/api/saga/sagas/").json()["sagas"]}
    assert resumes[ratee]["echec"]["etape"] == "creation_commande"
    assert resumes[ratee]["attend"] is None
    assert resumes[bloquee]["attend"]["quoi"].startswith("opérateur")
    assert resumes[reussie["checkout_id"]]["echec"] is None
    chiffres = client.get("/api/saga/statistiques/?minutes=5").json()
    assert (chiffres["commencees"], chiffres["reussies"], chiffres["echouees"]) == (3, 1, 1)
    assert (chiffres["en_cours"], chiffres["compensees"]) == (1, 2)
    assert 0 < chiffres["p50_secondes"] <= chiffres["p95_secondes"]


def test_a_saga_being_retried_or_undone_is_listed_as_such(client: Client, voisins: Voisins) -> None:
    bloquee = en_intervention(client, voisins)
    sql("UPDATE saga_commandes SET etat_actuel = 'COMPENSATION_EN_COURS', active = true WHERE saga_id = %s", bloquee)
    for situation in ("active", "en_compensation", "en_reprise"):
        assert ids(client, f"situation={situation}") == [bloquee]
    assert ids(client, "situation=bloquee") == []
    sql("UPDATE saga_commandes SET date_creation = date_creation - interval '1 hour' WHERE saga_id = %s", bloquee)
    assert ids(client, "situation=bloquee") == [bloquee]


def test_any_id_finds_the_saga(client: Client, voisins: Voisins) -> None:
    corps = panier(1, client_id=str(uuid.uuid4()))
    autre = panier(2)
    reponse = poster(client, corps, **{"X-Correlation-ID": "corr-recherche"}).json()
    poster(client, autre)
    saga_id = corps["checkout_id"]
    for identifiant in (saga_id, reponse["commande_id"], corps["client_id"], "corr-recherche"):
        assert ids(client, f"recherche={identifiant}") == [saga_id]
    assert ids(client, f"recherche={PRODUITS[1]}") == [autre["checkout_id"]]
    assert ids(client, f"produit_id={PRODUITS[0]}") == [autre["checkout_id"], saga_id]
    assert ids(client, f"client_id={CLIENT}") == [autre["checkout_id"]]
    assert ids(client, f"recherche={uuid.uuid4()}") == []


def test_a_saga_stuck_before_its_intent_is_found_by_its_product(client: Client, voisins: Voisins) -> None:
    corps = panier(1)
    voisins.regles["stocks"] = [("panne", 503)] * 40
    assert poster(client, corps, Prefer="respond-async").status_code == 202
    sql("DELETE FROM saga_lignes_commande WHERE saga_id = %s", corps["checkout_id"])
    sql("UPDATE saga_commandes SET date_fin = NULL, active = false WHERE saga_id = %s", corps["checkout_id"])
    assert ids(client, f"produit_id={PRODUITS[0]}") == [corps["checkout_id"]]


def test_pages_follow_each_other_without_a_count_and_without_a_gap(client: Client, voisins: Voisins) -> None:
    attendues = []
    for _ in range(5):
        corps = panier()
        poster(client, corps)
        attendues.insert(0, corps["checkout_id"])
    lues, suite = [], ""
    while True:
        page = client.get(f"/api/saga/sagas/?page_size=2&compter=non{suite}").json()
        assert page["total"] is None
        lues += [saga["saga_id"] for saga in page["sagas"]]
        if len(page["sagas"]) < 2:
            break
        derniere = page["sagas"][-1]
        suite = f"&avant={derniere['date_creation'].replace('+', '%2B')}&avant_id={derniere['saga_id']}"
    assert lues == attendues


@pytest.mark.parametrize(
    "requete",
    ["situation=perdue", "recherche=" + "x" * 129, "avant=2026-01-01T00:00:00Z", "client_id=1", "compter=peut-etre"],
)
def test_a_wrong_criterion_is_named(client: Client, requete: str) -> None:
    reponse = client.get(f"/api/saga/sagas/?{requete}")
    assert (reponse.status_code, reponse.json()["code"]) == (400, "donnees_invalides")
    assert requete.split("=")[0] in str(reponse.json()["details"])


def test_the_detail_says_what_each_step_cost(client: Client, voisins: Voisins) -> None:
    corps = panier()
    poster(client, corps)
    saga = client.get(f"/api/saga/commandes/{corps['checkout_id']}/").json()
    assert [(etape["nom"], etape["tentatives"]) for etape in saga["etapes"]] == [
        ("verification_stock", 1), ("informations_produits", 1), ("reservation_stock", 1), ("creation_commande", 1),
    ]  # fmt: skip
    assert all(etape["duree_secondes"] > 0 for etape in saga["etapes"])
    assert saga["date_fin"] >= saga["date_creation"]
    assert saga["traceparent"].startswith("00-")


def test_an_operators_retry_ends_what_waited_for_him(client: Client, voisins: Voisins) -> None:
    bloquee = en_intervention(client, voisins)
    voisins.regles["liberer"] = []
    reponse = poster(client, {"motif": "réparé"}, f"commandes/{bloquee}/reprendre/", **INTERNE)
    assert (reponse.status_code, reponse.json()["etat_actuel"]) == (200, "SAGA_ANNULEE")
    assert ids(client, "situation=intervention") == []
    assert ids(client, "situation=echouee") == [bloquee]


@pytest.fixture
def cinq_mille(base: None) -> None:
    """5 000 ended sagas, five failures and two open ones; one product and one client are rare."""
    sql(
        "INSERT INTO saga_commandes (saga_id, nom_definition, version_definition, etat_actuel, active, execution, "
        "donnees_contexte, jeton, bail_expire, empreinte, consommateur, correlation_id, traceparent, date_creation, "
        "derniere_modification, date_fin, reponse_statut, commande_finale_id, client_id, magasin_id) "
        "SELECT gen_random_uuid(), 'commande', 1, 'SAGA_TERMINEE', false, "
        """'{"echec": null, "a_compenser": null, "position": 4, "echecs": 0, "derniere_erreur": "", "tentees": []}', """
        "'{\"lignes\": []}', 1, now(), '', '', gen_random_uuid()::text, '', now() - n * interval '1 second', now(), "
        "CASE WHEN n %% 2000 > 0 THEN now() END, CASE WHEN n %% 2000 = 0 THEN NULL WHEN n %% 1000 = 1 THEN 503 "
        "ELSE 201 END, gen_random_uuid(), gen_random_uuid(), gen_random_uuid() FROM generate_series(1, 5000) n"
    )
    sql(
        "INSERT INTO saga_lignes_commande (saga_id, numero, produit_id, quantite) "
        "SELECT saga_id, 1, gen_random_uuid(), 1 FROM saga_commandes"
    )
    sql("ANALYZE saga_commandes, saga_lignes_commande")


def test_at_five_thousand_sagas_no_list_reads_a_table_through(cinq_mille: None) -> None:
    une = sql("SELECT saga_id, date_creation, client_id FROM saga_commandes ORDER BY date_creation LIMIT 1")[0]
    produit = sql("SELECT produit_id FROM saga_lignes_commande LIMIT 1")[0][0]
    filtres = [Filtre(), Filtre(avant=une[1], avant_id=une[0]), Filtre(client_id=une[2]), Filtre(produit_id=produit)]
    filtres += [Filtre(recherche=str(une[0])), Filtre(recherche="corr")]
    filtres += [Filtre(situation=situation) for situation in Situation]
    lecteur = ListesPostgres(retard_s=40)
    for filtre in filtres:
        with CaptureQueriesContext(connection) as captees:
            lecteur.sagas(filtre, debut=0, taille=50, compter=False)
        assert len(captees) == 1
        plan = "\n".join(ligne[0] for ligne in sql("EXPLAIN " + captees[0]["sql"].replace("%", "%%")))
        assert "Seq Scan" not in plan, f"{filtre}\n{plan}"
