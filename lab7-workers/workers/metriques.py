"""Metrics of a worker (contract, section 10), on a port of its own."""

import logging

import psycopg2
from prometheus_client import Counter, Histogram

from socle.evenements.enveloppe import Evenement
from socle.evenements.jauges import AUTRE
from socle.evenements.lettres_mortes import LettreMorte
from workers.contexte import Heure

journal = logging.getLogger("workers.metriques")

TYPES = frozenset(
    {
        "CheckoutInitiated",
        "StockReserved",
        "StockReservationFailed",
        "OrderCreated",
        "CheckoutSucceeded",
        "OrderCreationFailed",
        "StockReleased",
        "CheckoutFailed",
    }
)
_SEAUX_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

PUBLIES = Counter("events_published_total", "Événements publiés", ["topic", "type"])
CONSOMMES = Counter("events_consumed_total", "Événements ayant pris effet", ["topic", "type", "consumer"])
LATENCE = Histogram("event_latency_seconds", "De l'émission à l'effet", ["topic", "type"], buckets=_SEAUX_S)
REUSSIES = Counter("saga_choreo_success_total", "Checkouts chorégraphiés réussis", ["source"])
ECHOUEES = Counter("saga_choreo_failed_total", "Checkouts chorégraphiés échoués", ["source"])
COMPENSATIONS = Counter("saga_choreo_compensations_total", "Stocks rendus par la chorégraphie")
MORTES = Counter("dead_letters_total", "Lettres mortes", ["group", "type"])

_FINS = {"CheckoutSucceeded": REUSSIES, "CheckoutFailed": ECHOUEES}


def type_borne(type_: str) -> str:
    """The type as a label: unknown ones are one value."""
    return type_ if type_ in TYPES else AUTRE


class Compteurs:
    """Counts what the consumer of `groupe` does (`socle.evenements.consommateur.Observateur`)."""

    def __init__(self, flux: str, groupe: str, source: str, heure: Heure) -> None:
        self._flux, self._groupe, self._source, self._heure = flux, groupe, source, heure

    def consomme(self, evenement: Evenement) -> None:
        """An event took effect; its latency runs from its emission, by the database's clock."""
        type_ = type_borne(evenement.type)
        CONSOMMES.labels(self._flux, type_, self._groupe).inc()
        try:
            LATENCE.labels(self._flux, type_).observe(max(0.0, self._heure.epoque() - evenement.ts))
        except psycopg2.Error:
            journal.warning("la latence de %s n'est pas mesurée : la base ne donne pas l'heure", type_)

    def publie(self, evenement: Evenement) -> None:
        """An event was brought about."""
        PUBLIES.labels(self._flux, type_borne(evenement.type)).inc()
        if evenement.type in _FINS:
            _FINS[evenement.type].labels(self._source).inc()
        elif evenement.type == "StockReleased":
            COMPENSATIONS.inc()

    def lettre_morte(self, lettre: LettreMorte) -> None:
        """An event could not be processed."""
        MORTES.labels(lettre.groupe, type_borne(lettre.type)).inc()
