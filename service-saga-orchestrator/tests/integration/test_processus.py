"""Faults of processes, forced on real processes at named points (the number of the fault is in the test's name)."""

import itertools
import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from django.db import connection

from socle.tests.concurrence import attendre_que, laisser_passer
from tests.integration.conftest import INTERNE, panier, sql
from tests.integration.programmes import Envoi, Programme
from tests.voisins import MAGASIN, PRODUITS, Voisins

Fabrique = Callable[[str, str], Programme]


@pytest.fixture
def programme(base: None, voisins: Voisins, tmp_path: Path) -> Iterator[Fabrique]:
    lances: list[Programme] = []

    def lancer(genre: str, instance: str) -> Programme:
        lances.append(Programme(genre, instance, tmp_path).demarrer())
        return lances[-1]

    yield lancer
    for lance in lances:
        lance.finir()


def etat(saga_id: str) -> str:
    lignes = sql("SELECT etat_actuel FROM saga_commandes WHERE saga_id = %s", saga_id)
    return lignes[0][0] if lignes else ""


def finie(saga_id: str) -> bool:
    return etat(saga_id) in ("SAGA_TERMINEE", "SAGA_ANNULEE")


def verifier_invariants(voisins: Voisins, saga_id: str) -> None:
    """One sale and the stock gone, or neither; and the history is one legal chain."""
    if etat(saga_id) == "SAGA_TERMINEE":
        assert voisins.ventes[saga_id]["statut"] == "active"
        assert voisins.reservations[saga_id]["etat"] == "RESERVEE"
    else:
        assert voisins.ventes.get(saga_id, {"statut": "annulee"})["statut"] == "annulee"
        assert voisins.reservations.get(saga_id, {"etat": "LIBEREE"})["etat"] in ("LIBEREE", "ANNULEE")
    maillons = sql(
        "SELECT etat_precedent, nouvel_etat FROM saga_evenements WHERE saga_id = %s ORDER BY numero", saga_id
    )
    assert maillons[0][0] == "EN_ATTENTE"
    assert all(a[1] == b[0] for a, b in itertools.pairwise(maillons))
    assert maillons[-1][1] == etat(saga_id)


@pytest.mark.parametrize(
    "point",
    [
        "saga.apres_creation", "saga.avant_intention", "saga.apres_intention", "saga.apres_effet.reservation_stock",
        "saga.apres_effet.creation_commande", "saga.avant_fin",
    ],
)  # fmt: skip
def test_F11_a_replica_killed_anywhere_is_replaced_by_a_living_one_within_five_seconds(
    programme: Fabrique, voisins: Voisins, point: str
) -> None:
    victime, _ = programme("web", "saga-1"), programme("reprise", "saga-2")
    victime.attendre_pret()
    victime.armer(point)
    corps = panier()
    # gunicorn's master starts another worker by itself; the point is that the recovery loop of the *other* replica
    # needs neither it nor its epoch: only the end of the lease.
    assert victime.poster(corps)[0] == 0
    mort = time.monotonic()
    attendre_que(lambda: finie(corps["checkout_id"]), 6)
    assert time.monotonic() - mort < 5
    assert etat(corps["checkout_id"]) == "SAGA_TERMINEE"
    verifier_invariants(voisins, corps["checkout_id"])
    assert voisins.ventes_actives() == 1
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 498
    # F20: the caller's retry gets the answer, not an eternal 409.
    statut, octets = victime.attendre_pret().poster(corps)
    assert (statut, json.loads(octets)["etat_final"]) == (201, "SAGA_TERMINEE")


@pytest.mark.parametrize("point", ["saga.avant_compensation", "saga.entre_compensations"])
def test_F11_a_replica_killed_while_it_compensates_is_replaced(
    programme: Fabrique, voisins: Voisins, point: str
) -> None:
    victime, _ = programme("web", "saga-1"), programme("reprise", "saga-2")
    victime.attendre_pret()
    voisins.regles["enregistrer"] = [("lente_apres", 1.0)] * 4
    victime.armer(point)
    corps = panier()
    assert victime.poster(corps)[0] == 0
    mort = time.monotonic()
    attendre_que(lambda: finie(corps["checkout_id"]), 6)
    assert time.monotonic() - mort < 5
    assert etat(corps["checkout_id"]) == "SAGA_ANNULEE"
    verifier_invariants(voisins, corps["checkout_id"])
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500
    assert [r for r in voisins.routes() if r in ("annuler", "liberer")][-2:] == ["annuler", "liberer"]


