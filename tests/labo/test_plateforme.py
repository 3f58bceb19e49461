"""A whole laboratory on free ports, with small services: start, breakage, crash of everything, restart, stop."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import requests

from local import demarrage, prometheus, superviseur
from local.composants import SERVICES as COMPLETS
from local.composants import Fond, Service, Web
from local.lieux import RACINE, Lieux
from local.plateforme import Plateforme, decalage_libre
from local.processus import ADRESSE, ErreurLabo, attendre, port_occupe
from local.supervision import TAILLE_MAX

SERVICES = (
    Service(
        nom="catalogue",
        dossier="service-temoin",
        paquet="temoin",
        base="produits",
        route="/api/catalogue",
        rang=1,
        webs=tuple(Web(nom=f"catalogue-{n}", port=port) for n, port in ((1, 8001), (2, 8006), (3, 8007))),
    ),
    Service(
        nom="inventaire",
        dossier="service-temoin",
        paquet="temoin",
        base="inventaire",
        route="/api/inventaire",
        rang=2,
        consommateur="inventaire",
        webs=(Web(nom="inventaire", port=8002, classe="gthread", fils=2),),
        fonds=(Fond(nom="fond", commande="fond", instance="inventaire"),),
    ),
)


@pytest.fixture(scope="module")
def racine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A code tree with the witness service in place of the real ones."""
    dossier = tmp_path_factory.mktemp("racine")
    shutil.copytree(Path(__file__).parent / "temoins" / "service-temoin", dossier / "service-temoin")
    (dossier / "kong").symlink_to(RACINE / "kong")
    (dossier / "socle").symlink_to(RACINE / "socle")
    return dossier


@pytest.fixture(scope="module")
def plateforme(racine: Path) -> Iterator[Plateforme]:
    with Plateforme.ephemere(SERVICES, racine) as montee:
        yield montee


def appeler(plateforme: Plateforme, chemin: str) -> requests.Response:
    return requests.get(plateforme.urls["gateway"] + chemin, headers={"X-API-Key": plateforme.cle()}, timeout=5)


def test_everything_is_ready_through_the_gateway_when_start_returns(plateforme: Plateforme) -> None:
    vues = {appeler(plateforme, "/api/catalogue/x").json()["instance"] for _ in range(6)}
    assert vues == {"catalogue-1", "catalogue-2", "catalogue-3"}
    assert appeler(plateforme, "/api/inventaire/x").json() == {"instance": "inventaire", "passages": 1}
    assert all(plateforme.pret(nom) for nom in plateforme.superviseur.etats())


def test_starting_what_runs_changes_nothing(plateforme: Plateforme) -> None:
    pids = {nom: plateforme.pid(nom) for nom in plateforme.programmes()}
    assert demarrage.demarrer(plateforme.lieux, plateforme.services, demarrage.silence) is False
    assert {nom: plateforme.pid(nom) for nom in plateforme.programmes()} == pids
    assert plateforme.sql("inventaire", "SELECT passages FROM temoin") == [(1,)]


def test_a_killed_program_comes_back_by_itself(plateforme: Plateforme) -> None:
    mort = plateforme.tuer("catalogue-1")
    plateforme.attendre_pret("catalogue-1")
    assert plateforme.pid("catalogue-1") != mort
    assert not psutil.pid_exists(mort)


def test_a_program_killed_for_good_stays_dead_until_started(plateforme: Plateforme) -> None:
    plateforme.tuer("inventaire", relancer=False)
    assert plateforme.pret("inventaire") is False
    assert appeler(plateforme, "/api/inventaire/x").status_code == 502
    plateforme.demarrer("inventaire")
    plateforme.attendre_pret("inventaire")
    assert appeler(plateforme, "/api/inventaire/x").status_code == 200


def test_a_stopped_program_stays_stopped_and_a_frozen_one_thaws(plateforme: Plateforme) -> None:
    plateforme.arreter("inventaire")
    with pytest.raises(ErreurLabo, match="ne tourne pas"):
        plateforme.pid("inventaire")
    plateforme.demarrer("inventaire")
    plateforme.attendre_pret("inventaire")
    plateforme.signal("inventaire", signal.SIGSTOP)
    assert plateforme.pret("inventaire") is False
    plateforme.signal("inventaire", signal.SIGCONT)
    plateforme.attendre_pret("inventaire")
    pid = plateforme.pid("inventaire")
    plateforme.redemarrer("inventaire")
    assert plateforme.pid("inventaire") != pid


