"""The real web process: two gunicorn workers of the smallest service on the test database."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
from django.db import connection

from local.processus import arreter, port_libre
from socle.fautes import Faute, Tableau
from tests.integration.outils import Fil, jusqua, sql, total

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("client")]

RACINE = Path(__file__).parents[2]


@dataclass
class Programme:
    processus: subprocess.Popen[bytes]
    url: str
    dossier: Path

    def demander(self, chemin: str, methode: str = "GET", **options: object) -> urllib3.BaseHTTPResponse:
        return urllib3.request(methode, self.url + chemin, retries=False, timeout=10, **options)  # type: ignore[arg-type]

    def ajouter(self, cle: str = "") -> urllib3.BaseHTTPResponse:
        entetes = {"Idempotency-Key": cle} if cle else {}
        return self.demander("/api/temoin/compteur/", "POST", json={"texte": "a", "quantite": 2}, headers=entetes)

    def repond(self) -> bool:
        try:
            return self.demander("/health/live").status == 200
        except urllib3.exceptions.HTTPError:
            assert self.processus.poll() is None, (self.dossier / "journal").read_text()
            return False

    def ouvriers(self) -> set[str]:
        """Process ids that have served a request."""
        return {f.stem.rpartition("_")[2] for f in self.metriques.glob("counter_*.db")}

    @property
    def metriques(self) -> Path:
        return self.dossier / "metriques"

    @property
    def fautes(self) -> Tableau:
        return Tableau(self.dossier / "fautes" / "essai-gunicorn.json")

    def compte(self, route: str) -> float:
        return sum(self.valeurs("http_requests_total", route))

    def valeurs(self, nom: str, route: str) -> list[float]:
        """A metric's series of this route, as the page has them."""
        texte = self.demander("/metrics").data.decode()
        return [float(n) for n in re.findall(rf'^{nom}{{[^}}]*route="{route}"[^}}]*}} (\S+)', texte, re.MULTILINE)]


@contextmanager
def lance(dossier: Path, **variables: str) -> Iterator[Programme]:
    port = port_libre()
    metriques = dossier / "metriques"
    metriques.mkdir()
    (metriques / "counter_1.db").write_bytes(b"reste d'une vie anterieure")
    environnement = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(("src", ".", "..")),
        "DJANGO_SETTINGS_MODULE": "tests.reglages",
        "POSTGRES_DB": connection.settings_dict["NAME"],
        "INSTANCE_ID": "essai-gunicorn",
        "LABO_FAUTES_REPERTOIRE": str(dossier / "fautes"),
        "PROMETHEUS_MULTIPROC_DIR": str(metriques),
        "SOCLE_AVANT_DEMARRAGE": "tests.preparation:preparer",
        "TEMOIN_PREPARATION": str(dossier / "preparation"),
        "BIND": f"127.0.0.1:{port}",
        "WORKERS": "2",
        **variables,
    }
    with (dossier / "journal").open("wb") as journal:
        processus = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "python:socle.gunicorn", "tests.temoin.wsgi:application"],
            cwd=RACINE, env=environnement, stdout=journal, stderr=subprocess.STDOUT,
        )  # fmt: skip
    programme = Programme(processus, f"http://127.0.0.1:{port}", dossier)
    try:
        jusqua(programme.repond, "gunicorn répond", 20)
        yield programme
    finally:
        arreter(processus)


@pytest.fixture(scope="module")
def commun(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programme]:
    """One program for the tests that leave it alive."""
    with lance(tmp_path_factory.mktemp("commun")) as programme:
        yield programme


@pytest.fixture
def programme(tmp_path: Path) -> Iterator[Programme]:
    """A program of one's own, to end it."""
    with lance(tmp_path) as programme:
        yield programme


def lancer(fonction: object) -> Fil:
    fil = Fil(fonction)  # type: ignore[arg-type]
    fil.start()
    return fil


def faire_servir_les_deux(programme: Programme, chemin: str) -> int:
    """Requests in pairs until both workers have served; how many were sent."""
    envoyees = 0
    depart = threading.Barrier(2)

    def demander() -> None:
        depart.wait()
        assert programme.demander(chemin).status == 200

    def deux_ouvriers() -> bool:
        nonlocal envoyees
        for fil in [lancer(demander) for _ in range(2)]:
            fil.resultat()
        envoyees += 2
        return len(programme.ouvriers()) == 2

    jusqua(deux_ouvriers, "les deux ouvriers ont servi")
    return envoyees


