"""Real processes, really killed: what a dead one left is concluded by another."""

import http.client
import json
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import ValidationError

from commandes.settings import Config
from socle.tests.concurrence import attendre_que
from tests.conftest import ADA, Api, casser, lancer, sql
from tests.voisins import CLAVIER, EN_LIGNE, Voisins

Lancer = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def programme(voisins: Voisins, tmp_path: Path) -> Iterator[Lancer]:
    """Start programs; whatever is left of them is killed at the end of the test."""
    lances: list[subprocess.Popen[bytes]] = []

    def demarrer(*arguments: str, **variables: str) -> "subprocess.Popen[bytes]":
        lances.append(lancer(list(arguments), voisins, tmp_path, **variables))
        return lances[-1]

    yield demarrer
    for processus in lances:
        if processus.poll() is None:
            processus.kill()
            processus.wait(10)


def armer(dossier: Path, instance: str, point: str) -> None:
    """One crash at that point in the program `instance`."""
    faute = {"point": point, "genre": "crash", "nombre": 1, "secondes": 0}
    (dossier / f"{instance}.json").write_text(json.dumps([faute]))


def port_libre() -> int:
    with socket.create_server(("127.0.0.1", 0)) as prise:
        return int(prise.getsockname()[1])


def repond(port: int) -> bool:
    with suppress(OSError):
        connexion = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connexion.request("GET", "/health/live")
        return connexion.getresponse().status == 200
    return False


def session(instance: str) -> int | None:
    """The database session of a program that is in its loop, and so past the installation of its signal handlers."""
    lues = sql("SELECT pid FROM pg_stat_activity WHERE application_name = %s", instance)
    return int(lues[0][0]) if lues else None


@pytest.mark.parametrize(
    ("point", "ventes"), [("vente.apres_intention", 0), ("vente.apres_reservation", 0), ("barriere.apres_commit", 1)]
)
def test_F11_a_web_process_killed_in_the_middle_of_a_sale_leaves_all_or_nothing(
    api: Api, voisins: Voisins, programme: Lancer, tmp_path: Path, point: str, ventes: int
) -> None:
    port = port_libre()
    armer(tmp_path, "web", point)
    web = programme(
        *("gunicorn", "-c", "python:socle.gunicorn", "commandes.wsgi:application"),
        BIND=f"127.0.0.1:{port}",
        INSTANCE_ID="web",
    )
    attendre_que(lambda: repond(port), 20)
    connexion = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    corps = {"magasin_id": EN_LIGNE, "client_id": ADA, "produit_id": CLAVIER, "quantite": 2}
    entetes = {"Content-Type": "application/json"}
    connexion.request("POST", "/api/v1/ventes-ddd/enregistrer/", json.dumps(corps), entetes)
    with pytest.raises((http.client.HTTPException, OSError)):
        connexion.getresponse()
    reprise = programme("django", "reprise", INSTANCE_ID="reprise-1")
    ouvertes = "SELECT count(*) FROM intentions_vente WHERE etat NOT IN ('TERMINEE', 'ABANDONNEE')"
    attendre_que(lambda: sql(ouvertes) == [(0,)] and session("reprise-1"), 15)
    assert (api.total(), voisins.stock[EN_LIGNE][CLAVIER]) == (ventes, 500 - 2 * ventes)
    for processus in (reprise, web):
        processus.send_signal(signal.SIGTERM)
        assert processus.wait(15) == 0


def test_F11_a_cancellation_whose_process_was_killed_is_finished_by_another(
    api: Api, voisins: Voisins, programme: Lancer, tmp_path: Path
) -> None:
    vente = api.vendre().json()["vente"]["id"]
    casser("annulation.apres_demande")
    assert api.annuler(vente).status_code == 503
    sql("UPDATE annulations SET prochain_essai = now()")
    armer(tmp_path, "reprise-1", "annulation.apres_liberation")
    assert programme("django", "reprise", INSTANCE_ID="reprise-1").wait(20) == -signal.SIGKILL
    assert voisins.stock[EN_LIGNE][CLAVIER] == 500
    assert api.lire(f"ventes-ddd/{vente}/")["vente"]["statut"] == "active"
    second = programme("django", "reprise", INSTANCE_ID="reprise-2")
    attendre_que(lambda: api.lire(f"ventes-ddd/{vente}/")["vente"]["statut"] == "annulee", 15)
    assert voisins.stock[EN_LIGNE][CLAVIER] == 500
    second.send_signal(signal.SIGTERM)
    assert second.wait(15) == 0


def test_F15_the_resume_program_survives_the_loss_of_its_connection(
    api: Api, voisins: Voisins, programme: Lancer
) -> None:
    reprise = programme("django", "reprise", INSTANCE_ID="reprise-1")
    attendre_que(lambda: session("reprise-1"), 20)
    sql("SELECT pg_terminate_backend(%s)", session("reprise-1"))
    casser("vente.apres_reservation")
    assert api.vendre().status_code == 503
    sql("UPDATE intentions_vente SET prochain_essai = now()")
    attendre_que(lambda: sql("SELECT etat FROM intentions_vente") == [("ABANDONNEE",)], 15)
    assert (api.total(), voisins.stock[EN_LIGNE][CLAVIER]) == (0, 500)
    reprise.send_signal(signal.SIGTERM)
    assert reprise.wait(15) == 0


def test_a_sale_cannot_be_given_up_while_its_request_may_still_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENTE_ABANDON_S", "3")
    monkeypatch.setenv("VOISINS_DELAI_S", "3")
    with pytest.raises(ValidationError, match="VENTE_ABANDON_S doit dépasser VOISINS_DELAI_S"):
        Config()
