"""gunicorn configuration shared by all services: `gunicorn -c python:socle.gunicorn <pkg>.wsgi:application`.

Environment: BIND, WORKERS, THREADS, WORKER_CLASS (sync or gthread), PROMETHEUS_MULTIPROC_DIR, and
SOCLE_AVANT_DEMARRAGE, a dotted `module:function` called once in the master before the application is loaded.
The preparation runs when gunicorn imports this module: its `on_starting` hook comes after a preloaded application.
"""

import ctypes
import importlib
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from gunicorn import util
from prometheus_client import multiprocess, values

from socle import jsons
from socle.correlation import nouvelle_correlation

_PR_SET_PDEATHSIG = 1

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WORKERS", "1"))
worker_class = os.environ.get("WORKER_CLASS", "sync")
threads = int(os.environ.get("THREADS", "1"))
keepalive = 75
timeout = 60
graceful_timeout = 15
backlog = 512
# Loaded once and shared by fork: less memory, and all workers are ready together.
preload_app = True
control_socket_disable = True
# The longest gunicorn allows; the gateway refuses longer ones before they come here.
limit_request_line = 8190
errorlog = "-"
loglevel = "warning"


def _refuser_en_json(prise: Any, statut: int, raison: str, detail: str) -> None:
    """Answer what is no HTTP request: gunicorn's own page is HTML and repeats what was sent."""
    corps = jsons.ecrire(
        {
            "success": False,
            "error": "Requête illisible" if statut < 500 else "Erreur interne",
            "details": f"La requête HTTP n'est pas acceptable ({raison}).",
            "code": "requete_illisible" if statut < 500 else "erreur_interne",
            "correlation_id": nouvelle_correlation(),
        }
    )
    tete = f"HTTP/1.1 {statut} {raison}\r\nConnection: close\r\nContent-Type: application/json\r\n"
    util.write_nonblock(prise, f"{tete}Content-Length: {len(corps)}\r\n\r\n".encode() + corps)


util.write_error = _refuser_en_json

_pid = os.getpid()


def _processus() -> int:
    return _pid


def _noter_le_processus() -> None:
    global _pid
    _pid = os.getpid()


if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    # The library asks the system for the process id at every count, a third of its price. Before any metric is made.
    os.register_at_fork(after_in_child=_noter_le_processus)
    values.ValueClass = values.MultiProcessValue(process_identifier=_processus)  # type: ignore[no-untyped-call]


def _preparer() -> None:
    """Empty the metrics directory of this program instance, then let the service prepare itself."""
    if repertoire := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shutil.rmtree(repertoire, ignore_errors=True)
        Path(repertoire).mkdir(parents=True, exist_ok=True)
    if avant := os.environ.get("SOCLE_AVANT_DEMARRAGE"):
        module, _, fonction = avant.partition(":")
        getattr(importlib.import_module(module), fonction)()


def when_ready(serveur: Any) -> None:
    """Before the first fork: Django loads its routes with the first request otherwise, once per worker, and a service
    whose views cannot be loaded would be ready in one worker and fail in the next.
    """
    if "django.conf" in sys.modules:
        importlib.import_module(sys.modules["django.conf"].settings.ROOT_URLCONF)


def pre_fork(serveur: Any, worker: Any) -> None:
    """What the preparation or the loading opened stays here: two processes must not share a database connection."""
    if "django.db" in sys.modules:
        sys.modules["django.db"].connections.close_all()


def post_fork(serveur: Any, worker: Any) -> None:
    """A worker dies with its master, so that a killed service never holds the port its replacement needs."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != serveur.pid:  # it died before the line above
        os._exit(1)


def child_exit(serveur: Any, worker: Any) -> None:
    """A dead worker's live gauges leave the page; its counters stay."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


_preparer()
