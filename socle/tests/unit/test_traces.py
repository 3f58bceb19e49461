"""Spans: exported with their parents when an endpoint is configured, and nothing at all when none is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.processus import ADRESSE, attendre
from local.recepteur import Recepteur, recevoir
from socle import correlation, traces
from socle.traces_sql import nom_de, options_de_connexion

RACINE = Path(__file__).parents[3]
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PROGRAMME = f"""
import sys
from socle import correlation, traces
def parcourir(recu):
    correlation.ouvrir("corr-1", correlation.accepter_traceparent(recu))
    with traces.etendue("HTTP", "SERVER", racine=recu is None) as servie:
        servie.nommer("POST x/")
        with traces.etendue("etape", tentative=2):
            sortant = correlation.traceparent()
        try:
            with traces.etendue("defaut"):
                raise ValueError("Zénobie Quillfeather")
        except ValueError:
            pass
    return sortant
print(parcourir("00-{TRACE}-{PARENT}-01"))
print(parcourir("00-{TRACE[::-1]}-{PARENT}-00"))
print(parcourir(None))
correlation.ouvrir("du-lot", "")
suivis = [("00-{TRACE}-{PARENT}-01", "corr-2"), ("", "corr-3"), ("n'importe quoi", "corr-4")]
traces.relater("publication", "PRODUCER", suivis)
with traces.etendues("lot", "CONSUMER", suivis, lot=3):
    pass
print("opentelemetry" in sys.modules)
"""


def lancer(**variables: str) -> list[str]:
    """What a program of these settings prints."""
    env = {nom: v for nom, v in os.environ.items() if not nom.startswith("OTEL_")} | variables
    env["PYTHONPATH"] = str(RACINE / "socle" / "src")
    fait = subprocess.run(
        [sys.executable, "-c", PROGRAMME], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    return fait.stdout.splitlines()


def exporter(recepteur: Recepteur, **variables: str) -> list[str]:
    adresse = f"http://{ADRESSE}:{recepteur.port}"
    return lancer(OTEL_EXPORTER_OTLP_ENDPOINT=adresse, OTEL_SERVICE_NAME="temoin", **variables)


def test_spans_are_exported_with_their_parents_ids_and_no_value() -> None:
    with recevoir() as recepteur:
        sortant, refusee, nouvelle, charge = exporter(recepteur)
        attendre(lambda: len(recepteur.traces.get(TRACE, ())) == 5 and len(recepteur.traces) == 2, 20, "export")
    par_nom = {span.nom: span for span in recepteur.traces[TRACE]}
    assert set(par_nom) == {"POST x/", "etape", "defaut", "publication", "lot"}
    assert {span.service for span in par_nom.values()} == {"temoin"}
    servie, etape = par_nom["POST x/"], par_nom["etape"]
    assert (servie.parent, etape.parent, par_nom["publication"].parent) == (PARENT, servie.identifiant, PARENT)
    assert etape.attributs == {"tentative": 2, "correlation_id": "corr-1"}
    assert par_nom["defaut"].attributs == {"error.type": "ValueError", "correlation_id": "corr-1"}
    # What is done to many is told in each one's trace under its own correlation id, not the batch's.
    assert par_nom["publication"].attributs == {"correlation_id": "corr-2"}
    assert par_nom["lot"].attributs == {"lot": 3, "correlation_id": "corr-2"}
    # What goes out belongs to the span it goes out of; an unsampled trace goes on as it came.
    assert sortant == f"00-{TRACE}-{etape.identifiant}-01"
    assert refusee == f"00-{TRACE[::-1]}-{PARENT}-00"
    debut = next(span for span in recepteur.traces[nouvelle.split("-")[1]] if span.nom == "POST x/")
    assert debut.parent == ""
    assert charge == "True"
    assert "Quillfeather" not in repr(recepteur.traces)


def test_the_one_who_begins_decides_for_everybody() -> None:
    with recevoir() as recepteur:
        variables = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}
        _, _, nouvelle, _ = exporter(recepteur, **variables)
        attendre(lambda: TRACE in recepteur.traces, 20, "export")
    assert int(nouvelle[-2:], 16) & 1 == 0
    assert set(recepteur.traces) == {TRACE}


def test_without_an_endpoint_nothing_is_loaded_and_the_trace_goes_through_untouched() -> None:
    sortant, refusee, nouvelle, charge = lancer()
    assert (sortant, refusee) == (f"00-{TRACE}-{PARENT}-01", f"00-{TRACE[::-1]}-{PARENT}-00")
    assert correlation.est_traceparent(nouvelle)
    assert charge == "False"
    assert traces.ACTIVES is False
    assert options_de_connexion() == {}
    with correlation.contexte("c", f"00-{TRACE}-{PARENT}-01"):
        assert traces.etendue("a") is traces.etendue("b", "CLIENT", tentative=1)


@pytest.mark.parametrize(
    ("requete", "nom"),
    [
        ("SELECT a FROM stocks WHERE p = %s", "SELECT stocks"),
        (b'\n INSERT INTO "checkouts" (id) VALUES (%s)', "INSERT checkouts"),
        ("UPDATE outbox SET x = 'secret'", "UPDATE outbox"),
        ("PREPARE finir (uuid) AS UPDATE saga_commandes SET x = $1", "UPDATE saga_commandes"),
        ("EXECUTE finir (%s)", "EXECUTE finir"),
        ("WITH a AS (UPDATE t SET x = f(1) RETURNING id), b AS (SELECT 1) INSERT INTO ventes SELECT", "INSERT ventes"),
        ("with recent (id) as (select id from ventes) select * from recent", "select recent"),
        ("BEGIN", "BEGIN"),
        ("", "SQL"),
        (object(), "SQL"),
    ],
)
def test_a_statement_is_named_by_its_operation_and_table(requete: object, nom: str) -> None:
    assert nom_de(requete) == nom
