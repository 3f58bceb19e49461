"""What follows one request everywhere: correlation id, W3C trace context, deadline.

Held in context variables, so that logs, outgoing calls and events pick them up without being handed them.
"""

import re
import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._:\-]{1,128}")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_correlation: ContextVar[str] = ContextVar("correlation_id", default="")
_traceparent: ContextVar[str] = ContextVar("traceparent", default="")
_echeance: ContextVar[float | None] = ContextVar("echeance", default=None)


def correlation_id() -> str:
    """The id of the request being served, or an empty string outside of one."""
    return _correlation.get()


def traceparent() -> str:
    """The W3C `traceparent` received or begun for this request, or an empty string."""
    return _traceparent.get()


def suivre(trace: str) -> Token[str]:
    """From now on the current span is this one (`socle.traces`); hand the token to `ne_plus_suivre` at its end."""
    return _traceparent.set(trace)


def ne_plus_suivre(jeton: Token[str]) -> None:
    """The span is over: its parent is the current one again."""
    _traceparent.reset(jeton)


def nouvelle_correlation() -> str:
    """A fresh correlation id (UUID4 text)."""
    return str(uuid.uuid4())


def accepter(recu: str | None) -> str:
    """The id to use for what a caller sent: its own when harmless in a log or header, else a fresh one."""
    return recu if recu and _ACCEPTABLE.fullmatch(recu) else nouvelle_correlation()


def est_traceparent(texte: str) -> bool:
    """Whether this is a W3C trace context of the version we speak."""
    return _TRACEPARENT.fullmatch(texte) is not None


def accepter_traceparent(recu: str | None) -> str:
    """The caller's trace context when well formed, else a new unsampled trace."""
    if recu and est_traceparent(recu):
        return recu
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def ouvrir(correlation: str, trace: str) -> None:
    """Set both ids for the current context (called once per request by the middleware)."""
    _correlation.set(correlation)
    _traceparent.set(trace)
    _echeance.set(None)


def fermer() -> None:
    """The request is over: what the thread does or logs next belongs to nobody."""
    ouvrir("", "")


@contextmanager
def contexte(correlation: str, trace: str = "") -> Iterator[None]:
    """Run a block (a background task, a consumed event) under these ids."""
    jetons = (_correlation.set(correlation), _traceparent.set(trace))
    try:
        yield
    finally:
        _correlation.reset(jetons[0])
        _traceparent.reset(jetons[1])


@contextmanager
def echeance(secondes: float) -> Iterator[None]:
    """Bound everything called in the block to `secondes` from now; an outer, earlier deadline wins."""
    limite = time.monotonic() + secondes
    actuelle = _echeance.get()
    jeton = _echeance.set(limite if actuelle is None else min(limite, actuelle))
    try:
        yield
    finally:
        _echeance.reset(jeton)


def temps_restant(defaut: float) -> float:
    """Seconds left before the deadline, at most `defaut`; may be negative once it has passed."""
    limite = _echeance.get()
    return defaut if limite is None else min(defaut, limite - time.monotonic())
