"""The real thing: gunicorn, killed in the middle."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from event_store.bootstrap import acces_proprietaire
from event_store.infrastructure.base import Base
from event_store.infrastructure.migrer import amorcer
from event_store.settings import Config
from local.processus import attendre, port_libre
from socle import fautes
from tests.conftest import JETON, ajouter, creer_base, evenement, interne
from tests.integration.test_entretien import ajouter_au

RACINE = Path(__file__).parents[3]
CLIENT = "22222222-2222-2222-2222-222222222222"


def environnement(config: Config) -> dict[str, str]:
    return os.environ | {
        "POSTGRES_DB": config.postgres_db,
        "POSTGRES_USER": config.postgres_user,
        "POSTGRES_PASSWORD": "secret",
        "POSTGRES_OWNER_USER": config.postgres_owner_user,
        "POSTGRES_OWNER_PASSWORD": "secret",
        "PYTHONPATH": f"{RACINE / 'socle' / 'src'}:{RACINE / 'event-store'}",
        "INTERNAL_TOKEN": JETON,
    }


class Serveur:
    """One gunicorn program on a free port."""

    def __init__(self, config: Config, dossier: Path) -> None:
        self.port = port_libre()
        self._env = environnement(config) | {
            "BIND": f"127.0.0.1:{self.port}",
            "WORKER_CLASS": "gthread",
            "THREADS": "2",
            "LABO_FAUTES": "1",
            "LABO_FAUTES_REPERTOIRE": str(dossier),
            "INSTANCE_ID": "event-store-essai",
            "PROMETHEUS_MULTIPROC_DIR": str(dossier / "metriques"),
        }
        self.processus = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "python:socle.gunicorn", "event_store.wsgi:application"],
            env=self._env,
            cwd=dossier,
        )
        attendre(self.repond, 20, "l'event store")

    def repond(self) -> bool:
        try:
            return self.demander("/health/live")[0] == 200
        except OSError:
            return False

    def demander(self, chemin: str, corps: Any = None, methode: str | None = None) -> tuple[int, str]:
        demande = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{chemin}",
            data=None if corps is None else json.dumps(corps).encode(),
            headers={"X-Internal-Token": JETON},
            method=methode,
        )
        try:
            with urllib.request.urlopen(demande, timeout=10) as reponse:
                return reponse.status, reponse.read().decode()
        except urllib.error.HTTPError as refus:
            return refus.code, refus.read().decode()

    def piquer(self, point: str) -> None:
        """The next passage at this fault point kills its process (SIGKILL)."""
        faute = {"point": point, "genre": "crash", "nombre": 1}
        assert self.demander("/labo/fautes", {"fautes": [faute]}, "PUT")[0] == 200
        attendre(lambda: json.loads(self.demander("/labo/fautes")[1])["fautes"] != [], 5, "la faute")

    def finir(self) -> None:
        """The test is over: nothing of it needs to drain."""
        self.processus.kill()
        self.processus.wait(20)


@pytest.fixture
def serveur(client: FlaskClient, config: Config, tmp_path: Path) -> Iterator[Serveur]:
    serveur = Serveur(config, tmp_path)
    try:
        yield serveur
    finally:
        serveur.finir()


def _meurt(appel: Callable[[], Any]) -> None:
    with pytest.raises(OSError):  # noqa: PT011  (reset or closed without an answer)
        appel()


def test_F37_projector_killed_between_rows_and_position(client: FlaskClient, serveur: Serveur) -> None:
    ajouter(client, *(evenement("CheckoutSucceeded", str(uuid.uuid4()), CLIENT) for _ in range(3)))
    serveur.piquer("event_store.projection.avant_position")
    _meurt(lambda: serveur.demander("/projections/orders-by-client/avancer", {}))
    etats = {p["projection"]: p["position"] for p in client.get("/projections").json["projections"]}
    assert etats["orders-by-client"] == 0
    assert client.get(f"/cqrs/orders-by-client/{CLIENT}").json["total_orders"] == 0
    attendre(serveur.repond, 10, "l'event store relancé")
    assert serveur.demander("/projections/orders-by-client/avancer", {})[0] == 200
    assert client.get(f"/cqrs/orders-by-client/{CLIENT}").json["total_orders"] == 3
    assert interne(client, "projections/orders-by-client/rebuild").json["differences"] == 0


def test_F37_rebuild_killed_before_the_switch(client: FlaskClient, serveur: Serveur) -> None:
    ajouter(client, *(evenement("CheckoutSucceeded", str(uuid.uuid4()), CLIENT) for _ in range(3)))
    interne(client, "projections/avancer")
    serveur.piquer("event_store.reconstruction.avant_bascule")
    _meurt(lambda: serveur.demander("/projections/orders-by-client/rebuild", {}))
    assert client.get(f"/cqrs/orders-by-client/{CLIENT}").json["total_orders"] == 3
    attendre(
        lambda: interne(client, "projections/orders-by-client/rebuild").status_code == 200, 10, "le verrou du mort"
    )
    assert client.get(f"/cqrs/orders-by-client/{CLIENT}").json["total_orders"] == 3
    (etat,) = [p for p in client.get("/projections").json["projections"] if p["projection"] == "orders-by-client"]
    assert etat["generation"] == 3


def test_F11_an_archive_killed_before_the_month_leaves_the_database_is_made_again_by_the_next_run(
    client: FlaskClient, config: Config, tmp_path: Path
) -> None:
    ajouter_au(config, "2025-01-10 12:00:00+00", evenement("CheckoutSucceeded", str(uuid.uuid4()), CLIENT))
    point = "event_store.archive.avant_detachement"
    fautes.Tableau(tmp_path / "event-store-archive.json").ecrire([fautes.Faute(point=point, genre="crash")])
    env = environnement(config) | {
        "LABO_FAUTES": "1", "LABO_FAUTES_REPERTOIRE": str(tmp_path), "INSTANCE_ID": "event-store-archive",
    }  # fmt: skip

    def archiver() -> subprocess.CompletedProcess[str]:
        mots = ["archiver", "--vers", str(tmp_path / "archives"), "--jours", "30"]
        return subprocess.run(
            [sys.executable, "-m", "event_store", *mots], env=env, capture_output=True, text=True, timeout=30
        )

    assert archiver().returncode == -signal.SIGKILL
    assert client.get("/integrity").json["archives"] == []
    assert client.get("/streams/s/events").json["events"][0]["archive"] is False
    assert archiver().returncode == 0
    (archive,) = client.get("/integrity").json["archives"]
    assert (archive["mois"], archive["derniere_version"]) == ("2025-01", 1)
    assert client.get("/streams/s/events").json["events"][0]["archive"] is True
    assert archiver().stderr == "Rien à archiver.\n"


def test_metrics_page_of_the_program(client: FlaskClient, serveur: Serveur) -> None:
    entree = evenement("CheckoutSucceeded", str(uuid.uuid4()), CLIENT)
    for _ in range(2):
        assert serveur.demander("/api/event-store/streams/s/events", {"events": [entree]})[0] == 201
    checkout = entree["payload"]["checkout_id"]
    assert serveur.demander(f"/replay/checkout/{checkout}/")[0] == 200
    lignes = serveur.demander("/metrics")[1].splitlines()
    for ligne in (
        'event_store_events_appended_total{type="CheckoutSucceeded"} 1.0',
        "event_store_duplicates_total 1.0",
        "event_store_replay_duration_seconds_count 1.0",
        'http_requests_total{method="GET",route="/replay/checkout/<identifiant:checkout_id>",status="200"} 1.0',
        'http_requests_total{method="POST",route="/streams/<flux:stream>/events",status="201"} 2.0',
        "event_store_head_position 1.0",
        'projection_lag{projection="checkouts"} 1.0',
        "event_store_integrity_broken 0.0",
    ):
        assert ligne in lignes


def test_commands(client: FlaskClient, config: Config, tmp_path: Path) -> None:
    ajouter(client, evenement("StockReleased", str(uuid.uuid4())))

    def commande(*mots: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "event_store", *mots],
            env=environnement(config), capture_output=True, text=True, timeout=30,
        )  # fmt: skip

    copie = str(tmp_path / "copie.jsonl.gz")
    for mots, sortie in (
        (["amorcer"], "aucune, tout y était"),
        (["archiver", "--vers", str(tmp_path)], "Rien à archiver."),
        (["sauvegarder", "--vers", copie], f"1 événements dans {copie}"),
        (["verifier", "--archives", str(tmp_path)], "Intègre : 0 événements archivés, positions 1 à 1 en ligne."),
    ):
        fait = commande(*mots)
        assert (fait.returncode, fait.stdout) == (0, "")
        assert sortie in fait.stderr
    refus = commande("restaurer", "--depuis", copie)
    assert (refus.returncode, refus.stdout) == (1, "")
    assert refus.stderr == "Base non vide : L'historique contient déjà des événements.\n"
    assert commande("archiver", "--vers", str(tmp_path), "--jours", "3").returncode == 1


def test_a_backup_piped_as_the_operations_guide_says_is_restored(
    client: FlaskClient, config: Config, tmp_path: Path
) -> None:
    ajouter(client, evenement("StockReleased", str(uuid.uuid4())))
    guide = (RACINE / "docs" / "exploitation.md").read_text(encoding="utf-8")
    sortir, ramener = re.findall(r"run --rm -T amorce-event-store sh -c '([^']+)'", guide)

    def dans_un_conteneur(ligne: str, vers: Config, entree: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """One line of the guide, run as the one-shot would: only what it writes to stdout leaves the container."""
        ici = ligne.replace("/tmp/", f"{tmp_path}/").replace("python ", f"{sys.executable} ")
        return subprocess.run(["sh", "-c", ici], input=entree, env=environnement(vers), capture_output=True, timeout=30)

    copie = dans_un_conteneur(sortir, config)
    assert (copie.returncode, len(gzip.decompress(copie.stdout).splitlines())) == (0, 2), copie.stderr
    neuve = creer_base(f"es_{uuid.uuid4().hex[:8]}")
    amorcer(Base(acces_proprietaire(neuve)), neuve.postgres_user)
    retour = dans_un_conteneur(ramener, neuve, copie.stdout)
    assert (retour.returncode, retour.stderr.decode()) == (0, "1 événements restaurés, chaîne vérifiée.\n")
