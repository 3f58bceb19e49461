"""`./labo` where nothing runs: clear sentences, exit codes, and nothing left behind. And its bootstrap."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local import cli, environnement
from local.composants import SERVICES, ports
from local.environnement import _extrait
from local.lieux import RACINE
from local.plateforme import decalage_libre
from local.processus import ErreurLabo


def labo(maison: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """One command on a laboratory that was never started."""
    variables_completes = {
        **os.environ,
        "LABO_HOME": str(maison),
        "LABO_PORT_OFFSET": "7000",
        "COLUMNS": "200",
        **variables,
    }
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=RACINE,
        env=variables_completes,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "code", "sortie", "erreur"),
    [
        (["status"], 1, "", "✗ Le laboratoire n'est pas démarré : lancez ./labo up.\n"),
        (["restart", "saga-1"], 1, "", "✗ Le laboratoire n'est pas démarré : lancez ./labo up.\n"),
        (["logs"], 1, "", "✗ Aucun journal : lancez ./labo up.\n"),
        (["shell", "saga"], 1, "", "✗ Ce laboratoire n'a jamais été démarré : lancez ./labo up.\n"),
        (["bench", "orchestre", "--x"], 1, "", "✗ Option de banc incomprise : « --x » ; écrivez --nom=entier.\n"),
        (["lettres-mortes", "list"], 1, "", "✗ Ce laboratoire n'a jamais été démarré : lancez ./labo up.\n"),
        (["lettres-mortes", "drop", "x"], 1, "", "✗ Dites pourquoi : --motif « … ».\n"),
        (["lab", "reponse-perdue"], 1, "", "✗ Ce laboratoire n'a jamais été démarré : lancez ./labo up.\n"),
        (["faute", "inventaire"], 1, "", "✗ Ce laboratoire n'a jamais été démarré : lancez ./labo up.\n"),
        (["freeze", "inventaire"], 1, "", "✗ Le laboratoire n'est pas démarré : lancez ./labo up.\n"),
        (["down"], 0, "Rien ne tournait.\n", ""),
        (["reset"], 0, "Rien à jeter.\n", ""),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, arguments: list[str], code: int, sortie: str, erreur: str
) -> None:
    resultat = labo(tmp_path / "labo", *arguments)
    assert (resultat.returncode, resultat.stdout, resultat.stderr) == (code, sortie, erreur)
    assert not (tmp_path / "labo").exists()


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        (["redrive"], "Nommez des lettres, ou un groupe entier : --tout --groupe NOM."),
        (["redrive", "--tout"], "Nommez des lettres, ou un groupe entier : --tout --groupe NOM."),
        (["redrive", "x", "--groupe", "g"], "Nommez des lettres, ou un groupe entier : --tout --groupe NOM."),
        (["redrive", "x", "--tout", "--groupe", "g"], "Nommez des lettres, ou un groupe entier : --tout --groupe NOM."),
        (
            ["list", "--etat", "perdue"],
            "État inconnu : « perdue ». Connus : en_attente, relancee, traitee, ",
        ),
    ],
)
def test_dead_letters_are_named_one_by_one_or_by_a_whole_group(arguments: list[str], phrase: str) -> None:
    resultat = CliRunner().invoke(cli.application, ["lettres-mortes", *arguments])
    assert isinstance(resultat.exception, ErreurLabo)
    assert str(resultat.exception).startswith(phrase)
    assert (resultat.exit_code, resultat.stdout) == (1, "")


def test_a_bad_offset_is_one_sentence(tmp_path: Path) -> None:
    resultat = labo(tmp_path / "labo", "status", LABO_PORT_OFFSET="douze")
    assert resultat.returncode == 1
    assert resultat.stderr == "✗ LABO_PORT_OFFSET doit être un entier de 0 à 23000, pas « douze ».\n"


def test_reset_asks_first_and_deletes_only_what_the_laboratory_wrote(tmp_path: Path) -> None:
    maison = tmp_path / "labo"
    (maison / "pg").mkdir(parents=True)
    (maison / "secrets.env").write_text("A=b\n")
    (maison / "a-moi.txt").write_text("x")
    refus = labo(maison, "reset")
    assert (refus.returncode, refus.stderr) == (1, "✗ Rien n'a été effacé : confirmez, ou ajoutez --yes.\n")
    assert (maison / "pg").exists()
    assert labo(maison, "reset", "--yes").returncode == 0
    assert [chemin.name for chemin in maison.iterdir()] == ["a-moi.txt"]


def test_doctor_names_a_busy_port_and_who_has_it(tmp_path: Path) -> None:
    decalage = decalage_libre(SERVICES)
    port = ports(SERVICES, decalage)["gateway"]
    with socket.create_server(("127.0.0.1", port)):
        resultat = labo(tmp_path / "labo", "doctor", LABO_PORT_OFFSET=str(decalage))
    assert resultat.returncode == 1
    assert f"✗ Port {port} (gateway) : déjà pris par python (pid {os.getpid()})." in resultat.stdout
    assert resultat.stdout.count("✗") == 1


def test_without_a_recent_python_the_bootstrap_says_so(tmp_path: Path) -> None:
    ancien = tmp_path / "python3"
    ancien.write_text("#!/bin/sh\nexit 1\n")
    ancien.chmod(0o755)
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    resultat = subprocess.run(
        ["/bin/sh", str(RACINE / "labo"), "up"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (resultat.returncode, resultat.stdout) == (1, "")
    assert resultat.stderr == "Il faut Python 3.11 ou plus récent : aucun n'a été trouvé dans le PATH.\n"


def _faux_python(chemin: Path, corps: str) -> Path:
    chemin.write_text(f"#!/bin/sh\n{corps}\n")
    chemin.chmod(0o755)
    return chemin


def test_the_environment_is_made_with_the_fastest_python_by_a_margin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    courant = os.path.realpath(sys.executable)
    monkeypatch.delenv("LABO_PYTHON", raising=False)
    monkeypatch.setattr(environnement, "_candidats", lambda: iter(["p", "a-peine", "rapide", "absent"]))
    mesures = {"p": (1.0, courant), "a-peine": (0.95, "/a-peine"), "rapide": (0.5, "/rapide")}
    monkeypatch.setattr(environnement, "mesurer", mesures.get)
    assert environnement.choisir_python() == "/rapide"
    del mesures["rapide"]
    assert environnement.choisir_python() == courant
    mesures.clear()
    with pytest.raises(ImportError):
        environnement.choisir_python()
    monkeypatch.setenv("LABO_PYTHON", "/le-mien")
    assert environnement.choisir_python() == "/le-mien"


def test_a_machine_that_is_slow_for_a_moment_does_not_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    courant = os.path.realpath(sys.executable)
    monkeypatch.delenv("LABO_PYTHON", raising=False)
    monkeypatch.setattr(environnement, "_candidats", lambda: iter([courant, "/rapide"]))
    durees = {courant: iter([1.0, 1.0, 1.0]), "/rapide": iter([3.0, 0.5, 3.0])}
    monkeypatch.setattr(environnement, "mesurer", lambda python: (next(durees[python]), python))
    assert environnement.choisir_python() == "/rapide"


def test_a_python_that_cannot_be_used_is_not_a_candidate(tmp_path: Path) -> None:
    mesure = environnement.mesurer(sys.executable)
    assert mesure is not None
    assert 0 < mesure[0] < 5
    assert Path(mesure[1]).samefile(sys.executable)
    assert environnement.mesurer(str(_faux_python(tmp_path / "casse", "exit 1"))) is None
    assert environnement.mesurer(str(_faux_python(tmp_path / "bavard", "echo bonjour"))) is None
    assert environnement.mesurer(str(tmp_path / "absent")) is None


def test_the_lock_gives_one_package_with_its_hashes() -> None:
    lignes = _extrait((RACINE / "requirements.lock").read_text(), "uv").splitlines()
    assert lignes[0].startswith("uv==")
    assert len(lignes) > 1
    assert all(ligne.strip().startswith("--hash=sha256:") for ligne in lignes[1:])
    with pytest.raises(SystemExit, match="ne contient pas absent"):
        _extrait("uv==1 \\\n    --hash=sha256:0\n", "absent")
