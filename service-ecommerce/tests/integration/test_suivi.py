"""The tracker: what no request concluded ends all the same, once."""

import re
import uuid

import pytest
from django.db import connection, transaction

from ecommerce import bootstrap
from socle import fautes, metriques
from tests.conftest import ADA, Api, attendre_verrou, en_fil, un, vieillir
from tests.integration.test_checkout import faute
from tests.voisins import CHOCOLAT, SOURIS, Voisins


@pytest.fixture
def ouvert(api: Api, voisins: Voisins) -> str:
    """A checkout left open: its saga runs on."""
    voisins.mode = "differee"
    api.ajouter(CHOCOLAT, 2)
    checkout_id = api.commander().json()["checkout_id"]
    vieillir(10)
    return checkout_id


@pytest.fixture
def jamais_recu(api: Api, voisins: Voisins) -> str:
    """A checkout whose request died before the orchestrator was called."""
    api.ajouter(CHOCOLAT, 2)
    faute("checkout.apres_cloture")
    api.commander()
    vieillir(10)
    return str(un("SELECT id FROM checkouts"))


def statut() -> tuple[str, str]:
    return un("SELECT statut FROM checkouts"), un("SELECT conclu_par FROM checkouts")


def test_a_checkout_is_left_alone_until_its_time_has_come(api: Api, voisins: Voisins) -> None:
    voisins.mode = "differee"
    api.ajouter(CHOCOLAT)
    api.commander()
    assert bootstrap.suivre() == 0


def test_a_running_saga_stays_open_and_is_looked_at_again_later(ouvert: str) -> None:
    assert bootstrap.suivre() == 1
    assert statut() == ("en_cours", "")
    assert bootstrap.suivre() == 0
    assert un("SELECT prochain_suivi > now() AND prochain_suivi < now() + interval '2 s' FROM checkouts")


def test_a_saga_that_succeeded_concludes_as_the_request_would_have(api: Api, voisins: Voisins, ouvert: str) -> None:
    voisins.produits[CHOCOLAT]["prix"] = 60.0
    voisins.terminer(ouvert, "reussite")
    assert bootstrap.suivre() == 1
    corps = api.statut(ouvert)
    assert (corps["statut"], corps["conclu_par"], corps["commande_id"]) == (
        "finalise",
        "suivi",
        voisins.sagas[ouvert]["commande_id"],
    )
    assert (corps["commande"]["sous_total"], corps["commande"]["frais_livraison"]) == (120.0, 0.0)
    assert corps["prix_modifies"][0]["nouveau_prix"] == 60.0
    assert api.panier() == {}


@pytest.mark.parametrize(("mode", "code"), [("rupture", "stock_insuffisant"), ("compensee", "service_indisponible")])
def test_a_saga_that_was_undone_gives_the_lines_back_once(
    api: Api, voisins: Voisins, ouvert: str, mode: str, code: str
) -> None:
    voisins.terminer(ouvert, mode)  # type: ignore[arg-type]
    assert bootstrap.suivre() == 1
    vieillir(1)
    assert bootstrap.suivre() == 0
    corps = api.statut(ouvert)
    assert (corps["statut"], corps["code"]) == ("echec", code)
    assert api.panier() == {CHOCOLAT: 2}


def test_an_intervention_is_shown_and_followed_until_an_operator_ends_it(
    api: Api, voisins: Voisins, ouvert: str
) -> None:
    voisins.sagas[ouvert]["etat"] = "INTERVENTION_REQUISE"
    assert bootstrap.suivre() == 1
    assert statut() == ("intervention_requise", "")
    assert api.panier() == {}
    voisins.terminer(ouvert, "compensee")
    vieillir(1)
    assert bootstrap.suivre() == 1
    assert statut() == ("echec", "suivi")
    assert api.panier() == {CHOCOLAT: 2}


def test_F20_a_checkout_the_orchestrator_never_received_is_handed_over_with_its_id(
    voisins: Voisins, jamais_recu: str
) -> None:
    assert bootstrap.suivre() == 1
    ((_, _, entetes, corps),) = voisins.appels("POST", "/api/saga/commandes/")
    assert (corps["checkout_id"], entetes["prefer"]) == (jamais_recu, "respond-async")
    vieillir(1)
    assert bootstrap.suivre() == 1
    assert statut() == ("finalise", "suivi")
    assert list(voisins.sagas) == [jamais_recu]


def test_past_the_limit_it_is_failed_after_commandes_closed_its_reference(
    api: Api, voisins: Voisins, jamais_recu: str
) -> None:
    vieillir(60)
    assert bootstrap.suivre() == 1
    assert voisins.fermees == [jamais_recu]
    assert statut() == ("echec", "suivi")
    assert (voisins.sagas, api.panier()) == ({}, {CHOCOLAT: 2})


def test_F23_an_orchestrator_down_past_the_limit_without_a_sale_is_a_failure(
    api: Api, voisins: Voisins, ouvert: str
) -> None:
    voisins.mode = "panne"
    assert bootstrap.suivre() == 1
    assert (statut(), voisins.fermees) == (("en_cours", ""), [])
    vieillir(60)
    assert bootstrap.suivre() == 1
    assert (statut(), voisins.fermees) == (("echec", "suivi"), [ouvert])
    assert api.panier() == {CHOCOLAT: 2}


