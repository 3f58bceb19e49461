"""Metrics: HTTP by route name, process-safe under several gunicorn workers, and gauges read from the database.

1. Under `PROMETHEUS_MULTIPROC_DIR` every process writes its own files and the page sums them; the directory belongs
   to one program instance and is emptied when it starts (`socle.gunicorn`).
2. What is derived from the database is not summed over processes: it comes from collectors in `REGISTRE_BASE`, asked
   by whichever process answers the page.
3. Labels are bounded: route patterns, never raw paths; status classes by exact code of our own making.
"""

import logging
import os
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client import REGISTRY as _REGISTRE_PROCESSUS
from prometheus_client.multiprocess import MultiProcessCollector

journal = logging.getLogger("socle.metriques")

if _repertoire := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    # A management command may come before the first gunicorn, which makes and empties it.
    Path(_repertoire).mkdir(parents=True, exist_ok=True)

METHODES = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
SEAUX_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUETES = Counter("http_requests_total", "Requêtes HTTP servies", ["method", "route", "status"])
DUREES = Histogram("http_request_duration_seconds", "Durée des requêtes HTTP", ["method", "route"], buckets=SEAUX_S)
EN_COURS = Gauge("http_requests_in_flight", "Requêtes HTTP en cours", ["route"], multiprocess_mode="livesum")
DISJONCTEUR = Gauge(
    "circuit_breaker_open",
    "1 si le circuit vers ce service est ouvert",
    ["service"],
    multiprocess_mode="livemax",
)

REGISTRE_BASE = CollectorRegistry()
"""Collectors that read the database; their failure leaves the rest of the page intact."""

_enfants: dict[tuple[Any, ...], Any] = {}


def enfant(metrique: Any, *labels: Any) -> Any:
    """`metrique.labels(*labels)`, remembered: for what is counted again and again. The labels must be bounded."""
    cle = (metrique, labels)
    trouve = _enfants.get(cle)
    if trouve is None:
        trouve = _enfants[cle] = metrique.labels(*labels)
    return trouve


def observer_requete(methode: str, route: str, statut: int, duree: float) -> None:
    """Count one served request; `duree` in seconds."""
    enfant(REQUETES, methode, route, statut).inc()
    enfant(DUREES, methode, route).observe(duree)


def en_cours(route: str) -> Gauge:
    """The requests of this route that are being served, counted up by whoever begins one and down at its end."""
    jauge: Gauge = enfant(EN_COURS, route)
    return jauge


def page() -> tuple[bytes, str]:
    """The exposition text of this program instance and its content type."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        processus = CollectorRegistry()
        MultiProcessCollector(processus)  # type: ignore[no-untyped-call]
    else:
        processus = _REGISTRE_PROCESSUS
    texte = generate_latest(processus)
    try:
        texte += generate_latest(REGISTRE_BASE)
    except Exception:
        journal.warning("les jauges tirées de la base sont absentes de cette page", exc_info=True)
    return texte, CONTENT_TYPE_LATEST
