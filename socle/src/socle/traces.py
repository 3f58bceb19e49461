"""Spans: one checkout is one trace, through the gateway, services, database calls, stream, workers and event store.

1. Off without OTEL_EXPORTER_OTLP_ENDPOINT: nothing of OpenTelemetry is imported, and `etendue` hands out one object
   that does nothing. A trace that its beginning left unsampled costs as little everywhere else.
2. Who begins a trace decides whether it is sampled, for everybody (OTEL_TRACES_SAMPLER and its ARG, read by the SDK).
3. The current span is the context's `traceparent`: outgoing calls, events and log lines carry it as they always did.
4. Each process makes its exporter at its first span: threads do not survive a fork.
5. Spans say routes, operations, tables, types and outcomes; never a value of a request, of a row or of an event. The
   correlation id is the one identifier they carry.
"""

import os
import threading
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Literal, Self

from socle import correlation

Genre = Literal["INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
Suivi = tuple[str, str]
"""The `traceparent` and the correlation id that an event carries."""

ACTIVES = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))

_VEILLE = ("/metrics", "/health", "/health/live", "/health/ready", "/labo/fautes")

_verrou = threading.Lock()
_traceurs: dict[int, Any] = {}
"""The tracer of this process, by process id."""


class Etendue:
    """A span that is not recorded. The same one serves all."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, genre: type[BaseException] | None, erreur: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def nommer(self, nom: str) -> None:
        """Rename: what is served is known only once it is routed."""

    def dire(self, **attributs: str | int | float | bool) -> None:
        """Add attributes; `__` in a name stands for the dot of the conventions."""


_AUCUNE = Etendue()


def etendue(
    nom: str, genre: Genre = "INTERNAL", *, parent: str | None = None, racine: bool = False, **attributs: str | int
) -> Etendue:
    """A span of the current trace, or of `parent`'s (a `traceparent`), to be used as a context manager.

    Not recorded when tracing is off, when there is no such trace (unless `racine` may begin one), or when that trace
    is not sampled.
    """
    if not ACTIVES:
        return _AUCUNE
    if racine:
        return _Enregistree(nom, genre, "", attributs)
    return _dans(correlation.traceparent() if parent is None else parent, nom, genre, attributs)


def requete(chemin: str, recue: str | None) -> Etendue:
    """The span of the request whose context was just opened; `recue`: the trace its caller named, if any.

    It begins a trace when the caller brought none, unless it only watches the platform. `servie` says what it was.
    """
    commence = ACTIVES and correlation.traceparent() != recue and _merite(chemin)
    return etendue("HTTP", "SERVER", racine=commence)


def servie(span: Etendue, methode: str, route: str, statut: int) -> None:
    """Name the span of a request, now that it is routed and answered."""
    if ACTIVES:
        span.nommer(f"{methode} {route}")
        span.dire(http__route=route, http__response__status_code=statut)


def _merite(chemin: str) -> bool:
    return not chemin.rstrip("/").endswith(_VEILLE) and "/static/" not in chemin


def relater(nom: str, genre: Genre, suivis: Iterable[Suivi], **attributs: str | int) -> None:
    """One span without a duration in each of these traces: for what is done to many of them at once."""
    if ACTIVES:
        for parent, courante in suivis:
            with _dans(parent, nom, genre, {**attributs, "correlation_id": courante}):
                pass


def etendues(nom: str, genre: Genre, suivis: Iterable[Suivi], **attributs: str | int) -> AbstractContextManager[Any]:
    """One span in each of these traces, all open while the block runs: a batch belongs to every trace it works for."""
    if not ACTIVES:
        return _AUCUNE
    return _Lot([_dans(parent, nom, genre, {**attributs, "correlation_id": courante}) for parent, courante in suivis])


def _dans(parent: str, nom: str, genre: Genre, attributs: dict[str, str | int]) -> Etendue:
    return _Enregistree(nom, genre, parent, attributs) if _est_suivie(parent) else _AUCUNE


def _est_suivie(traceparent: str) -> bool:
    return correlation.est_traceparent(traceparent) and int(traceparent[-2:], 16) & 1 == 1


class _Enregistree(Etendue):
    __slots__ = ("_attributs", "_genre", "_jeton", "_nom", "_parent", "_span")

    def __init__(self, nom: str, genre: Genre, parent: str, attributs: dict[str, str | int]) -> None:
        self._nom, self._genre, self._parent, self._attributs = nom, genre, parent, attributs

    def __enter__(self) -> Self:
        self._span = _commencer(self._nom, self._genre, self._parent)
        self._jeton = correlation.suivre(_traceparent(self._span.get_span_context()))
        if courante := correlation.correlation_id():
            self._span.set_attribute("correlation_id", courante)
        self.dire(**self._attributs)
        return self

    def __exit__(
        self, genre: type[BaseException] | None, erreur: BaseException | None, trace: TracebackType | None
    ) -> None:
        correlation.ne_plus_suivre(self._jeton)
        if genre is not None:
            # Its text may quote a value.
            self._span.set_attribute("error.type", genre.__name__)
            _echouer(self._span)
        self._span.end()

    def nommer(self, nom: str) -> None:
        self._span.update_name(nom)

    def dire(self, **attributs: str | int | float | bool) -> None:
        for nom, valeur in attributs.items():
            self._span.set_attribute(nom.replace("__", "."), valeur)


class _Lot:
    def __init__(self, etendues: list[Etendue]) -> None:
        self._etendues = etendues

    def __enter__(self) -> None:
        for une in self._etendues:
            une.__enter__()

    def __exit__(
        self, genre: type[BaseException] | None, erreur: BaseException | None, trace: TracebackType | None
    ) -> None:
        for une in reversed(self._etendues):
            une.__exit__(genre, erreur, trace)


# -- OpenTelemetry ----------------------------------------------------------------------------------------------------


def _commencer(nom: str, genre: Genre, parent: str) -> Any:
    from opentelemetry import trace
    from opentelemetry.trace.span import NonRecordingSpan, SpanContext, TraceFlags

    contexte = None
    if parent:
        distant = SpanContext(int(parent[3:35], 16), int(parent[36:52], 16), True, TraceFlags(int(parent[53:], 16)))
        contexte = trace.set_span_in_context(NonRecordingSpan(distant))
    return _traceur().start_span(nom, context=contexte, kind=trace.SpanKind[genre], start_time=time.time_ns())


def _echouer(span: Any) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_status(Status(StatusCode.ERROR))


def _traceparent(contexte: Any) -> str:
    return f"00-{contexte.trace_id:032x}-{contexte.span_id:016x}-{int(contexte.trace_flags):02x}"


def _traceur() -> Any:
    traceur = _traceurs.get(os.getpid())
    if traceur is None:
        with _verrou:
            traceur = _traceurs.get(os.getpid()) or _ouvrir()
    return traceur


def _ouvrir() -> Any:
    """Exporter and sampler as the standard OTEL_* variables say; the service's name falls back to the program's."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    instance = os.environ.get("INSTANCE_ID", "inconnue")
    nom = os.environ.get("OTEL_SERVICE_NAME") or instance
    ressource = Resource.create({"service.name": nom, "service.instance.id": instance})
    fournisseur = TracerProvider(resource=ressource)
    fournisseur.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    traceur = _traceurs[os.getpid()] = fournisseur.get_tracer("socle")
    return traceur
