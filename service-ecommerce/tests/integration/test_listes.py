"""The list and figures of operators: filters, search by any id, pages that cost the same, plans on indexes."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ecommerce.application.ports import FiltreCheckouts, Situation
from ecommerce.infrastructure.checkouts import CheckoutsPostgres
from tests.conftest import ADA, JEAN, Api, vieillir
from tests.voisins import CHOCOLAT, SOURIS


def sql(texte: str, *parametres: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as curseur:
        curseur.execute(texte, parametres)
        return curseur.fetchall() if curseur.description else []


def lus(api: Api, requete: str) -> dict[str, Any]:
    reponse = api.appeler("GET", f"/api/commandes/checkouts/?{requete}")
    assert reponse.status_code == 200, reponse.content
    return reponse.json()


def ids(api: Api, requete: str) -> list[str]:
    return [checkout["checkout_id"] for checkout in lus(api, requete)["checkouts"]]


def orchestre(api: Api, produit: str = CHOCOLAT, **entetes: str) -> dict[str, Any]:
    api.ajouter(produit)
    return api.commander(**entetes).json()


def choreo(api: Api) -> str:
    api.ajouter(SOURIS, client=JEAN)
    return api.choreo(client=JEAN).json()["checkout_id"]


def test_situations_tell_what_is_open_ended_late_and_followed(api: Api) -> None:
    reussi, ouvert = orchestre(api)["checkout_id"], choreo(api)
    attendus = {
        "active": [ouvert], "reussie": [reussi], "echouee": [], "en_reprise": [], "bloquee": [], "intervention": [],
    }  # fmt: skip
    assert set(attendus) == {situation.value for situation in Situation}
    assert {nom: ids(api, f"situation={nom}") for nom in attendus} == attendus
    vieillir(31)
    sql("UPDATE checkouts SET suivis = 3 WHERE id = %s", ouvert)
    assert (ids(api, "situation=bloquee"), ids(api, "situation=en_reprise")) == ([ouvert], [ouvert])
    (resume,) = lus(api, "situation=bloquee")["checkouts"]
    assert (resume["suivis"], resume["prochain_suivi"] is not None, resume["conclu_par"]) == (3, True, "")
    sql("UPDATE checkouts SET statut = 'intervention_requise' WHERE id = %s", ouvert)
    assert (ids(api, "situation=intervention"), ids(api, "situation=active")) == ([ouvert], [])
    sql("UPDATE checkouts SET statut = 'echec' WHERE id = %s", ouvert)
    assert ids(api, "situation=echouee") == [ouvert]


def test_any_id_finds_the_checkout(api: Api) -> None:
    autre = choreo(api)
    reussi = orchestre(api, X_Correlation_ID="corr-recherche")
    for identifiant in (reussi["checkout_id"], reussi["commande_id"], str(ADA), "corr-recherche", CHOCOLAT):
        assert ids(api, f"recherche={identifiant}") == [reussi["checkout_id"]]
    assert ids(api, f"produit_id={SOURIS}") == [autre]
    assert ids(api, f"ids={autre},{uuid.uuid4()}") == [autre]
    assert ids(api, f"recherche={uuid.uuid4()}") == []


def test_pages_follow_each_other_without_a_count_and_without_a_gap(api: Api) -> None:
    attendus: list[str] = []
    for _ in range(5):
        attendus.insert(0, orchestre(api)["checkout_id"])
    vus, suite = [], ""
    while True:
        page = lus(api, f"page_size=2&compter=non{suite}")
        assert page["total"] is None
        vus += [checkout["checkout_id"] for checkout in page["checkouts"]]
        if len(page["checkouts"]) < 2:
            break
        dernier = page["checkouts"][-1]
        suite = f"&avant={dernier['date_creation'].replace('+', '%2B')}&avant_id={dernier['checkout_id']}"
    assert vus == attendus


@pytest.mark.parametrize(
    "requete",
    ["situation=perdue", "recherche=" + "x" * 129, "avant=2026-01-01T00:00:00Z", "ids=1", "compter=peut-etre"],
)
def test_a_wrong_criterion_is_named(api: Api, requete: str) -> None:
    reponse = api.appeler("GET", f"/api/commandes/checkouts/?{requete}")
    assert (reponse.status_code, reponse.json()["code"]) == (400, "donnees_invalides")
    assert requete.split("=")[0] in str(reponse.json()["details"])


def test_both_styles_are_measured_alike(api: Api) -> None:
    orchestre(api)
    choreo(api)
    corps = api.appeler("GET", "/api/commandes/statistiques/?minutes=5").json()
    par_style = {chiffres.pop("style"): chiffres for chiffres in corps["styles"]}
    assert par_style["orchestre"].pop("p50_secondes") == par_style["orchestre"].pop("p95_secondes") > 0
    assert par_style == {
        "orchestre": {"commencees": 1, "reussies": 1, "echouees": 0, "en_cours": 0},
        "choreo": {
            "commencees": 1, "reussies": 0, "echouees": 0, "en_cours": 1, "p50_secondes": None, "p95_secondes": None,
        },
    }  # fmt: skip
    vieillir(301)
    assert {c["commencees"] for c in api.appeler("GET", "/api/commandes/statistiques/?minutes=5").json()["styles"]} == {
        0
    }


@pytest.fixture
def cinq_mille(amorce: None) -> None:
    """5 000 ended checkouts, five failures and two open ones; one product is rare."""
    sql(
        "INSERT INTO paniers (id, client_id, statut) "
        "SELECT gen_random_uuid(), %s, 'ferme' FROM generate_series(1, 5000)",
        ADA,
    )
    sql(
        "INSERT INTO checkouts (id, client_id, panier_id, style, statut, magasin_id, lignes, express, notes, "
        "correlation_id, commande_id, sous_total, frais_livraison, prochain_suivi, date_creation) "
        "SELECT gen_random_uuid(), client_id, id, CASE WHEN n %% 2 = 0 THEN 'choreo' ELSE 'orchestre' END, "
        "CASE WHEN n %% 2000 = 0 THEN 'initie' WHEN n %% 1000 = 1 THEN 'echec' ELSE 'finalise' END, "
        "gen_random_uuid(), "
        "jsonb_build_array(jsonb_build_object('produit_id', gen_random_uuid(), 'nom_produit', 'x', 'quantite', 1, "
        "'prix_panier', '1', 'prix_unitaire', '1')), false, '', gen_random_uuid()::text, "
        "gen_random_uuid(), 1, 1, now(), now() - n * interval '1 second' "
        "FROM (SELECT *, row_number() OVER () AS n FROM paniers WHERE statut = 'ferme') p"
    )
    sql("ANALYZE checkouts")


def test_at_five_thousand_checkouts_no_list_reads_the_table_through(cinq_mille: None) -> None:
    ((checkout, date, produit),) = sql(
        "SELECT id, date_creation, lignes->0->>'produit_id' FROM checkouts ORDER BY date_creation LIMIT 1"
    )
    filtres = [FiltreCheckouts(), FiltreCheckouts(avant=date, avant_id=checkout), FiltreCheckouts(client_id=JEAN)]
    filtres += [FiltreCheckouts(produit_id=uuid.UUID(produit)), FiltreCheckouts(ids=[str(checkout)])]
    filtres += [FiltreCheckouts(recherche=str(checkout)), FiltreCheckouts(recherche="corr")]
    filtres += [FiltreCheckouts(situation=situation) for situation in Situation]
    lecteur = CheckoutsPostgres(suivi_apres_s=5)
    for filtre in filtres:
        with CaptureQueriesContext(connection) as captees:
            lecteur.lister(filtre, debut=0, taille=50, compter=False)
        assert len(captees) == 1
        plan = "\n".join(ligne[0] for ligne in sql("EXPLAIN " + captees[0]["sql"].replace("%", "%%")))
        assert "Seq Scan" not in plan, f"{filtre}\n{plan}"
