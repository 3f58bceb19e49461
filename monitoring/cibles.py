"""Prometheus's configuration, natively and in Compose, from the one table of components.

`job` is the service, `instance` the program, whatever the address: rules and dashboards are the same on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from local.composants import Service, ports

DOSSIER = Path(__file__).parent
REGLES = DOSSIER / "prometheus" / "regles"
INTERVALLE_S = 15
"""Scraping costs the scraped: a page merges the samples of every process of its program."""

# Containers that only `docker compose --profile scale` runs: their names resolve, or there is no target.
RENFORTS = {"saga-3": 8009, "saga-reprise-3": 9107, "ecommerce-fond-2": 9106} | {
    f"worker-{nom}-2": port
    for nom, port in (("stock-reservation", 9102), ("order-creation", 9103), ("stock-compensation", 9104))
}
BASES_COMPOSE = "postgres-exporter:9187"
REDIS_COMPOSE = "redis-exporter:9121"
KONG_COMPOSE = "kong:8081"


def natives(services: Iterable[Service], decalage: int, *, intervalle_s: float = INTERVALLE_S) -> str:
    """`prometheus.yml` of a laboratory without Docker: every program on its loopback port, and the local gateway."""
    services = tuple(services)
    tous = ports(services, decalage)
    travaux = [_travail(service, lambda nom, _: f"127.0.0.1:{tous[nom]}") for service in services]
    # Without a scope, HAProxy tells two hundred series per server.
    portee = {"scope": ["frontend", "backend", "server"]}
    passerelle = _statique("gateway", f"127.0.0.1:{tous['gateway-etat']}", "gateway") | {"params": portee}
    return _document([*travaux, passerelle], REGLES, intervalle_s)


def compose(services: Iterable[Service]) -> str:
    """`prometheus.yml` of `docker compose`: the same programs by container name, Kong, and the exporters."""
    services = tuple(services)
    travaux = [_travail(service, lambda nom, port: f"{nom}:{port}") for service in services]
    for nom, port in RENFORTS.items():
        travaux.append(
            {
                "job_name": f"renfort-{nom}",
                "dns_sd_configs": [{"names": [nom], "type": "A", "port": port}],
                "relabel_configs": [
                    {"target_label": "job", "replacement": _service_du_renfort(services, nom)},
                    {"target_label": "instance", "replacement": nom},
                ],
            }
        )
    bases = [f"postgres-{s.base.replace('_', '-')}:5432/{s.nom_base}" for s in services]
    exportees = {
        "job_name": "postgres",
        "metrics_path": "/probe",
        "static_configs": [{"targets": bases}],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__address__"], "regex": "([^:]+):.*", "target_label": "instance"},
            {"target_label": "__address__", "replacement": BASES_COMPOSE},
        ],
    }
    autres = [_statique("kong", KONG_COMPOSE, "kong"), exportees, _statique("redis", REDIS_COMPOSE, "redis")]
    return _document([*travaux, *autres], Path("/etc/prometheus/regles"), INTERVALLE_S)


def _service_du_renfort(services: Iterable[Service], nom: str) -> str:
    """The service whose programs a container of `--profile scale` resembles: the same name, but for its number."""
    racine = nom.rpartition("-")[0]
    return next(s.nom for s in services for p in s.programmes if p.nom in (racine, f"{racine}-1"))


def _travail(service: Service, adresse: Callable[[str, int], str]) -> dict[str, Any]:
    cibles = [
        {"targets": [adresse(programme.nom, programme.port)], "labels": {"instance": programme.nom}}
        for programme in service.programmes
        if programme.port is not None
    ]
    return {"job_name": service.nom, "static_configs": cibles}


def _statique(nom: str, cible: str, instance: str) -> dict[str, Any]:
    return {"job_name": nom, "static_configs": [{"targets": [cible], "labels": {"instance": instance}}]}


def _document(travaux: list[dict[str, Any]], regles: Path, intervalle_s: float) -> str:
    duree = f"{intervalle_s:g}s"
    document = {
        "global": {"scrape_interval": duree, "scrape_timeout": f"{min(intervalle_s, 10):g}s",
                   "evaluation_interval": duree},
        "rule_files": [f"{regles}/*.yml"],
        "scrape_configs": travaux,
    }  # fmt: skip
    return "# Written by `python -m monitoring` from local/composants.py.\n" + yaml.safe_dump(document, sort_keys=False)