def test_a_program_may_run_with_other_settings_for_a_while(plateforme: Plateforme) -> None:
    def instance() -> str:
        return str(requests.get(f"{plateforme.urls['inventaire']}/x", timeout=5).json()["instance"])

    with plateforme.regler("inventaire", INSTANCE_ID="autre"):
        assert instance() == "autre"
        assert "inventaire" not in plateforme.programmes()
        marques = [p for p in superviseur.restes(plateforme.lieux) if p.environ()["LABO_PROGRAMME"] == "inventaire"]
    assert [p for p in marques if p.is_running()] == []
    assert instance() == "inventaire"
    with pytest.raises(RuntimeError), plateforme.regler("inventaire", INSTANCE_ID="autre"):
        raise RuntimeError
    assert (plateforme.pret("inventaire"), instance()) == (True, "inventaire")


def test_postgresql_killed_recovers_and_loses_nothing(plateforme: Plateforme) -> None:
    plateforme.sql("inventaire", "CREATE TABLE IF NOT EXISTS garde AS SELECT 42 AS n")
    plateforme.tuer("postgres")
    plateforme.attendre_pret("postgres")
    assert plateforme.sql("inventaire", "SELECT n FROM garde") == [(42,)]
    plateforme.attendre_pret("inventaire")


def test_a_service_cannot_enter_the_database_of_another(plateforme: Plateforme) -> None:
    catalogue, inventaire = plateforme.services
    with pytest.raises(ErreurLabo, match="Programme inconnu : « rien »"):
        plateforme.pid("rien")
    intrus = Service(
        nom="intrus",
        dossier="",
        paquet=catalogue.paquet,
        base=catalogue.base,
        route="",
        rang=1,
    )
    vue = Plateforme(plateforme.lieux, [intrus])
    assert vue.sql("intrus", "SELECT current_user") == [("produits_user",)]
    assert vue.sql("intrus", f"SELECT has_database_privilege('{inventaire.nom_base}', 'CONNECT')") == [(False,)]


def test_secrets_and_configuration_are_private(plateforme: Plateforme) -> None:
    run = plateforme.lieux.run
    prives = [plateforme.lieux.secrets, run / "supervisord.conf", *(run / "gateway").iterdir()]
    assert [oct(fichier.stat().st_mode & 0o777) for fichier in prives] == ["0o600"] * len(prives)


def test_everything_listens_on_the_loopback_only(plateforme: Plateforme) -> None:
    pids = {processus.pid for processus in superviseur.restes(plateforme.lieux)}
    ecoutes = [lien.laddr[0] for lien in psutil.net_connections("inet") if lien.status == "LISTEN" and lien.pid in pids]
    assert set(ecoutes) == {"127.0.0.1"}


