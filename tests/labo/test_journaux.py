"""`./labo logs`: readable on a terminal, and what the programs wrote, byte for byte, in a pipe."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from local.lieux import RACINE, Lieux

ETAPE = {
    "ts": "2026-01-02 03:04:05,678", "niveau": "INFO", "journal": "socle.saga",
    "message": "étape creation_commande panne", "service": "saga", "instance": "saga-1", "correlation_id": "corr-1",
    "trace_id": "", "saga_id": "s-1", "etape": "creation_commande", "tentative": 2, "duree_ms": 3.5,
}  # fmt: skip
DEFAUT = ETAPE | {"niveau": "ERROR", "message": "défaut", "exc_info": "Traceback (most recent call last):\nValueError"}
BRUTES = [json.dumps(ETAPE, ensure_ascii=False), "une ligne de PostgreSQL", '{"du": "JSON d\'autrui"}', "[1, 2]"]
LISIBLES = [
    "2026-01-02 03:04:05,678 INFO    saga-1 socle.saga: étape creation_commande panne [corr-1] "
    "saga_id=s-1 tentative=2 duree_ms=3.5",
    *BRUTES[1:],
]


@pytest.fixture
def maison(tmp_path: Path) -> Path:
    logs = Lieux(tmp_path, 0).logs
    logs.mkdir(parents=True)
    (logs / "saga-1.log").write_text("".join(f"{ligne}\n" for ligne in BRUTES))
    (logs / "redis.log").write_text(json.dumps(DEFAUT) + "\n")
    return tmp_path


def commande(maison: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    couleurs = ("FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR")
    env = {nom: valeur for nom, valeur in os.environ.items() if nom not in couleurs}
    return [sys.executable, "-m", "local", "logs", *arguments], env | {"LABO_HOME": str(maison), "TERM": "xterm"}


def dans_un_tube(maison: Path, *arguments: str) -> list[str]:
    ligne, env = commande(maison, *arguments)
    fait = subprocess.run(ligne, cwd=RACINE, env=env, capture_output=True, text=True, timeout=60, check=True)
    return fait.stdout.splitlines()


def sur_un_terminal(maison: Path, *arguments: str) -> list[str]:
    ligne, env = commande(maison, *arguments)
    maitre, esclave = pty.openpty()
    with subprocess.Popen(ligne, cwd=RACINE, env=env, stdin=subprocess.DEVNULL, stdout=esclave) as processus:
        os.close(esclave)
        recu = b""
        try:
            while morceau := os.read(maitre, 65_536):
                recu += morceau
        except OSError:  # how Linux says that nobody writes any more
            pass
        finally:
            os.close(maitre)
    assert processus.returncode == 0
    return recu.decode().splitlines()


def test_a_terminal_shows_json_lines_in_the_readable_form_and_others_as_they_are(maison: Path) -> None:
    assert sur_un_terminal(maison, "saga-1") == LISIBLES


def test_a_pipe_gets_what_the_program_wrote(maison: Path) -> None:
    assert dans_un_tube(maison, "saga-1") == BRUTES
    assert dans_un_tube(maison)[1:] == [f"saga-1 | {ligne}" for ligne in BRUTES]


def test_a_traceback_is_shown_in_its_lines_each_under_its_program(maison: Path) -> None:
    entete, *trace = sur_un_terminal(maison)[:3]
    assert entete.startswith("redis  | 2026-01-02 03:04:05,678 ERROR   saga-1 socle.saga: défaut [corr-1]")
    assert trace == ["redis  | Traceback (most recent call last):", "redis  | ValueError"]