def test_F23_a_sale_does_not_prove_success_while_the_orchestrator_is_down(
    api: Api, voisins: Voisins, ouvert: str
) -> None:
    voisins.terminer(ouvert, "reussite")
    voisins.mode = "panne"
    vieillir(60)
    assert bootstrap.suivre() == 1
    assert (statut(), api.panier()) == (("en_cours", ""), {})
    voisins.mode = "differee"
    vieillir(1)
    assert bootstrap.suivre() == 1
    assert statut() == ("finalise", "suivi")


def test_an_orchestrator_that_lost_the_saga_of_a_sale_leaves_the_sale_standing(
    voisins: Voisins, jamais_recu: str
) -> None:
    voisins.ventes[jamais_recu] = "active"
    vieillir(60)
    assert bootstrap.suivre() == 1
    assert statut() == ("finalise", "suivi")


def test_two_trackers_skip_each_others_claims(api: Api, voisins: Voisins, ouvert: str) -> None:
    api.ajouter(SOURIS)
    api.commander()
    vieillir(10)
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM checkouts WHERE id = %s FOR UPDATE", [ouvert])
        assert en_fil(bootstrap.suivre).resultat() == 1
        assert un("SELECT suivis FROM checkouts WHERE id = %s", [ouvert]) == 0


def test_two_trackers_and_a_request_that_conclude_at_once_conclude_once(
    api: Api, voisins: Voisins, ouvert: str
) -> None:
    """All three know the outcome before any of them writes it."""
    voisins.terminer(ouvert, "rupture")
    checkout = bootstrap.suivre.checkouts.lire(uuid.UUID(ouvert))
    issue = bootstrap.suivre.enquetes[checkout.style](checkout).issue

    def conclure() -> str:
        with transaction.atomic():
            return bootstrap.suivre.conclure(checkout, issue, par="suivi").statut.value

    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT id FROM checkouts WHERE id = %s FOR UPDATE", [ouvert])
        fils = [en_fil(conclure) for _ in range(3)]
        attendre_verrou(3)
    assert [fil.resultat() for fil in fils] == ["echec"] * 3
    assert api.panier() == {CHOCOLAT: 2}


def test_a_late_answer_does_not_change_what_the_tracker_concluded(api: Api, voisins: Voisins) -> None:
    """The request sleeps between the answer and its transaction; the tracker concludes first."""
    api.ajouter(CHOCOLAT, 2)
    faute("checkout.apres_reponse", "delai", secondes=1.0)
    fil = en_fil(lambda: Api().commander(Idempotency_Key="k1"))
    assert voisins.arrivee.wait(10)
    vieillir(10)
    while bootstrap.suivre() == 0 or statut()[0] != "finalise":
        vieillir(1)
    reponse = fil.resultat()
    assert (reponse.status_code, statut()) == (201, ("finalise", "suivi"))
    assert api.commander(Idempotency_Key="k1").content == reponse.content


def test_F20_a_technical_failure_found_by_the_tracker_frees_the_key_of_a_dead_request(
    api: Api, voisins: Voisins, jamais_recu: str
) -> None:
    with connection.cursor() as curseur:
        curseur.execute(
            "INSERT INTO cles_checkout (consommateur, cle, empreinte, checkout_id) VALUES ('c', 'k', 'e', %s)",
            [jamais_recu],
        )
    vieillir(60)
    assert bootstrap.suivre() == 1
    assert un("SELECT count(*) FROM cles_checkout") == 0


def test_a_tracker_that_dies_between_reading_and_concluding_loses_only_its_turn(
    api: Api, voisins: Voisins, ouvert: str
) -> None:
    voisins.terminer(ouvert, "rupture")
    faute("suivi.avant_conclusion")
    with pytest.raises(fautes.FauteInjectee):
        bootstrap.suivre()
    assert (statut(), api.panier()) == (("en_cours", ""), {})
    vieillir(1)
    assert bootstrap.suivre() == 1
    assert (statut(), api.panier()) == (("echec", "suivi"), {CHOCOLAT: 2})


def test_the_gauge_of_stalled_checkouts_counts_what_is_open_for_long(api: Api, ouvert: str) -> None:
    def jauge() -> float | None:
        return metriques.REGISTRE_BASE.get_sample_value("stalled_checkouts", {"style": "orchestre"})

    assert jauge() == 0
    vieillir(30)
    assert jauge() == 1
    page = api.client.get("/metrics").content.decode()
    assert 'stalled_checkouts{style="orchestre"} 1.0' in page
    assert 'stalled_checkouts{style="choreo"} 0.0' in page
    # The orchestrator counts its own sagas.
    assert re.findall(r"^stalled_sagas\{.*", page, re.MULTILINE) == ['stalled_sagas{style="choreo"} 0.0']


def test_the_query_of_the_tracker_reads_the_partial_index_only(api: Api, ouvert: str) -> None:
    with connection.cursor() as curseur:
        curseur.execute("SET LOCAL enable_seqscan = off" if connection.in_atomic_block else "SET enable_seqscan = off")
        curseur.execute(
            "EXPLAIN SELECT id FROM checkouts WHERE style = 'orchestre' AND "
            "statut IN ('initie', 'en_cours', 'intervention_requise') AND prochain_suivi <= now() "
            "ORDER BY prochain_suivi LIMIT 20"
        )
        plan = "\n".join(ligne[0] for ligne in curseur.fetchall())
        curseur.execute("RESET enable_seqscan")
    assert "checkouts_ouverts" in plan
    assert "Sort" not in plan
    assert str(ADA) not in plan
