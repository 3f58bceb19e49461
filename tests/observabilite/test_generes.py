"""What is committed is what the code writes; promtool accepts it and proves the alerts."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from local.prometheus import Outils
from monitoring.cibles import DOSSIER, REGLES
from monitoring.generer import fichiers
from tests.observabilite import expose

ESSAIS = DOSSIER / "prometheus" / "essais"


def test_what_is_committed_is_what_the_code_writes() -> None:
    """When this fails: `python -m monitoring`, and commit."""
    ecarts = [str(p.relative_to(DOSSIER)) for p, texte in fichiers().items() if p.read_text() != texte]
    assert ecarts == []
    assert set(expose.fichiers_de_tableaux()) == {p for p in fichiers() if p.suffix == ".json"}


def test_the_six_dashboards_ask_the_provisioned_source() -> None:
    sources = yaml.safe_load((DOSSIER / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"]
    uid = next(source["uid"] for source in sources if source["type"] == "prometheus")
    tableaux = [json.loads(fichier.read_text()) for fichier in expose.fichiers_de_tableaux()]
    assert len({tableau["uid"] for tableau in tableaux}) == len(tableaux) == 6
    for tableau in tableaux:
        panneaux = [panneau for panneau in tableau["panels"] if panneau["type"] != "row"]
        assert {panneau["datasource"]["uid"] for panneau in panneaux} == {uid}
        assert all(panneau["title"] and panneau["description"] and panneau["targets"] for panneau in panneaux)


def test_no_panel_lies_over_another() -> None:
    for fichier in expose.fichiers_de_tableaux():
        cases: set[tuple[int, int]] = set()
        for panneau in json.loads(fichier.read_text())["panels"]:
            place = panneau["gridPos"]
            siennes = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not siennes & cases, f"{fichier.name}: {panneau['title']}"
            assert place["x"] + place["w"] <= 24
            cases |= siennes


def test_every_alert_is_proven_to_fire_and_to_stay_silent() -> None:
    """promtool plays them below; here, that none was forgotten."""
    joues: dict[str, set[bool]] = {}
    for fichier in ESSAIS.glob("*.yml"):
        for essai in yaml.safe_load(fichier.read_text())["tests"]:
            for verdict in essai.get("alert_rule_test", ()):
                joues.setdefault(verdict["alertname"], set()).add(bool(verdict.get("exp_alerts")))
    assert joues == {nom: {True, False} for nom in expose.alertes()}


def test_promtool_accepts_the_rules_and_proves_the_alerts(outils: Outils) -> None:
    for ordre in (["check", "rules", *sorted(REGLES.glob("*.yml"))], ["test", "rules", *sorted(ESSAIS.glob("*.yml"))]):
        fait = subprocess.run([outils.promtool, *ordre], capture_output=True, text=True, timeout=60)
        assert fait.returncode == 0, fait.stdout + fait.stderr


def test_promtool_accepts_the_configuration_of_compose(outils: Outils, tmp_path: Path) -> None:
    texte = (DOSSIER / "prometheus" / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(texte.replace("/etc/prometheus/regles", str(REGLES)))
    fait = subprocess.run(
        [outils.promtool, "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True, timeout=60
    )
    assert fait.returncode == 0, fait.stdout + fait.stderr


@pytest.mark.parametrize(
    ("expression", "series"),
    [
        ("max by (style) (stalled_sagas{x=\"up\"}) > 0", {"stalled_sagas"}),
        ("a:b:c > 14.4 * 0.001 and on (style) sum(rate(d_total[5m])) / 2", {"a:b:c", "d_total"}),
    ],
)  # fmt: skip
def test_the_series_of_an_expression_are_found(expression: str, series: set[str]) -> None:
    assert expose.series(expression) == series
