"""Workers killed, frozen, asked to end; Valkey stopped, killed, emptied; PostgreSQL's sessions cut."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from local.voisins import MAGASIN, PRODUITS
from tests.conftest import attendre
from tests.integration.conftest import Labo
from tests.integration.test_choregraphie import COMPENSE, HEUREUX


@pytest.mark.parametrize(
    "point",
    [
        "reaction.apres.choreo-order",
        "consommateur.apres_inbox.choreo-order",
        "consommateur.avant_multi.choreo-order",
        "consommateur.apres_multi.choreo-order",
    ],
)
def test_F31_a_worker_killed_between_effect_and_acknowledgement_has_one_effect(labo: Labo, point: str) -> None:
    worker = labo.workers["order-creation"]
    worker.armer(point)
    checkouts = [labo.accepter() for _ in range(3)]
    assert worker.attendre_la_mort() == -signal.SIGKILL
    worker.demarrer()
    labo.attendre_fin(*checkouts)
    assert [labo.types(checkout) for checkout in checkouts] == [HEUREUX] * 3
    assert sorted(labo.voisins.ventes) == sorted(checkouts)


def test_F31_F34_another_member_takes_over_from_the_dead_one(labo: Labo) -> None:
    """The dead one never comes back; the survivor was idle."""
    premier = labo.workers["stock-compensation"]
    second = labo.en_plus("stock-compensation", "stock-compensation-2").attendre_pret()
    for worker in (premier, second):
        worker.armer("consommateur.avant_multi.choreo-compensation")
    checkout = labo.accepter(quantite=1000)
    attendre(lambda: any(w.processus.poll() == -signal.SIGKILL for w in (premier, second)))
    survivant = second if premier.processus.poll() is not None else premier
    survivant.armer("aucun")
    labo.attendre_fin(checkout)
    assert labo.types(checkout) == ["StockReservationFailed", "CheckoutFailed"]
    attendre(lambda: labo.a_fini("choreo-compensation"))


def test_F31_a_frozen_worker_that_wakes_up_has_no_second_effect(labo: Labo) -> None:
    premier = labo.workers["order-creation"]
    premier.armer("reaction.apres.choreo-order", "gel")
    checkout = labo.accepter()
    attendre(lambda: "enregistrer" in labo.voisins.routes(checkout))
    second = labo.en_plus("order-creation", "order-creation-2").attendre_pret()
    labo.attendre_fin(checkout)
    premier.signaler(signal.SIGCONT)
    second.arreter()
    apres = labo.accepter()
    labo.attendre_fin(apres)
    assert (labo.types(checkout), labo.types(apres)) == (HEUREUX, HEUREUX)
    assert labo.voisins.ventes_actives() == 2


def test_F29_redis_down_in_the_middle_of_traffic_delays_and_loses_nothing(labo: Labo) -> None:
    checkouts = [labo.accepter() for _ in range(6)]
    labo.valkey.arreter()
    checkouts += [labo.accepter() for _ in range(6)]
    labo.valkey.demarrer()
    checkouts += [labo.accepter() for _ in range(3)]
    labo.attendre_fin(*checkouts)
    assert [labo.types(checkout) for checkout in checkouts] == [HEUREUX] * 15
    assert labo.voisins.stock[MAGASIN, PRODUITS[0]] == 485
    labo.verifier()
    assert labo.fins_prises_en_compte() == len(checkouts)
    assert all(worker.processus.poll() is None for worker in labo.workers.values())


@pytest.mark.parametrize("panne", ["killed", "emptied"])
def test_F30_redis_killed_or_emptied_in_the_middle_of_traffic_loses_no_checkout(labo: Labo, panne: str) -> None:
    checkouts: list[str] = []
    en_route = threading.Event()

    def acheter() -> None:
        for rang in range(20):
            checkouts.append(labo.accepter(quantite=1000 if rang % 5 == 4 else 1))
            if rang == 8:
                en_route.set()

    fil = threading.Thread(target=acheter)
    fil.start()
    assert en_route.wait(10)
    if panne == "killed":
        labo.valkey.arreter(signal.SIGKILL)
        labo.valkey.demarrer()
    else:
        labo.redis.flushall()
    fil.join()
    labo.attendre_fin(*checkouts)
    attendus = [["StockReservationFailed", "CheckoutFailed"] if n % 5 == 4 else HEUREUX for n in range(20)]
    assert [labo.types(checkout) for checkout in checkouts] == attendus
    assert labo.voisins.stock[MAGASIN, PRODUITS[0]] == 484
    labo.verifier()
    assert labo.fins_prises_en_compte() == len(checkouts)
    attendre(lambda: len(labo.smtp.recus) >= 20)
    assert len({message["Message-ID"] for _, message in labo.smtp.recus}) == 20


def test_F14_sessions_cut_by_postgresql_in_the_middle_of_traffic_lose_nothing(labo: Labo) -> None:
    coupe = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    checkouts = []
    for _ in range(3):
        checkouts += [labo.accepter() for _ in range(4)]
        labo.sql(coupe)
    labo.attendre_fin(*checkouts)
    assert [labo.types(checkout) for checkout in checkouts] == [HEUREUX] * 12
    assert labo.sql("SELECT count(*) FROM lettres_mortes") == [(0,)]


def test_F41_a_worker_asked_to_end_finishes_what_is_in_flight(labo: Labo) -> None:
    labo.voisins.regles["enregistrer"] = [("lente_apres", 0.6)]
    checkout = labo.accepter()
    worker = labo.workers["order-creation"]
    attendre(lambda: "enregistrer" in labo.voisins.routes(checkout))
    worker.signaler(signal.SIGTERM)
    assert worker.attendre_la_mort() == 0
    assert labo.types(checkout) == HEUREUX
    assert labo.bus.etat_des_groupes()["choreo-order"]["pending"] == 0
    assert labo.voisins.routes(checkout).count("enregistrer") == 1
    worker.demarrer()
    labo.attendre_fin(checkout)


def test_a_message_is_not_sent_twice_when_its_event_comes_again(labo: Labo) -> None:
    labo.voisins.regles["enregistrer"] = [("refus", 400, "Magasin invalide")]
    checkout = labo.accepter()
    labo.attendre_fin(checkout)
    assert labo.types(checkout) == COMPENSE
    attendre(lambda: len(labo.smtp.recus) == 1)
    labo.bus.publier([labo.evenements(checkout)[-1]] * 3)
    labo.verifier()
    assert len(labo.smtp.recus) == 1


def test_a_bad_setting_or_a_busy_port_is_one_clear_sentence(labo: Labo) -> None:
    def lancer(**variables: str) -> subprocess.CompletedProcess[str]:
        env = {**labo.environnement, "METRICS_PORT": str(labo.workers["audit"].port), **variables}
        return subprocess.run(
            [sys.executable, "-m", "workers", "audit"], env=env, capture_output=True, text=True, timeout=30
        )

    occupe, faux = lancer(), lancer(ECHEANCE_S="bientôt")
    assert (occupe.returncode, faux.returncode) == (1, 78)
    assert occupe.stderr.strip().splitlines()[-1].startswith(f"Le port {labo.workers['audit'].port} des métriques")
    assert "ECHEANCE_S : un nombre est attendu" in faux.stderr
    assert "Traceback" not in occupe.stderr + faux.stderr


def test_I9_logs_are_json_with_the_correlation_id_and_without_personal_data(labo: Labo) -> None:
    labo.voisins.regles["clients"] = [("panne", 503)] * 2
    checkout = labo.accepter()
    labo.attendre_fin(checkout)
    attendre(lambda: len(labo.smtp.recus) == 1)
    notification = labo.workers["notification"]
    attendre(lambda: any(ligne["correlation_id"] == f"corr-{checkout}" for ligne in notification.lignes()))
    assert "ada@example.com" not in labo.workers["notification"].journal.read_text()
    assert os.environ["INTERNAL_TOKEN"] not in labo.workers["notification"].journal.read_text()
