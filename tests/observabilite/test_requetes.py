"""Every query of every panel and rule, as shipped, returns data in a real Prometheus after a mixed run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commun.monde import attendre
from tests.observabilite import expose
from tests.observabilite.expose import Question
from tests.observabilite.serveur import Prometheus

PANNEAUX = list(expose.des_panneaux())
REGLES = [*expose.enregistrees(), *expose.des_alertes()]


@pytest.mark.parametrize("question", [*PANNEAUX, *REGLES], ids=str)
def test_every_query_has_data(question: Question, serveur: Prometheus) -> None:
    attendre(lambda: bool(serveur.valeurs(question.expression)), question.expression, 60)


def test_a_renamed_metric_would_be_seen(serveur: Prometheus) -> None:
    assert serveur.valeurs("saga_completed_total") != []
    assert serveur.valeurs("saga_completed_renamed_total") == []


def test_prometheus_evaluates_every_rule_without_an_error(serveur: Prometheus) -> None:
    def regles() -> list[dict[str, Any]]:
        return [regle for groupe in serveur.lire("rules")["groups"] for regle in groupe["rules"]]

    attendre(lambda: all(regle["health"] != "unknown" for regle in regles()), "toutes les règles évaluées")
    assert [(r["name"], r.get("lastError")) for r in regles() if r["health"] != "ok"] == []
    assert {r["name"] for r in regles() if r["type"] == "alerting"} == set(expose.alertes())


def test_the_dead_letter_of_the_run_raises_its_alert_and_no_program_is_missing(serveur: Prometheus) -> None:
    def levees() -> set[str]:
        return {alerte["labels"]["alertname"] for alerte in serveur.lire("alerts")["alerts"]}

    attendre(lambda: "LettresMortes" in levees(), "l'alerte", 20)
    assert not levees() & {"ProgrammeAbsent", "IntegriteRompue", "InterventionRequise"}
