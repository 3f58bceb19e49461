"""A tiny OTLP/HTTP receiver, for tests and benches: decodes what the programs export, and keeps it by trace."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from local.processus import ADRESSE


@dataclass(frozen=True)
class Vue:
    """One span as received. `parent` is empty for the first of a trace."""

    service: str
    nom: str
    identifiant: str
    parent: str
    attributs: dict[str, Any]


@dataclass
class Recepteur:
    """Spans by trace id."""

    port: int
    traces: dict[str, list[Vue]] = field(default_factory=lambda: defaultdict(list))

    def recevoir(self, octets: bytes) -> None:
        """Decode one export."""
        for ressource in ExportTraceServiceRequest.FromString(octets).resource_spans:
            service = _attributs(ressource.resource.attributes)["service.name"]
            for portee in ressource.scope_spans:
                for span in portee.spans:
                    vue = Vue(
                        service, span.name, span.span_id.hex(), span.parent_span_id.hex(), _attributs(span.attributes)
                    )
                    self.traces[span.trace_id.hex()].append(vue)


def _attributs(paires: Any) -> dict[str, Any]:
    return {paire.key: getattr(paire.value, str(paire.value.WhichOneof("value"))) for paire in paires}


@contextlib.contextmanager
def recevoir() -> Iterator[Recepteur]:
    """A receiver on a port of its own; programs are pointed at it by OTEL_EXPORTER_OTLP_ENDPOINT."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            recepteur.recevoir(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Exports are no news."""

    with servir(Page) as port:
        recepteur = Recepteur(port)
        yield recepteur


@contextlib.contextmanager
def servir(page: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """A server of these pages in a thread of its own; its port."""
    serveur = ThreadingHTTPServer((ADRESSE, 0), page)
    threading.Thread(target=serveur.serve_forever, daemon=True).start()
    try:
        yield serveur.server_port
    finally:
        serveur.shutdown()
        serveur.server_close()
