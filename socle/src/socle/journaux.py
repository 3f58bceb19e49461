"""Logs: one JSON line per fact, or one readable line; both carry the correlation id.

What a line is about is said in fields of their own (`extra=`), so that a search needs no regular expression: a request,
a step of a saga (`saga_id`), a reaction to an event (`checkout_id`) or to a batch of them (`checkouts`), each with its
attempt and its duration. Lines are written together (`socle.ecriture`). Programs write JSON unless `LOG_FORMAT=texte`;
`./labo logs` shows JSON lines in the readable form (`lisible`) when it writes to a terminal.
"""

import json
import logging
from typing import Any

from socle.correlation import correlation_id, traceparent


class _Contexte(logging.Filter):
    def __init__(self, service: str, instance: str) -> None:
        super().__init__()
        self._service, self._instance = service, instance

    def filter(self, record: logging.LogRecord) -> bool:
        record.service = self._service
        record.instance = self._instance
        record.correlation_id = correlation_id()
        trace = traceparent()
        record.trace_id = trace[3:35] if trace else ""
        return True


_TEXTE = "%(asctime)s %(levelname)-7s %(instance)s %(name)s: %(message)s [%(correlation_id)s]"
_NOMS_JSON = {"asctime": "ts", "levelname": "niveau", "name": "journal"}
_DETAILS = ("saga_id", "checkout_id", "checkouts", "groupe", "lot", "tentative", "cause", "duree_ms")
"""Fields that the message of a readable line does not say already."""


class Lisible(logging.Formatter):
    """A line for people: the message, then the fields that it has."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class's name
        champs = ((nom, record.__dict__.get(nom)) for nom in _DETAILS)
        details = " ".join(f"{nom}={_texte(valeur)}" for nom, valeur in champs if valeur not in (None, ""))
        return f"{super().formatMessage(record)} {details}".rstrip()


def _texte(valeur: Any) -> str:
    return ",".join(valeur) if isinstance(valeur, list) else str(valeur)


def lisible(ligne: str) -> str:
    """A line of the JSON form as the readable form would have been; any other line as it is."""
    try:
        champs = json.loads(ligne)
    except ValueError:
        return ligne
    if not isinstance(champs, dict):
        return ligne
    internes = {interne: champs[nom] for interne, nom in _NOMS_JSON.items() if nom in champs}
    try:
        texte = Lisible(_TEXTE).formatMessage(logging.makeLogRecord(champs | internes))
    except ValueError:  # somebody else's JSON, without these fields
        return ligne
    return f"{texte}\n{champs['exc_info']}" if champs.get("exc_info") else texte


def configuration(service: str, instance: str, *, forme: str, niveau: str) -> dict[str, Any]:
    """A `logging.config.dictConfig` dictionary: everything to stderr, `forme` is `json` or `texte`.

    Access lines of 2xx answers are at INFO; Django's own request logger is silenced below ERROR because the
    error handler already logs one line per refused request.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"contexte": {"()": _Contexte, "service": service, "instance": instance}},
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s %(service)s %(instance)s "
                "%(correlation_id)s %(trace_id)s",
                "rename_fields": _NOMS_JSON,
                "json_ensure_ascii": False,
            },
            "texte": {"()": Lisible, "fmt": _TEXTE},
        },
        "handlers": {
            "sortie": {"class": "socle.ecriture.EcritureGroupee", "formatter": forme, "filters": ["contexte"]}
        },
        "root": {"handlers": ["sortie"], "level": niveau},
        "loggers": {
            "django.request": {"level": "CRITICAL"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "urllib3.connectionpool": {"level": "ERROR"},
        },
    }