def test_one_page_sums_the_workers_and_a_previous_life_is_forgotten(commun: Programme) -> None:
    assert not (commun.metriques / "counter_1.db").exists()
    route = "api/temoin/health/live"
    avant = commun.compte(route)
    envoyees = faire_servir_les_deux(commun, f"/{route}")
    # The two workers answer in turn or not: every page is the same sum.
    assert {commun.compte(route) - avant for _ in range(6)} == {float(envoyees)}
    assert b'http_requests_in_flight{route="metrics"} 1.0' in commun.demander("/metrics").data


def test_a_killed_workers_counts_stay_on_the_page_and_what_it_was_doing_does_not(programme: Programme) -> None:
    """In-flight requests are a sum over processes: without the dead one's leaving, its request would last for ever."""
    route, ajout = "api/temoin/health/live", "api/temoin/compteur/"
    envoyees = faire_servir_les_deux(programme, f"/{route}")
    programme.fautes.ecrire([Faute(point="temoin.ajoute", genre="delai", secondes=30)])
    requete = lancer(programme.ajouter)
    jusqua(lambda: not programme.fautes.lire(), "la requête est dans la vue")
    assert programme.valeurs("http_requests_in_flight", ajout) == [1.0]  # and the page comes from the other worker
    avant = programme.ouvriers()
    for ouvrier in avant:
        os.kill(int(ouvrier), signal.SIGKILL)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        requete.resultat()
    jusqua(programme.repond, "de nouveaux ouvriers répondent")
    jusqua(lambda: not programme.valeurs("http_requests_in_flight", ajout), "la requête morte quitte la page")
    assert programme.compte(route) == envoyees
    assert not [f.name for f in programme.metriques.glob("gauge_live*.db") if f.stem.rpartition("_")[2] in avant]
    assert avant <= programme.ouvriers()


def test_the_preparation_runs_once_before_the_application_and_shares_no_connection(commun: Programme) -> None:
    assert (commun.dossier / "preparation").read_text() == f"{commun.processus.pid} False\n"
    faire_servir_les_deux(commun, "/health/ready")
    sessions = "SELECT count(DISTINCT pid) FROM pg_stat_activity WHERE application_name = 'essai-gunicorn'"
    jusqua(lambda: sql(sessions) == [(2,)], "une session par ouvrier, aucune du maître")


def test_F41_sigterm_lets_the_running_request_finish(programme: Programme) -> None:
    programme.fautes.ecrire([Faute(point="temoin.ajoute", genre="delai", secondes=0.7)])
    requete = lancer(programme.ajouter)
    jusqua(lambda: not programme.fautes.lire(), "la requête est dans la vue")
    programme.processus.send_signal(signal.SIGTERM)
    assert requete.resultat().status == 201
    assert programme.processus.wait(15) == 0
    assert total() == 2
    with pytest.raises(urllib3.exceptions.NewConnectionError):
        programme.demander("/health/live")


def test_F41_workers_die_with_their_killed_master_and_free_the_port(programme: Programme) -> None:
    faire_servir_les_deux(programme, "/health/live")
    ouvriers = programme.ouvriers()
    programme.processus.kill()
    programme.processus.wait(5)
    jusqua(lambda: not any(Path("/proc", pid).exists() for pid in ouvriers), "les ouvriers sont morts")
    with pytest.raises(urllib3.exceptions.NewConnectionError):
        programme.demander("/health/live")


def test_F20_a_worker_killed_between_key_and_answer_leaves_no_eternal_409(commun: Programme) -> None:
    commun.fautes.ecrire([Faute(point="temoin.ajoute", genre="crash")])
    with pytest.raises(urllib3.exceptions.ProtocolError):
        commun.ajouter("k")
    assert commun.fautes.lire() == {}
    reponse = jusqua(lambda: (r := commun.ajouter("k")).status != 409 and r, "la reprise aboutit")
    assert (reponse.status, reponse.data) == (201, b'{"total":2,"prix":null}')
    assert commun.ajouter("k").data == reponse.data
    assert total() == 2


