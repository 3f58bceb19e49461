"""The runner on a real database with scripted participants: costs, lost leases, patience, operators, recovery."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import connection

from socle import correlation, fautes
from socle.django.base import fermer_les_coupees
from socle.erreurs import CleReutilisee, Introuvable
from socle.saga import moteur
from socle.saga.definition import Appel, PanneEtape, RefusEtape
from socle.saga.depot import BailPerdu, Conclusion, DepotIndisponible, Saga
from socle.saga.depot_postgres import DepotPostgres
from socle.saga.executeur import Observateur
from socle.saga.reprise import BoucleReprise
from socle.tests.concurrence import laisser_passer
from socle.tests.ordres import ordres
from tests.saga.conftest import AUTRE, MOI, Fabrique, Ports, attendre_que, creation, historique, sql, vieillir
from tests.saga.exemple import definition

HISTOIRE = [
    "SAGA_DEMARRE", "STOCK_VERIFIE_SUCCES", "INFORMATIONS_SUCCES", "ETAPE_DEMARREE", "STOCK_RESERVE_SUCCES",
    "ETAPE_DEMARREE", "COMMANDE_CREEE_SUCCES", "SAGA_TERMINEE_SUCCES",
]  # fmt: skip


def refuser(code: str = "refus") -> Callable[[Appel], Mapping[str, Any]]:
    def regle(appel: Appel) -> Mapping[str, Any]:
        raise RefusEtape("non", code=code)

    return regle


def tomber(nombre: int = 1_000_000, *, effet_possible: bool = True) -> Callable[[Appel], Mapping[str, Any]]:
    def regle(appel: Appel) -> Mapping[str, Any]:
        if appel.tentative <= nombre:
            raise PanneEtape("en panne", effet_possible=effet_possible)
        return {}

    return regle


class Barriere:
    """A participant that waits inside its call until the test lets it go on."""

    def __init__(self) -> None:
        self.entree, self.sortie = threading.Event(), threading.Event()

    def __call__(self, appel: Appel) -> Mapping[str, Any]:
        self.entree.set()
        assert self.sortie.wait(10)
        return {}


def test_a_successful_saga_costs_three_statements_and_three_commits(fabrique: Fabrique, ports: Ports) -> None:
    executeur = fabrique()
    executeur.lancer(creation(), 10)  # the statements are prepared
    ports.appels.clear()
    ports.cles.clear()
    demande = creation()
    with ordres() as passes:
        suivi = executeur.lancer(demande, 10)
    assert [ordre.split()[0] for ordre in passes] == ["EXECUTE"] * 3
    assert connection.get_autocommit()
    assert (suivi.terminee, suivi.statut, suivi.corps) == (True, 201, "SAGA_TERMINEE 8")
    assert ports.appels == ["verifier", "informer", "reserver", "commander"]
    assert ports.cles[2] == f"{demande.saga_id}:reserver:action"
    assert historique(demande.saga_id) == HISTOIRE


def test_a_refused_order_costs_one_statement_more(fabrique: Fabrique, ports: Ports) -> None:
    ports.regles["commander"] = refuser()
    fabrique().lancer(creation(), 10)  # the statements are prepared
    ports.appels.clear()
    with ordres() as passes:
        suivi = fabrique().lancer(creation(), 10)
    assert [ordre.split()[0] for ordre in passes] == ["EXECUTE"] * 4
    assert (suivi.statut, suivi.etat) == (400, "SAGA_ANNULEE")
    assert ports.appels == ["verifier", "informer", "reserver", "commander", "liberer"]


def test_the_same_request_gets_the_same_answer_and_no_second_effect(fabrique: Fabrique, ports: Ports) -> None:
    executeur, demande = fabrique(), creation()
    premiere, seconde = executeur.lancer(demande, 10), executeur.lancer(demande, 10)
    assert (premiere.statut, premiere.corps) == (seconde.statut, seconde.corps)
    assert len(ports.appels) == 4


def test_the_same_id_or_key_for_another_request_is_refused(fabrique: Fabrique, ports: Ports) -> None:
    executeur, demande = fabrique(), creation(cle="k")
    executeur.lancer(demande, 10)
    for autre in (
        creation(demande.saga_id, empreinte="e2"),
        creation(cle="k", empreinte="e1"),
        creation(demande.saga_id, cle="k", empreinte="e2"),
    ):
        with pytest.raises(CleReutilisee) as refus:
            executeur.lancer(autre, 10)
        assert refus.value.extra == {"saga_id": demande.saga_id}
    assert sql("SELECT count(*) FROM essai_sagas") == [(1,)]
    assert len(ports.appels) == 4


def test_F19_callers_of_a_running_saga_get_its_answer(
    fabrique: Fabrique, ports: Ports, en_parallele: Callable[..., Any]
) -> None:
    """Forced: the first one is inside its second step when the others arrive."""
    barriere = ports.regles["informer"] = Barriere()
    demande = creation()
    premiere = en_parallele(lambda: fabrique().lancer(demande, 10))
    assert barriere.entree.wait(5)
    suivantes = [en_parallele(lambda: fabrique(AUTRE).lancer(demande, 10)) for _ in range(5)]
    attendre_que(
        lambda: sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%reponse_corps FROM%%'")[0][0] >= 5
    )
    barriere.sortie.set()
    corps = {tache.resultat().corps for tache in [premiere, *suivantes]}
    assert corps == {"SAGA_TERMINEE 8"}
    assert ports.appels == ["verifier", "informer", "reserver", "commander"]


def test_F20_a_saga_whose_creator_died_before_answering_is_resumed_by_the_retry(
    fabrique: Fabrique, ports: Ports, depot: DepotPostgres
) -> None:
    demande = creation()
    assert depot.creer(demande, AUTRE) is not None
    vieillir(demande.saga_id, -0.4)
    debut = time.monotonic()
    suivi = fabrique().lancer(demande, 10)
    assert (suivi.statut, suivi.corps) == (201, "SAGA_TERMINEE 9")
    assert time.monotonic() - debut < 2
    assert historique(demande.saga_id) == ["SAGA_REPRISE", *HISTOIRE]


def test_F12_a_lost_answer_is_retried_with_the_same_key(fabrique: Fabrique, ports: Ports) -> None:
    ports.regles["commander"] = tomber(2)
    demande = creation()
    suivi = fabrique(definitions=(definition(essais=3),)).lancer(demande, 10)
    assert suivi.etat == "SAGA_TERMINEE"
    assert ports.cles[3:] == [f"{demande.saga_id}:commander:action"] * 3
    assert historique(demande.saga_id).count("NOUVEL_ESSAI") == 2


def test_a_neighbour_that_stays_down_is_compensated_in_reverse_order(fabrique: Fabrique, ports: Ports) -> None:
    ports.regles["commander"] = tomber()
    demande = creation()
    suivi = fabrique().lancer(demande, 10)
    assert suivi.etat == "SAGA_ANNULEE"
    assert ports.appels[3:] == ["commander"] * 3 + ["annuler", "liberer"]
    assert historique(demande.saga_id)[-4:] == [
        "COMPENSATION_DEMANDEE", "COMPENSATION_EFFECTUEE", "COMPENSATION_EFFECTUEE", "COMPENSATION_TERMINEE",
    ]  # fmt: skip


def test_a_defect_of_a_step_ends_in_compensation_not_in_limbo(fabrique: Fabrique, ports: Ports) -> None:
    def defaut(appel: Appel) -> Mapping[str, Any]:
        raise ZeroDivisionError

    ports.regles["commander"] = defaut
    suivi = fabrique().lancer(creation(), 10)
    assert suivi.etat == "SAGA_ANNULEE"
    assert ports.appels[-2:] == ["annuler", "liberer"]


def test_F13_an_owner_that_lost_its_lease_stops_and_answers_what_the_new_owner_found(
    fabrique: Fabrique, ports: Ports, depot: DepotPostgres, en_parallele: Callable[..., Any]
) -> None:
    """Forced: the first owner is frozen inside the order call while another process takes over and ends the saga."""
    barriere = ports.regles["commander"] = Barriere()
    demande = creation()
    gelee = en_parallele(lambda: fabrique().lancer(demande, 10))
    assert barriere.entree.wait(5)
    vieillir(demande.saga_id, 0.1)
    ports.regles["commander"] = refuser()
    reprise = depot.prendre(demande.saga_id, AUTRE, (("essai", 1),))
    assert reprise is not None
    assert fabrique(AUTRE).conduire(reprise) is not None
    fin = sql("SELECT reponse_corps, jeton, derniere_modification FROM essai_sagas")
    barriere.sortie.set()
    assert gelee.resultat().etat == "SAGA_ANNULEE"
    assert sql("SELECT reponse_corps, jeton, derniere_modification FROM essai_sagas") == fin
    assert ports.appels == [
        "verifier", "informer", "reserver", "commander", "reserver", "commander", "annuler", "liberer",
    ]  # fmt: skip


def test_F17_a_step_that_outlives_the_deadline_is_undone(fabrique: Fabrique, ports: Ports) -> None:
    def lent(appel: Appel) -> Mapping[str, Any]:
        time.sleep(max(0.0, correlation.temps_restant(5.0)) + 0.05)
        return {}

    ports.regles["reserver"] = lent
    suivi = fabrique(delai_s=0.4).lancer(creation(), 10)
    assert suivi.etat == "SAGA_ANNULEE"
    assert ports.appels == ["verifier", "informer", "reserver", "liberer"]


def test_F17_a_saga_found_after_its_deadline_is_undone(fabrique: Fabrique, ports: Ports, depot: DepotPostgres) -> None:
    saga = depot.creer(creation(), MOI)
    assert saga is not None
    sql("UPDATE essai_sagas SET date_creation = date_creation - interval '31 seconds'")
    vieillir(saga.saga_id, 0.1)
    suivi = fabrique(AUTRE).attendre(saga.saga_id, time.monotonic() + 5)
    assert suivi.etat == "SAGA_ANNULEE"
    assert ports.appels == []


def test_a_caller_whose_patience_ends_gets_the_state_and_another_process_finishes(
    fabrique: Fabrique, ports: Ports
) -> None:
    def attendre_l_echeance(appel: Appel) -> Mapping[str, Any]:
        if appel.tentative == 1:
            time.sleep(max(0.0, correlation.temps_restant(5.0)))
            raise PanneEtape("délai dépassé", effet_possible=True)
        return {}

    ports.regles["commander"] = attendre_l_echeance
    demande, debut = creation(), time.monotonic()
    suivi = fabrique().lancer(demande, 0.3)
    assert time.monotonic() - debut < 0.6
    assert (suivi.terminee, suivi.etat) == (False, "CREATION_COMMANDE")
    assert fabrique(AUTRE).attendre(demande.saga_id, time.monotonic() + 5).etat == "SAGA_TERMINEE"
    assert ports.cles[-1] == f"{demande.saga_id}:commander:action"
    assert "SAGA_REPRISE" not in historique(demande.saga_id)


def test_F16_a_compensation_that_always_fails_waits_for_an_operator_who_ends_it(
    fabrique: Fabrique, ports: Ports, depot: DepotPostgres
) -> None:
    alertes: list[str] = []

    class Alerte(Observateur):
        def intervention(self, saga: Saga) -> None:
            alertes.append(saga.saga_id)

    ports.regles["commander"] = refuser()
    ports.regles["liberer"] = tomber()
    executeur, demande = fabrique(observateur=Alerte()), creation()
    suivi = executeur.lancer(demande, 10)
    assert (suivi.etat, suivi.terminee, suivi.active) == ("INTERVENTION_REQUISE", False, False)
    assert alertes == [demande.saga_id]
    assert ports.appels.count("liberer") == 3
    vieillir(demande.saga_id, 60)
    assert depot.prendre_lot(AUTRE, 5, (("essai", 1),)) == []
    suivi = executeur.ordonner(demande.saga_id, moteur.OrdreReprendre("ada", "essai"), 10)
    assert suivi.etat == "INTERVENTION_REQUISE"
    assert ports.appels.count("liberer") == 6
    del ports.regles["liberer"]
    suivi = executeur.ordonner(demande.saga_id, moteur.OrdreCompenser("ada", "réparé"), 10)
    assert (suivi.etat, suivi.terminee, suivi.statut) == ("SAGA_ANNULEE", True, 400)
    [(donnees,)] = sql(
        "SELECT donnees::text FROM essai_evenements WHERE type = 'COMPENSATION_DEMANDEE' ORDER BY numero DESC LIMIT 1"
    )
    assert donnees == '{"motif": "réparé", "operateur": "ada"}'


def test_an_operator_skips_a_compensation_settled_by_hand(fabrique: Fabrique, ports: Ports) -> None:
    ports.regles["commander"] = refuser()
    ports.regles["liberer"] = tomber()
    executeur, demande = fabrique(), creation()
    executeur.lancer(demande, 10)
    appels = len(ports.appels)
    suivi = executeur.ordonner(demande.saga_id, moteur.OrdreIgnorer("ada", "rendu à la main"), 10)
    assert suivi.etat == "SAGA_ANNULEE"
    assert len(ports.appels) == appels
    assert historique(demande.saga_id)[-1] == "ETAPE_IGNOREE"


def test_F18_an_operator_takes_a_running_saga_and_the_late_end_is_refused(
    fabrique: Fabrique, ports: Ports, en_parallele: Callable[..., Any]
) -> None:
    barriere = ports.regles["commander"] = Barriere()
    demande = creation()
    conduite = en_parallele(lambda: fabrique().lancer(demande, 10))
    assert barriere.entree.wait(5)
    suivi = fabrique(AUTRE).ordonner(demande.saga_id, moteur.OrdreCompenser("ada", "doublon"), 10)
    assert suivi.etat == "SAGA_ANNULEE"
    barriere.sortie.set()
    assert conduite.resultat().corps == suivi.corps
    assert ports.appels[4:] == ["annuler", "liberer"]
    assert historique(demande.saga_id)[-1] == "COMPENSATION_TERMINEE"


def test_F18_an_operator_who_comes_after_the_end_is_refused(fabrique: Fabrique, ports: Ports) -> None:
    executeur, demande = fabrique(), creation()
    executeur.lancer(demande, 10)
    for ordre in (moteur.OrdreCompenser, moteur.OrdreReprendre, moteur.OrdreIgnorer):
        with pytest.raises(moteur.OrdreImpossible, match="SAGA_TERMINEE"):
            executeur.ordonner(demande.saga_id, ordre("ada", ""), 1)
    with pytest.raises(Introuvable):
        executeur.ordonner(str(uuid.uuid4()), moteur.OrdreCompenser("ada", ""), 1)
    assert len(ports.appels) == 4


def test_only_a_blocked_saga_has_a_step_to_skip(fabrique: Fabrique, depot: DepotPostgres) -> None:
    saga = depot.creer(creation(), MOI)
    assert saga is not None
    with pytest.raises(moteur.OrdreImpossible, match="INTERVENTION_REQUISE"):
        fabrique(AUTRE).ordonner(saga.saga_id, moteur.OrdreIgnorer("ada", ""), 1)
    assert sql("SELECT jeton, proprietaire FROM essai_sagas") == [(1, "saga-1")]


def test_F21_each_saga_ends_under_the_version_it_began_with(fabrique: Fabrique, depot: DepotPostgres) -> None:
    """A deployed version 2 (no retry at all) finishes sagas of version 1 by the rules of version 1."""
    ancienne = creation(differee=True)
    assert depot.creer(ancienne, MOI) is not None
    nouveau = fabrique(definitions=(definition(1), definition(2, essais=1)))
    suivi = nouveau.attendre(ancienne.saga_id, time.monotonic() + 5)
    assert suivi.etat == "SAGA_TERMINEE"
    assert sql("SELECT version_definition FROM essai_sagas") == [(1,)]


def test_a_deferred_saga_is_left_to_the_loop(
    fabrique: Fabrique, ports: Ports, en_parallele: Callable[..., Any]
) -> None:
    executeur, demande = fabrique(), creation(differee=True)
    suivi = executeur.lancer(demande, 10)
    assert (suivi.terminee, ports.appels) == (False, [])
    arret = threading.Event()
    boucle = en_parallele(lambda: BoucleReprise(fabrique(AUTRE), fils=2, periode_s=0.05).tourner(arret))
    attendre_que(lambda: sql("SELECT etat_actuel FROM essai_sagas") == [("SAGA_TERMINEE",)])
    arret.set()
    boucle.resultat()
    assert historique(demande.saga_id) == HISTOIRE


def test_F15_the_loop_survives_the_loss_of_its_connections_and_strands_nothing(
    fabrique: Fabrique, ports: Ports, en_parallele: Callable[..., Any]
) -> None:
    """Every connection of the loop is cut again and again while it claims and runs."""
    executeur = fabrique()
    sagas = [creation(differee=True) for _ in range(12)]
    for demande in sagas:
        executeur.lancer(demande, 1)
    ports.regles["informer"] = lambda _: time.sleep(0.02) or {}
    arret = threading.Event()
    boucle = en_parallele(lambda: BoucleReprise(fabrique(AUTRE), fils=3, periode_s=0.05).tourner(arret))
    for _ in range(8):
        sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()")  # fmt: skip
        laisser_passer(0.05)
    attendre_que(lambda: sql("SELECT count(*) FROM essai_sagas WHERE etat_actuel <> 'SAGA_TERMINEE'") == [(0,)], 15)
    arret.set()
    boucle.resultat()
    for demande in sagas:
        assert historique(demande.saga_id)[-1] == "SAGA_TERMINEE_SUCCES"


def test_F14_an_idle_thread_whose_connection_was_cut_runs_the_next_saga_at_its_first_taking(
    fabrique: Fabrique, en_parallele: Callable[..., Any]
) -> None:
    """Else it would find that out with the saga in hand, which would wait for the end of its lease."""
    executeur, arret = fabrique(), threading.Event()
    boucle = en_parallele(
        lambda: BoucleReprise(fabrique(AUTRE), fils=1, periode_s=0.05, avant=fermer_les_coupees).tourner(arret)
    )
    for rang in range(1, 3):
        executeur.lancer(creation(differee=True), 1)
        attendre_que(lambda r=rang: sql("SELECT count(*) FROM essai_sagas WHERE date_fin IS NOT NULL") == [(r,)], 10)
        sql("SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()")  # fmt: skip
    arret.set()
    boucle.resultat()
    assert sql("SELECT jeton FROM essai_sagas") == [(2,), (2,)]


def test_F41_stopping_hands_running_sagas_over_at_their_next_step(
    fabrique: Fabrique, ports: Ports, en_parallele: Callable[..., Any]
) -> None:
    barriere = ports.regles["informer"] = Barriere()
    executeur, demande = fabrique(), creation()
    tache = en_parallele(lambda: executeur.conduire(executeur.depot.creer(demande, MOI)))
    assert barriere.entree.wait(5)
    executeur.arreter()
    barriere.sortie.set()
    assert tache.resultat() is None
    assert sql("SELECT proprietaire, etat_actuel FROM essai_sagas") == [(None, "RESERVATION_STOCK")]
    assert fabrique(AUTRE).attendre(demande.saga_id, time.monotonic() + 5).etat == "SAGA_TERMINEE"
    assert ports.appels == ["verifier", "informer", "reserver", "commander"]


def test_F14_a_database_lost_at_the_end_makes_the_caller_a_follower(
    fabrique: Fabrique, ports: Ports, monkeypatch: pytest.MonkeyPatch, depot: DepotPostgres
) -> None:
    """The end was committed, its acknowledgement was lost: the caller still gets the true answer."""
    vraie = depot.terminer

    def terminer(saga: Saga, conclusion: Conclusion) -> None:
        vraie(saga, conclusion)
        raise DepotIndisponible("coupure")

    monkeypatch.setattr(depot, "terminer", terminer)
    suivi = fabrique().lancer(creation(), 10)
    assert (suivi.statut, suivi.corps) == (201, "SAGA_TERMINEE 8")
    assert ports.appels == ["verifier", "informer", "reserver", "commander"]


def test_an_error_at_a_fault_point_after_an_effect_is_an_unknown_outcome(
    fabrique: Fabrique, ports: Ports, tmp_path: Any
) -> None:
    tableau = fautes.activer(tmp_path / "fautes.json")
    try:
        tableau.ecrire([fautes.Faute(point="saga.apres_effet.commander", genre="erreur", nombre=1)])
        suivi = fabrique().lancer(creation(), 10)
    finally:
        fautes.desactiver()
    assert suivi.etat == "SAGA_TERMINEE"
    assert ports.appels[3:] == ["commander", "commander"]


def test_a_lost_lease_found_by_the_renewal_stops_the_runner_before_its_next_call(
    fabrique: Fabrique, ports: Ports, depot: DepotPostgres
) -> None:
    demande = creation()
    saga = depot.creer(demande, MOI)
    assert saga is not None

    def perdre(appel: Appel) -> Mapping[str, Any]:
        saga.perdue = True
        return {}

    ports.regles["informer"] = perdre
    # The next call would be the reservation; its intent is still written, for the lease was only believed lost.
    with pytest.raises(BailPerdu):
        fabrique().conduire(saga)
    assert ports.appels == ["verifier", "informer"]


def test_no_transaction_is_left_open_while_a_participant_is_called(fabrique: Fabrique, ports: Ports) -> None:
    vus: list[bool] = []
    ports.regles["reserver"] = lambda _: vus.append(connection.in_atomic_block) or {}
    fabrique().lancer(creation(), 10)
    assert vus == [False]