def labo(plateforme: Plateforme, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command of `./labo` on the running platform."""
    variables = {
        **os.environ,
        "LABO_HOME": str(plateforme.lieux.maison),
        "LABO_PORT_OFFSET": str(plateforme.lieux.decalage),
        "COLUMNS": "200",
    }
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=RACINE,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_status_shows_every_program_and_its_exit_code_tells(plateforme: Plateforme) -> None:
    attendre(lambda: labo(plateforme, "status").returncode == 0, 20, "tout prêt")  # a busy machine answers late
    bon = labo(plateforme, "status")
    assert bon.returncode == 0, bon.stderr
    programmes = bon.stdout[: bon.stdout.index("Mémoire de toute la plateforme")].splitlines()[1:]
    noms = [ligne.split()[0] for ligne in programmes]
    assert sorted(noms) == sorted(plateforme.superviseur.etats())
    assert bon.stdout.count("prêt") == len(noms)
    assert labo(plateforme, "stop", "inventaire").returncode == 0
    mauvais = labo(plateforme, "status")
    assert mauvais.returncode == 1
    assert [ligne.split()[0] for ligne in mauvais.stdout.splitlines() if "en panne" in ligne] == ["inventaire"]
    repris = labo(plateforme, "start", "inventaire")
    assert (repris.returncode, repris.stdout) == (0, "✓ inventaire prêt.\n")


def test_one_command_kills_or_restarts_a_program_or_a_whole_service(plateforme: Plateforme) -> None:
    avant = {nom: plateforme.pid(nom) for nom in ("catalogue-1", "catalogue-2", "catalogue-3", "inventaire")}
    assert labo(plateforme, "kill", "catalogue-1").stdout == f"catalogue-1 (pid {avant['catalogue-1']}) tué net.\n"
    plateforme.attendre_pret("catalogue-1")
    assert labo(plateforme, "restart", "catalogue").stdout.count("redémarré, prêt") == 3
    apres = {nom: plateforme.pid(nom) for nom in avant}
    assert [nom for nom in avant if avant[nom] == apres[nom]] == ["inventaire"]
    inconnu = labo(plateforme, "restart", "rien")
    assert (inconnu.returncode, inconnu.stdout) == (1, "")
    assert inconnu.stderr.startswith("✗ Programme inconnu : « rien ». Connus : ")


def test_logs_are_shown_by_program(plateforme: Plateforme) -> None:
    journal = labo(plateforme, "logs", "postgres", "-n", "3")
    assert journal.returncode == 0
    assert len(journal.stdout.splitlines()) == 3
    ensemble = labo(plateforme, "logs", "-n", "1").stdout
    assert {ligne.split(" | ")[0].strip() for ligne in ensemble.splitlines()} >= {"postgres", "gateway", "supervisord"}


def test_a_long_log_is_set_aside_while_its_program_goes_on_writing(plateforme: Plateforme) -> None:
    journal = plateforme.lieux.journal("postgres")

    def faire_ecrire() -> None:
        with pytest.raises(psycopg2.Error, match="division by zero"):
            plateforme.sql(plateforme.services[0].nom, "SELECT 1 / 0")
        attendre(lambda: "division by zero" in journal.read_text(), 5, "une ligne de journal")

    faire_ecrire()
    with journal.open("a") as autre:
        autre.write("x" * TAILLE_MAX + "\n")
    attendre(lambda: journal.stat().st_size < TAILLE_MAX, 10, "journal mis de côté")
    faire_ecrire()
    assert not journal.read_bytes().startswith(b"\0")  # at its start: the writer appends
    assert "division by zero" in journal.with_name("postgres.log.1").read_text()


def test_doctor_knows_a_running_laboratory(plateforme: Plateforme) -> None:
    verdict = labo(plateforme, "doctor")
    assert verdict.returncode == 0, verdict.stdout
    assert "✓ Laboratoire : en marche" in verdict.stdout


def test_prometheus_is_added_to_what_runs_and_its_absence_is_said(
    plateforme: Plateforme, monkeypatch: pytest.MonkeyPatch
) -> None:
    phrases: list[str] = []

    def relancer() -> None:
        phrases.clear()
        demarrage.demarrer(plateforme.lieux, plateforme.services, phrases.append, observer=True)

    outils = prometheus.obtenir()
    monkeypatch.setattr(prometheus, "trouver", lambda: None)
    with subprocess.Popen(["true"]) as vaine:
        vaine.wait()
    monkeypatch.setattr(prometheus, "commencer_a_obtenir", lambda: vaine)
    relancer()
    assert phrases == ["Prometheus ne peut pas être obtenu ici (ni dans PATH, ni par apt-get) : on s'en passe."]
    with subprocess.Popen(["sleep", "30"]) as longue:
        monkeypatch.setattr(prometheus, "commencer_a_obtenir", lambda: longue)
        relancer()
        longue.kill()
    assert phrases == ["Prometheus est en train d'être téléchargé : le prochain ./labo up l'ajoutera."]
    assert "prometheus" not in plateforme.superviseur.etats()
    if outils is None:
        pytest.skip("Prometheus ne peut pas être obtenu ici : qu'il démarre n'est pas prouvé.")
    monkeypatch.setattr(prometheus, "trouver", lambda: outils)
    with socket.create_server((ADRESSE, plateforme.ports["prometheus"])):
        relancer()
    assert len(phrases) == 1
    assert re.match(r"Le port \d+ est pris.* : on se passe de Prometheus\.", phrases[0])
    relancer()
    assert phrases == [f"Prometheus observe : http://127.0.0.1:{plateforme.ports['prometheus']}/"]
    assert plateforme.pret("prometheus")
    relancer()
    assert phrases == []


def test_after_kill_9_of_everything_the_next_start_loses_nothing(plateforme: Plateforme) -> None:
    """Also leaves what a crash can leave: a pid file naming a process that is now something else, and sockets."""
    plateforme.sql("catalogue", "CREATE TABLE IF NOT EXISTS crash AS SELECT 7 AS n")
    for processus in superviseur.restes(plateforme.lieux):
        processus.kill()
    attendre(lambda: not superviseur.restes(plateforme.lieux), 10, "mort de tout")
    verrou = plateforme.lieux.pg / "postmaster.pid"
    verrou.write_text("\n".join([str(os.getpid()), *verrou.read_text().splitlines()[1:]]) + "\n")
    with pytest.raises(ErreurLabo, match="pas démarré"):
        plateforme.programmes()
    demarrage.demarrer(plateforme.lieux, plateforme.services, demarrage.silence, avec_le_parent=True)
    assert plateforme.sql("catalogue", "SELECT n FROM crash") == [(7,)]
    assert plateforme.sql("catalogue", "SELECT passages FROM temoin") == [(1,)]  # unchanged code: not seeded again
    assert appeler(plateforme, "/api/catalogue/x").status_code == 200


def test_a_supervisor_killed_alone_leaves_no_orphan(plateforme: Plateforme) -> None:
    pid = int((plateforme.lieux.run / "supervisord.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    attendre(lambda: not superviseur.restes(plateforme.lieux), 20, "fin des programmes")
    assert [nom for nom, port in plateforme.ports.items() if port_occupe(port)] == []
    demarrage.demarrer(plateforme.lieux, plateforme.services, demarrage.silence, avec_le_parent=True)
    assert appeler(plateforme, "/api/inventaire/x").status_code == 200


def test_changed_code_is_migrated_and_seeded_again(plateforme: Plateforme, racine: Path) -> None:
    demarrage.arreter(plateforme.lieux, plateforme.services)
    (racine / "service-temoin" / "temoin" / "nouveau.py").write_text("")
    demarrage.demarrer(plateforme.lieux, plateforme.services, demarrage.silence, avec_le_parent=True)
    assert plateforme.sql("catalogue", "SELECT passages FROM temoin") == [(2,)]


def test_a_busy_port_is_one_sentence_and_leaves_nothing(tmp_path: Path, racine: Path, plateforme: Plateforme) -> None:
    autre = Plateforme(Lieux(tmp_path / "labo", plateforme.lieux.decalage, racine), SERVICES)
    port = plateforme.ports["postgres"]
    attendu = rf"^Le port {port}, nécessaire à « postgres », est déjà pris par \S+ \(pid {plateforme.pid('postgres')}\)"
    with pytest.raises(ErreurLabo, match=attendu):
        demarrage.demarrer(autre.lieux, autre.services, demarrage.silence, avec_le_parent=True)
    assert superviseur.restes(autre.lieux) == []


def test_a_service_that_cannot_start_is_told_with_its_last_words(plateforme: Plateforme, racine: Path) -> None:
    demarrage.arreter(plateforme.lieux, plateforme.services)
    commande = racine / "service-temoin" / "temoin" / "management" / "commands" / "amorcer.py"
    sain = commande.read_text()
    commande.write_text("raise RuntimeError('migration impossible')\n")
    try:
        with pytest.raises(ErreurLabo, match="RuntimeError: migration impossible"):
            demarrage.demarrer(plateforme.lieux, plateforme.services, demarrage.silence, avec_le_parent=True)
    finally:
        commande.write_text(sain)
    assert superviseur.restes(plateforme.lieux) == []
    demarrage.demarrer(plateforme.lieux, plateforme.services, demarrage.silence, avec_le_parent=True)
    assert appeler(plateforme, "/api/catalogue/x").status_code == 200


@pytest.mark.parametrize("moment", ["labo.lock", "supervisord.pid", "../pg/postmaster.pid"])
def test_interrupting_a_start_leaves_nothing_behind(tmp_path: Path, moment: str) -> None:
    lieux = Lieux(tmp_path / "labo", decalage_libre(COMPLETS))
    variables = {**os.environ, "LABO_HOME": str(lieux.maison), "LABO_PORT_OFFSET": str(lieux.decalage)}
    processus = subprocess.Popen(
        [sys.executable, "-m", "local", "up"], cwd=RACINE, env=variables, stderr=subprocess.PIPE
    )
    try:
        attendre((lieux.run / moment).exists, 20, moment)
    finally:
        processus.send_signal(signal.SIGINT)
        _, erreurs = processus.communicate(timeout=60)
    assert processus.returncode == 130
    assert erreurs.decode().strip() == "Interrompu : ce qui avait démarré est arrêté."
    assert superviseur.restes(lieux) == []


def test_stopping_is_bounded_and_complete(plateforme: Plateforme) -> None:
    """Last of this module: it stops the shared platform."""
    debut = time.monotonic()
    assert demarrage.arreter(plateforme.lieux, plateforme.services) is True
    assert time.monotonic() - debut < 20
    assert superviseur.restes(plateforme.lieux) == []
    assert demarrage.arreter(plateforme.lieux, plateforme.services) is False
