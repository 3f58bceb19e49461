"""`./labo compose-test` where there is no engine, and what it makes of the containers where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from local import compose, compose_essai, essais
from local.compose import Projet
from local.lieux import Lieux


def test_without_an_engine_it_says_that_nothing_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compose_essai.executer([], Console(width=200)) == compose_essai.RIEN_ESSAYE
    dit = capsys.readouterr().out
    assert "Rien n'a été essayé. La commande docker n'est pas installée." in dit


@pytest.mark.parametrize(
    ("echoue", "attendu"),
    [
        ("version", "Aucun moteur Docker ne répond."),
        ("compose", "Docker Compose v2 n'est pas installé."),
        ("image pull", "Images de base introuvables : python:3.11-slim, postgres:15, redis:7.2-alpine."),
        ("image", ""),  # not here yet, and pulled
        ("rien", ""),
    ],
)
def test_what_is_missing_is_named(echoue: str, attendu: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faux = tmp_path / "docker"
    faux.write_text(f'#!/bin/sh\ncase " {echoue} " in *" $1 "*) exit 1 ;; esac\n')
    faux.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compose.moteur_absent() == attendu


def test_the_run_of_every_check_says_that_no_container_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    compte = essais.Essais((), tmp_path, essais.Enfants()).conteneurs()
    assert (compte.passes, compte.echecs, compte.ignores) == (0, 0, 1)
    assert essais.conclure([compte]) == 0
    assert "ignoré : La commande docker n'est pas installée." in capsys.readouterr().out


def test_a_project_has_ports_and_secrets_of_its_own(tmp_path: Path) -> None:
    projet = Projet(Lieux(tmp_path / "essai", 1234))
    projet.preparer()
    assert projet.secrets.stat().st_mode & 0o077 == 0
    assert '"127.0.0.1:9314:8080"' in (tmp_path / "essai" / "ports.yml").read_text()
    assert compose.PlateformeCompose(projet).urls["gateway"] == "http://127.0.0.1:9314"
    assert compose.PlateformeCompose(projet).bases["saga"] == 5439 + 1234
