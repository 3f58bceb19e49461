"""The store: fencing, leases, epochs, on two real connections where two processes would race."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from socle.saga import moteur
from socle.saga.bail import Renouveleur
from socle.saga.depot import BailPerdu, Conclusion, DepotIndisponible, Fragment, Proprietaire
from socle.saga.depot_postgres import DepotPostgres
from socle.saga.proprietaire import nouvelle_epoque
from socle.tests.concurrence import laisser_passer
from tests.saga.conftest import AUTRE, MOI, attendre_que, creation, historique, sql, vieillir

VERSIONS = (("essai", 1),)
EVENEMENT = moteur.Consigner(
    "SAGA_DEMARRE", "EN_ATTENTE", "VERIFICATION_STOCK", "Saga démarrée.", {"etape": "verifier"}
)


def test_a_saga_is_created_once_and_read_back_whole(depot: DepotPostgres) -> None:
    saga = depot.creer(creation(), MOI)
    assert saga is not None
    assert depot.creer(creation(saga.saga_id), AUTRE) is None
    saga.consigner(EVENEMENT)
    saga.donnees["prix"] = "89.99"
    saga.durees["verifier"], saga.tentatives["verifier"] = 0.25, 2
    depot.rendre(saga)
    lue = depot.prendre(saga.saga_id, AUTRE, VERSIONS)
    assert lue is not None
    assert (lue.etat, lue.donnees, lue.jeton, lue.numero) == (saga.etat, {"panier": [1], "prix": "89.99"}, 2, 1)
    assert (lue.durees, lue.tentatives, lue.correlation_id) == ({"verifier": 0.25}, {"verifier": 2}, "corr-1")
    assert lue.ancien_proprietaire == ""
    assert abs((lue.maintenant() - sql("SELECT clock_timestamp()")[0][0]).total_seconds()) < 0.2


def test_the_same_key_of_one_consumer_creates_one_saga(depot: DepotPostgres) -> None:
    premiere = depot.creer(creation(cle="k1"), MOI)
    assert premiere is not None
    assert depot.creer(creation(cle="k1"), MOI) is None
    assert depot.creer(creation(cle="k1", consommateur="ecommerce"), MOI) is not None
    suivi = depot.suivre_cle("magasin-app", "k1")
    assert suivi is not None
    assert suivi.saga_id == premiere.saga_id


def test_F13_a_stale_token_writes_nothing_at_all(depot: DepotPostgres) -> None:
    perdante = depot.creer(creation(), MOI)
    assert perdante is not None
    vieillir(perdante.saga_id, 0.1)
    gagnante = depot.prendre(perdante.saga_id, AUTRE, VERSIONS)
    assert gagnante is not None
    assert gagnante.ancien_proprietaire == "saga-1"
    perdante.consigner(EVENEMENT)
    temoin = Fragment("INSERT INTO saga_proprietaires SELECT 'temoin', 1 FROM s")
    second = Fragment("INSERT INTO saga_proprietaires SELECT %s::text, 2 FROM s", ["second"])
    fin = Conclusion(statut=201, corps="faux", supplements=[temoin, second])
    for ecriture in (
        lambda: depot.enregistrer(perdante),
        lambda: depot.rendre(perdante),
        lambda: depot.bloquer(perdante),
        lambda: depot.terminer(perdante, fin),
    ):
        with pytest.raises(BailPerdu):
            ecriture()
    assert historique(perdante.saga_id) == []
    assert sql("SELECT count(*) FROM saga_proprietaires") == [(0,)]
    assert sql("SELECT jeton, proprietaire, date_fin FROM essai_sagas") == [(2, "saga-2", None)]
    depot.terminer(gagnante, fin)
    assert sql("SELECT nom FROM saga_proprietaires ORDER BY epoque") == [("temoin",), ("second",)]
    with pytest.raises(BailPerdu):
        depot.terminer(gagnante, fin)


def test_a_living_lease_cannot_be_claimed_and_an_ended_one_is_claimed_once(depot: DepotPostgres) -> None:
    saga = depot.creer(creation(), MOI)
    assert saga is not None
    assert depot.prendre_lot(AUTRE, 10, VERSIONS) == []
    vieillir(saga.saga_id, 0.01)
    assert [s.saga_id for s in depot.prendre_lot(AUTRE, 10, VERSIONS)] == [saga.saga_id]
    assert depot.prendre_lot(MOI, 10, VERSIONS) == []


def test_two_loops_never_claim_the_same_saga(depot: DepotPostgres, en_parallele: Callable[..., Any]) -> None:
    """Forced: the first claim is held open while the second one looks."""
    sagas = [depot.creer(creation(), MOI) for _ in range(3)]
    for saga in sagas:
        assert saga is not None
        vieillir(saga.saga_id, 0.1)
    with transaction.atomic():
        premieres = depot.prendre_lot(AUTRE, 2, VERSIONS)
        secondes = en_parallele(lambda: depot.prendre_lot(Proprietaire("saga-3", 1), 10, VERSIONS)).resultat()
    assert len(premieres) == 2
    assert len(secondes) == 1
    assert {s.saga_id for s in premieres + secondes} == {s.saga_id for s in sagas if s is not None}


def test_F18_a_claim_waits_for_the_end_that_is_being_written_and_loses(
    depot: DepotPostgres, en_parallele: Callable[..., Any]
) -> None:
    saga = depot.creer(creation(), MOI)
    assert saga is not None
    with transaction.atomic():
        depot.terminer(saga, Conclusion(statut=201, corps="fini"))
        saisie = en_parallele(lambda: depot.saisir(saga.saga_id, AUTRE))
        attendre_que(lambda: sql("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0] == 1)
    assert saisie.resultat() is None
    suivi = depot.suivre(saga.saga_id)
    assert suivi is not None
    assert (suivi.terminee, suivi.statut, suivi.corps) == (True, 201, "fini")


def test_F18_an_end_that_waited_for_an_operator_s_claim_loses(
    depot: DepotPostgres, en_parallele: Callable[..., Any]
) -> None:
    saga = depot.creer(creation(), MOI)
    assert saga is not None
    with transaction.atomic():
        assert depot.saisir(saga.saga_id, AUTRE) is not None
        fin = en_parallele(lambda: depot.terminer(saga, Conclusion(statut=201, corps="fini")))
        attendre_que(lambda: sql("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0] == 1)
    with pytest.raises(BailPerdu):
        fin.resultat()
    assert sql("SELECT date_fin, reponse_corps FROM essai_sagas") == [(None, None)]


def test_an_earlier_epoch_of_a_rebooted_replica_is_free_at_once(depot: DepotPostgres) -> None:
    ancienne = nouvelle_epoque_de_test("saga-1")
    saga = depot.creer(creation(), ancienne)
    voisine = depot.creer(creation(), AUTRE)
    assert saga is not None
    assert voisine is not None
    assert depot.prendre_lot(AUTRE, 10, VERSIONS) == []
    nouvelle = nouvelle_epoque_de_test("saga-1")
    assert nouvelle.epoque == ancienne.epoque + 1
    prises = depot.prendre_lot(nouvelle, 10, VERSIONS)
    assert [s.saga_id for s in prises] == [saga.saga_id]
    assert prises[0].ancien_proprietaire == "saga-1"
    assert depot.prendre_lot(AUTRE, 10, VERSIONS) == []


def nouvelle_epoque_de_test(nom: str) -> Proprietaire:
    import os

    os.environ["POSTGRES_DB"], avant = connection.settings_dict["NAME"], os.environ["POSTGRES_DB"]
    try:
        return nouvelle_epoque(nom)
    finally:
        os.environ["POSTGRES_DB"] = avant


def test_F21_a_version_this_process_does_not_know_is_left_to_those_who_do(depot: DepotPostgres) -> None:
    saga = depot.creer(creation(version=2, differee=True), MOI)
    assert saga is not None
    assert depot.prendre_lot(AUTRE, 10, VERSIONS) == []
    assert len(depot.prendre_lot(AUTRE, 10, (*VERSIONS, ("essai", 2)))) == 1


def test_a_blocked_saga_is_claimed_by_no_loop(depot: DepotPostgres) -> None:
    saga = depot.creer(creation(), MOI)
    assert saga is not None
    depot.bloquer(saga)
    vieillir(saga.saga_id, 60)
    assert depot.prendre_lot(AUTRE, 10, VERSIONS) == []
    assert depot.saisir(saga.saga_id, AUTRE, ["INTERVENTION_REQUISE"]) is None
    assert depot.saisir(saga.saga_id, AUTRE, ["EN_ATTENTE"]) is not None


def test_a_wait_is_not_due_before_its_time(depot: DepotPostgres) -> None:
    saga = depot.creer(creation(), MOI)
    assert saga is not None
    depot.rendre(saga, dans_s=0.4)
    assert depot.prendre_lot(AUTRE, 10, VERSIONS) == []
    debut = time.monotonic()
    prises: list[Any] = []
    attendre_que(lambda: bool(prises.extend(depot.prendre_lot(AUTRE, 10, VERSIONS)) or prises))
    assert 0.25 < time.monotonic() - debut < 2
    assert prises[0].ancien_proprietaire == ""


def test_renewal_keeps_old_sagas_only_and_notices_a_stolen_one(depot: DepotPostgres) -> None:
    jeune, vieille, volee = (depot.creer(creation(), MOI) for _ in range(3))
    assert jeune is not None
    assert vieille is not None
    assert volee is not None
    for saga in (vieille, volee):
        saga.chargee_a -= 1.5
    depot.saisir(volee.saga_id, AUTRE)
    for saga in (jeune, vieille, volee):
        vieillir(saga.saga_id, 0.0)
    renouveleur = Renouveleur(depot)
    renouveleur._sagas = {id(s): s for s in (jeune, vieille, volee)}
    renouveleur.renouveler_une_fois()
    tenues = sql("SELECT saga_id::text FROM essai_sagas WHERE bail_expire > clock_timestamp() + interval '2 seconds'")
    assert tenues == [(vieille.saga_id,)]
    assert (jeune.perdue, vieille.perdue, volee.perdue) == (False, False, True)


def test_the_renewal_thread_holds_a_lease_longer_than_it_lasts(depot: DepotPostgres) -> None:
    court = DepotPostgres(depot_tables(), bail_s=0.3)
    saga = court.creer(creation(), MOI)
    assert saga is not None
    Renouveleur(court, bail_s=0.3).suivre(saga)
    debut = time.monotonic()
    while time.monotonic() - debut < 0.8:
        assert court.prendre_lot(AUTRE, 10, VERSIONS) == []
        time.sleep(0.02)
    saga.perdue = True
    attendre_que(lambda: len(court.prendre_lot(AUTRE, 10, VERSIONS)) == 1, 2)


def depot_tables() -> Any:
    from tests.saga.conftest import TABLES

    return TABLES


def test_F14_a_cut_connection_is_reported_and_the_next_statement_opens_a_new_one(depot: DepotPostgres) -> None:
    saga = depot.creer(creation(), MOI)
    assert saga is not None
    [(pid,)] = sql("SELECT pg_backend_pid()")
    autre = connections.create_connection("default")
    with autre.cursor() as curseur:
        curseur.execute("SELECT pg_terminate_backend(%s)", [pid])
    autre.close()
    with pytest.raises(DepotIndisponible):
        depot.enregistrer(saga)
    depot.enregistrer(saga)


def test_F40_a_long_way_to_the_database_puts_no_saga_ahead_of_its_clock(
    depot: DepotPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = depot._preparee

    def lointain(requete: str, parametres: Any) -> Any:
        laisser_passer(0.2)
        return direct(requete, parametres)

    monkeypatch.setattr(depot, "_preparee", lointain)
    saga = depot.creer(creation(), MOI)
    assert saga is not None
    maintenant = saga.maintenant()
    [(apres,)] = sql("SELECT clock_timestamp()")
    assert saga.creee_le <= maintenant <= apres


def test_F40_a_host_clock_an_hour_away_changes_nothing(depot: DepotPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    vrai = time.time
    monkeypatch.setattr(time, "time", lambda: vrai() + 3600)
    saga = depot.creer(creation(), MOI)
    assert saga is not None
    assert depot.prendre_lot(AUTRE, 10, VERSIONS) == []
    assert 0 <= saga.age_s() < 1
    saga.consigner(EVENEMENT)
    depot.enregistrer(saga)
    [(ecart,)] = sql("SELECT abs(extract(epoch FROM clock_timestamp() - horodatage)) FROM essai_evenements")
    assert ecart < 1