def test_the_fault_switches_are_reached_over_http_with_the_internal_token(commun: Programme) -> None:
    corps = {"fautes": [{"point": "temoin.ajoute", "genre": "erreur", "nombre": 1, "secondes": 0.5}]}
    jeton = {"X-Internal-Token": os.environ["INTERNAL_TOKEN"]}
    assert commun.demander("/labo/fautes/", "PUT", json=corps).status == 403
    assert commun.fautes.lire() == {}
    assert commun.demander("/labo/fautes/", "PUT", json=corps, headers=jeton).status == 200
    assert commun.demander("/labo/fautes/", headers=jeton).json()["fautes"] == corps["fautes"]
    jusqua(lambda: commun.ajouter().status == 503, "la faute est vue par l'ouvrier")
    assert commun.fautes.lire() == {}
    inconnue = commun.demander(
        "/labo/fautes/", "PUT", json={"fautes": [{"point": "x", "genre": "crash"}]}, headers=jeton
    )
    assert (inconnue.status, list(inconnue.json()["champs"])) == (400, ["fautes[0].point"])
    assert {"nom": "temoin.ajoute", "moment": "the row is written, nothing is committed", "double": False} in (
        commun.demander("/labo/fautes/", headers=jeton).json()["points"]
    )


def test_outside_the_lab_profile_there_are_no_switches_even_for_who_holds_the_token(tmp_path: Path) -> None:
    jeton = {"X-Internal-Token": os.environ["INTERNAL_TOKEN"]}
    corps = {"fautes": [{"point": "temoin.ajoute", "genre": "erreur"}]}
    with lance(tmp_path, LABO_FAUTES="0") as programme:
        for chemin in ("/labo/fautes/", "/api/temoin/labo/fautes/"):
            for reponse in (
                programme.demander(chemin, headers=jeton),
                programme.demander(chemin, "PUT", json=corps, headers=jeton),
            ):
                assert (reponse.status, reponse.json()["code"]) == (404, "route_inconnue")
        # And whoever writes the file all the same switches nothing on.
        programme.fautes.ecrire([Faute(point="temoin.ajoute", genre="erreur")])
        assert programme.ajouter().status == 201
        assert list(programme.fautes.lire()) == ["temoin.ajoute"]


@pytest.mark.parametrize(
    ("requete", "statut"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"n'importe quoi\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400),
    ],
)
def test_F43_what_is_no_http_request_is_refused_in_json_without_repeating_it(
    commun: Programme, requete: bytes, statut: int
) -> None:
    adresse = urllib3.util.parse_url(commun.url)
    with socket.create_connection((str(adresse.host), int(adresse.port or 0)), timeout=5) as prise:
        prise.sendall(requete)
        recue = b"".join(iter(lambda: prise.recv(65_536), b""))
    tete, _, corps = recue.partition(b"\r\n\r\n")
    assert tete.startswith(f"HTTP/1.1 {statut} ".encode())
    assert b"Content-Type: application/json" in tete
    assert set(json.loads(corps)) == {"success", "error", "details", "code", "correlation_id"}
    assert b"aaaa" not in corps
    assert b"n'importe" not in corps


def test_F43_a_body_that_no_view_reads_does_not_cost_the_connection(tmp_path: Path) -> None:
    """gunicorn's threads close a connection with an unread body, and a gateway that reuses it loses a request."""
    with (
        lance(tmp_path, WORKER_CLASS="gthread", THREADS="2", WORKERS="1") as programme,
        urllib3.connection_from_url(programme.url, maxsize=1, retries=False) as pool,
    ):
        for _ in range(20):
            assert pool.request("POST", "/health/live", body=b"a" * 400_000, timeout=10).status == 405
        assert pool.num_connections == 1


def test_a_service_whose_routes_cannot_be_loaded_never_serves(tmp_path: Path) -> None:
    (tmp_path / "reglages_casses.py").write_text("from tests.reglages import *\nROOT_URLCONF = 'routes_absentes'\n")
    chemins = os.pathsep.join((str(tmp_path), "src", ".", ".."))
    with (
        pytest.raises(AssertionError, match="No module named 'routes_absentes'"),
        lance(tmp_path, DJANGO_SETTINGS_MODULE="reglages_casses", PYTHONPATH=chemins),
    ):
        pytest.fail("it serves")