@pytest.mark.parametrize("point", ["saga.avant_intervention", "saga.apres_intervention"])
def test_F16_a_replica_killed_as_it_gives_up_leaves_the_saga_to_an_operator_who_ends_it(
    programme: Fabrique, voisins: Voisins, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPENSATION_ESSAIS", "2")
    victime, autre = programme("web", "saga-1"), programme("web", "saga-2")
    programme("reprise", "saga-2")
    autre.attendre_pret()
    victime.attendre_pret()
    voisins.regles["enregistrer"] = [("refus", 400, "Magasin invalide")]
    voisins.regles["liberer"] = [("panne", 500)] * 40
    victime.armer(point)
    corps = panier()
    assert victime.poster(corps)[0] == 0
    attendre_que(lambda: etat(corps["checkout_id"]) == "INTERVENTION_REQUISE", 15)
    voisins.regles["liberer"] = []
    geste = f"/api/saga/commandes/{corps['checkout_id']}/reprendre/"
    statut, octets = autre.poster({"motif": "réparé"}, geste, **INTERNE)
    assert (statut, json.loads(octets)["etat_actuel"]) == (200, "SAGA_ANNULEE")
    verifier_invariants(voisins, corps["checkout_id"])
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500


def test_a_restarted_replica_frees_its_own_sagas_at_once(programme: Fabrique, voisins: Voisins) -> None:
    """SIGKILL of the whole replica, restart: everything is finished in less than two seconds, not after the lease."""
    victime, _ = programme("web", "saga-1"), programme("reprise", "saga-1")
    victime.attendre_pret()
    entree, sortie = threading.Event(), threading.Event()
    paniers = [panier() for _ in range(3)]
    voisins.regles["enregistrer"] = [("barriere", entree, sortie)] * 3
    envois = [Envoi(victime, corps) for corps in paniers]
    attendre_que(lambda: voisins.routes().count("enregistrer") == 3)
    victime.tuer()
    sortie.set()
    redemarrage = time.monotonic()
    victime.demarrer()
    attendre_que(lambda: all(finie(corps["checkout_id"]) for corps in paniers), 6)
    assert time.monotonic() - redemarrage < 2
    for corps, envoi in zip(paniers, envois, strict=True):
        assert envoi.resultat()[0] == 0
        assert etat(corps["checkout_id"]) == "SAGA_TERMINEE"
        verifier_invariants(voisins, corps["checkout_id"])
    assert voisins.ventes_actives() == 3


def test_F13_a_replica_frozen_past_its_lease_wakes_up_to_a_refused_write(programme: Fabrique, voisins: Voisins) -> None:
    gelee, _ = programme("web", "saga-1"), programme("reprise", "saga-2")
    gelee.attendre_pret()
    gelee.armer("saga.avant_fin", "gel")
    corps = panier()
    envoi = Envoi(gelee, corps)
    attendre_que(lambda: voisins.routes().count("enregistrer") == 1)
    attendre_que(lambda: finie(corps["checkout_id"]), 6)
    avant = sql("SELECT jeton, reponse_corps, date_fin FROM saga_commandes")
    assert avant[0][0] == 2
    gelee.signaler(signal.SIGCONT)
    statut, octets = envoi.resultat()
    assert statut == 201
    assert octets.decode() == avant[0][1]
    assert sql("SELECT jeton, reponse_corps, date_fin FROM saga_commandes") == avant
    assert sql("SELECT count(*) FROM saga_evenements WHERE type = 'SAGA_TERMINEE_SUCCES'") == [(1,)]
    verifier_invariants(voisins, corps["checkout_id"])
    assert voisins.ventes_actives() == 1


def test_F17_a_reservation_that_outlives_the_deadline_is_compensated_and_nets_zero(
    programme: Fabrique, voisins: Voisins, monkeypatch: pytest.MonkeyPatch
) -> None:
    for nom, valeur in (("SAGA_ETAPE_S", "1"), ("SAGA_ATTENTE_S", "1.5"), ("SAGA_TIMEOUT", "1.5")):
        monkeypatch.setenv(nom, valeur)
    replique, _ = programme("web", "saga-1"), programme("reprise", "saga-1")
    replique.attendre_pret()
    # The participant is at work long after the saga's end: its late success meets the release that came first.
    voisins.regles["reserver"] = [("lente", 2.5)] * 2 + [("panne", 503)] * 4
    corps = panier()
    statut, _octets = replique.poster(corps)
    assert statut in (202, 503)
    attendre_que(lambda: finie(corps["checkout_id"]), 8)
    attendre_que(lambda: voisins.reservations.get(corps["checkout_id"], {}).get("etat") == "ANNULEE", 5)
    laisser_passer(2.6)
    assert etat(corps["checkout_id"]) == "SAGA_ANNULEE"
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500
    verifier_invariants(voisins, corps["checkout_id"])


def test_F18_an_operator_and_the_end_race_and_exactly_one_wins(programme: Fabrique, voisins: Voisins) -> None:
    """Forced, through another replica: the operator's order arrives while the order call is in flight."""
    un, deux = programme("web", "saga-1"), programme("web", "saga-2")
    un.attendre_pret()
    deux.attendre_pret()
    entree, sortie = threading.Event(), threading.Event()
    voisins.regles["enregistrer"] = [("barriere", entree, sortie)]
    corps = panier()
    envoi = Envoi(un, corps)
    assert entree.wait(5)
    adresse = f"/api/saga/commandes/{corps['checkout_id']}/compenser/"
    statut, octets = deux.poster({"motif": "doublon"}, adresse, **INTERNE)
    assert (statut, json.loads(octets)["etat_actuel"]) == (200, "SAGA_ANNULEE")
    sortie.set()
    statut, octets = envoi.resultat()
    assert (statut, json.loads(octets)["code"]) == (400, "compensation_demandee")
    assert deux.poster({"motif": "encore"}, adresse, **INTERNE)[0] == 400
    verifier_invariants(voisins, corps["checkout_id"])
    assert voisins.ventes_actives() == 0
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500


def test_F19_fifty_posts_of_one_checkout_make_one_saga_and_one_answer(programme: Fabrique, voisins: Voisins) -> None:
    un, deux = programme("web", "saga-1"), programme("web", "saga-2")
    un.attendre_pret()
    deux.attendre_pret()
    entree, sortie = threading.Event(), threading.Event()
    voisins.regles["produits"] = [("barriere", entree, sortie)]
    corps = panier()
    envois = [Envoi((un, deux)[n % 2], corps) for n in range(50)]
    assert entree.wait(5)
    sortie.set()
    reponses = {envoi.resultat() for envoi in envois}
    assert len(reponses) == 1
    assert reponses.pop()[0] == 201
    assert sql("SELECT count(*) FROM saga_commandes") == [(1,)]
    assert voisins.routes() == ["stocks", "produits", "reserver", "enregistrer"]


def test_F23_a_neighbour_that_hangs_is_left_in_time_and_the_breaker_opens(
    programme: Fabrique, voisins: Voisins
) -> None:
    replique = programme("web", "saga-1").attendre_pret()
    voisins.regles["produits"] = [("lente", 1.0)] * 40
    debut = time.monotonic()
    statut, octets = replique.poster(panier())
    assert (statut, json.loads(octets)["error"]) == (503, "Service externe indisponible")
    assert time.monotonic() - debut < 2.5  # SAGA_ETAPE_S is 1.5
    for _ in range(4):
        replique.poster(panier())
    page = replique.lire("/metrics")[1].decode()
    assert 'circuit_breaker_open{service="catalogue"} 1.0' in page
    appels = voisins.routes().count("produits")
    debut = time.monotonic()
    assert replique.poster(panier())[0] == 503
    assert time.monotonic() - debut < 2.5
    assert voisins.routes().count("produits") - appels <= 1
    assert (voisins.reservations, voisins.ventes) == ({}, {})
    voisins.regles["produits"].clear()
    attendre_que(lambda: replique.poster(panier())[0] == 201, 6)


def test_the_order_service_stopped_then_back_ends_compensated(
    programme: Fabrique, voisins: Voisins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order may have run, so its cancellation is asked until the service is back; then the stock returns."""
    monkeypatch.setenv("COMPENSATION_ESSAIS", "40")
    replique, _ = programme("web", "saga-1"), programme("reprise", "saga-1")
    replique.attendre_pret()
    voisins.eteints.add("commandes")
    corps = panier()
    envoi = Envoi(replique, corps)
    attendre_que(lambda: voisins.routes().count("annuler") >= 1)
    voisins.eteints.clear()
    retour = time.monotonic()
    attendre_que(lambda: voisins.stock[MAGASIN, PRODUITS[0]] == 500 and finie(corps["checkout_id"]), 6)
    assert time.monotonic() - retour < 5
    assert envoi.resultat()[0] == 503
    assert etat(corps["checkout_id"]) == "SAGA_ANNULEE"
    verifier_invariants(voisins, corps["checkout_id"])


def test_F14_connections_cut_again_and_again_under_load_change_no_result(programme: Fabrique, voisins: Voisins) -> None:
    """Every database connection of the orchestrator is cut five times while sagas run; each ends exactly once."""
    replique, _ = programme("web", "saga-1"), programme("reprise", "saga-1")
    replique.attendre_pret()
    paniers = [panier() for _ in range(24)]
    restants = iter(paniers)
    verrou = threading.Lock()

    def acheter() -> None:
        while True:
            with verrou:
                corps = next(restants, None)
            if corps is None:
                return
            while replique.poster(corps)[0] not in (201, 400):
                time.sleep(0.1)

    fils = [threading.Thread(target=acheter, daemon=True) for _ in range(4)]
    for f in fils:
        f.start()
    for _ in range(5):
        sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        laisser_passer(0.1)
    for f in fils:
        f.join(30)
        assert not f.is_alive()
    assert sql("SELECT etat_actuel, count(*) FROM saga_commandes GROUP BY 1") == [("SAGA_TERMINEE", 24)]
    assert voisins.ventes_actives() == 24
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 500 - 2 * 24
    for corps in paniers:
        verifier_invariants(voisins, corps["checkout_id"])


def test_F15_a_loop_whose_database_goes_away_during_its_scan_comes_back(programme: Fabrique, voisins: Voisins) -> None:
    replique, boucle = programme("web", "saga-1"), programme("reprise", "saga-1")
    replique.attendre_pret()
    nom = connection.settings_dict["NAME"]
    lien = psycopg2.connect(**{**connection.get_connection_params(), "dbname": "postgres", "cursor_factory": None})
    lien.autocommit = True
    corps = panier()
    with lien.cursor() as curseur:
        try:
            assert replique.poster(corps, Prefer="respond-async")[0] == 202
            curseur.execute(f'ALTER DATABASE "{nom}" ALLOW_CONNECTIONS false')
            curseur.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [nom])
            laisser_passer(1.0)
            assert boucle.processus is not None
            assert boucle.processus.poll() is None
            # F42: meanwhile a caller hears a clear 503.
            assert replique.poster(panier())[0] == 503
        finally:
            curseur.execute(f'ALTER DATABASE "{nom}" ALLOW_CONNECTIONS true')
    lien.close()
    connection.close()
    attendre_que(lambda: finie(corps["checkout_id"]), 8)
    assert etat(corps["checkout_id"]) == "SAGA_TERMINEE"


def test_F41_sigterm_drains_and_loses_nothing(programme: Fabrique, voisins: Voisins) -> None:
    replique, boucle = programme("web", "saga-1"), programme("reprise", "saga-1")
    replique.attendre_pret()
    attendre_que(lambda: sql("SELECT count(*) FROM saga_proprietaires WHERE nom = 'saga-1-reprise'") == [(1,)])
    entree, sortie = threading.Event(), threading.Event()
    voisins.regles["produits"] = [("barriere", entree, sortie)]
    corps = panier()
    envoi = Envoi(replique, corps)
    assert entree.wait(5)
    for lance in (replique, boucle):
        assert lance.processus is not None
        lance.processus.terminate()
    sortie.set()
    assert envoi.resultat()[0] == 201
    for lance in (replique, boucle):
        assert lance.processus is not None
        try:
            assert lance.processus.wait(10) == 0
        except subprocess.TimeoutExpired:
            pytest.fail(f"{lance.instance} {lance.genre} does not stop")
