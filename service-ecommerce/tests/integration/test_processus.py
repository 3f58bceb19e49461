"""Real processes, really killed."""

import http.client
import json
import signal
import socket
from pathlib import Path

import pytest

from tests.conftest import ADA, Api, attendre, lancer_processus, un, vieillir
from tests.voisins import CHOCOLAT, Voisins


def armer(dossier: Path, instance: str, point: str) -> None:
    """One crash at that point in the program `instance`."""
    (dossier / f"{instance}.json").write_text(
        json.dumps([{"point": point, "genre": "crash", "nombre": 1, "secondes": 0}])
    )


def statut() -> str:
    return un("SELECT statut FROM checkouts")


def test_the_background_process_concludes_drains_on_sigterm_and_survives_sigkill(
    api: Api, voisins: Voisins, tmp_path: Path
) -> None:
    voisins.mode = "differee"
    api.ajouter(CHOCOLAT, 2)
    checkout_id = api.commander().json()["checkout_id"]
    voisins.terminer(checkout_id, "rupture")
    vieillir(10)
    armer(tmp_path, "fond-1", "suivi.avant_conclusion")
    premier = lancer_processus(["django", "fond"], voisins, tmp_path, INSTANCE_ID="fond-1")
    assert premier.wait(20) == -signal.SIGKILL
    assert (statut(), api.panier()) == ("en_cours", {})

    seconds = [lancer_processus(["django", "fond"], voisins, tmp_path, INSTANCE_ID=f"fond-{n}") for n in (1, 2)]
    try:
        attendre(lambda: statut() == "echec", 20)
        # Both are in their loop, and so past the installation of their signal handlers.
        sessions = "FROM pg_stat_activity WHERE application_name IN ('fond-1', 'fond-2')"
        connectes = f"SELECT count(DISTINCT application_name) {sessions}"
        attendre(lambda: un(connectes) == 2, 20)
    finally:
        for processus in seconds:
            processus.send_signal(signal.SIGTERM)
    assert [processus.wait(10) for processus in seconds] == [0, 0]
    assert api.panier() == {CHOCOLAT: 2}


def test_the_background_process_outlives_its_database_connection(api: Api, voisins: Voisins, tmp_path: Path) -> None:
    processus = lancer_processus(["django", "fond"], voisins, tmp_path, INSTANCE_ID="fond-perdu")
    try:
        siennes = "FROM pg_stat_activity WHERE application_name = 'fond-perdu'"
        attendre(lambda: un(f"SELECT count(*) {siennes}"), 20)
        assert un(f"SELECT count(pg_terminate_backend(pid)) {siennes}") == 1
        voisins.mode = "differee"
        api.ajouter(CHOCOLAT)
        checkout_id = api.commander().json()["checkout_id"]
        voisins.terminer(checkout_id, "reussite")
        attendre(lambda: statut() == "finalise", 20)
        assert processus.poll() is None
    finally:
        processus.send_signal(signal.SIGTERM)
    assert processus.wait(10) == 0


@pytest.mark.parametrize("point", ["checkout.apres_cloture", "checkout.apres_reponse", "checkout.apres_conclusion"])
def test_F20_a_worker_killed_between_key_and_answer_leaves_a_key_that_a_retry_resumes(
    api: Api, voisins: Voisins, tmp_path: Path, point: str
) -> None:
    api.ajouter(CHOCOLAT, 2)
    armer(tmp_path, "web-1", point)
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        port = prise.getsockname()[1]
    arguments = ["gunicorn", "-c", "python:socle.gunicorn", "ecommerce.wsgi:application"]
    variables = {
        "BIND": f"127.0.0.1:{port}",
        "WORKER_CLASS": "gthread",
        "THREADS": "4",
        "INSTANCE_ID": "web-1",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metriques"),
    }
    processus = lancer_processus(arguments, voisins, tmp_path, **variables)

    def poster() -> tuple[int, bytes] | None:
        connexion = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connexion.request("POST", f"/api/commandes/clients/{ADA}/checkout/", headers={"Idempotency-Key": "k1"})
            reponse = connexion.getresponse()
            return reponse.status, reponse.read()
        except (ConnectionError, http.client.HTTPException):
            return None
        finally:
            connexion.close()

    def pret() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return True
        except OSError:
            return False

    try:
        attendre(pret, 20)
        assert poster() is None
        rendu = attendre(poster, 20)
        encore = poster()
    finally:
        processus.send_signal(signal.SIGTERM)
        processus.wait(20)
    assert rendu[0] == 201
    assert encore == rendu
    assert (statut(), un("SELECT count(*) FROM checkouts"), len(voisins.sagas)) == ("finalise", 1, 1)
