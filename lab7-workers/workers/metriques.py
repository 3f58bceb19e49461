"""Metrics of a worker (contract, section 10), on a port of its own."""

import logging
import threading
from collections.abc import Iterable
from datetime import datetime

import psycopg2
import redis
from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from socle.evenements import lettres_mortes, outbox
from socle.evenements.base import Base
from socle.evenements.bus import Bus
from socle.evenements.enveloppe import Evenement
from socle.evenements.lettres_mortes import LettreMorte
from workers.contexte import Heure, debut

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
DUREE = Histogram("saga_choreo_duration_seconds", "Du checkout accepté à l'événement final", buckets=_SEAUX_S)
COMPENSATIONS = Counter("saga_choreo_compensations_total", "Stocks rendus par la chorégraphie")
MORTES = Counter("dead_letters_total", "Lettres mortes", ["group", "type"])

_FINS = {"CheckoutSucceeded": REUSSIES, "CheckoutFailed": ECHOUEES}


def type_borne(type_: str) -> str:
    """The type as a label: unknown ones are one value."""
    return type_ if type_ in TYPES else "autre"


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
            DUREE.observe(max(0.0, evenement.ts - datetime.fromisoformat(debut(evenement)).timestamp()))
        elif evenement.type == "StockReleased":
            COMPENSATIONS.inc()

    def lettre_morte(self, lettre: LettreMorte) -> None:
        """An event could not be processed."""
        MORTES.labels(lettre.groupe, type_borne(lettre.type)).inc()


class EtatDuGroupe(Collector):
    """Gauges asked at each scrape: lag and pending of the group, dead letters, outbox backlog.

    What cannot be asked now is absent from the page; the rest of it is served all the same.
    """

    def __init__(self, base: Base, bus: Bus, groupe: str) -> None:
        self._base, self._bus, self._groupe = base, bus, groupe
        self._verrou = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        with self._verrou:
            return [*self._du_flux(), *self._de_la_base()]

    def _du_flux(self) -> list[Metric]:
        retard = GaugeMetricFamily("worker_lag", "Entrées pas encore livrées au groupe", labels=["group"])
        attente = GaugeMetricFamily("worker_pending", "Entrées livrées et non acquittées", labels=["group"])
        try:
            etat = self._bus.etat_des_groupes().get(self._groupe)
            if etat is not None:
                retard.add_metric([self._groupe], self._bus.retard(etat))
                attente.add_metric([self._groupe], int(etat["pending"]))
        except redis.RedisError as erreur:
            journal.warning("Redis ne dit pas où en est %s (%s)", self._groupe, type(erreur).__name__)
        return [retard, attente]

    def _de_la_base(self) -> list[Metric]:
        ouvertes = GaugeMetricFamily("dead_letters_open", "Lettres mortes ouvertes", labels=["group", "type"])
        backlog = GaugeMetricFamily("outbox_backlog", "Événements pas encore publiés", labels=["service"])
        try:
            with self._base.transaction() as curseur:
                arriere = outbox.arriere(curseur)
                par_type = lettres_mortes.compter(curseur, self._groupe)
        except psycopg2.Error as erreur:
            journal.warning("la base ne dit pas où en est %s (%s)", self._groupe, type(erreur).__name__)
        else:
            backlog.add_metric(["workers"], arriere)
            bornes: dict[str, int] = {}
            for type_, nombre in par_type.items():
                bornes[type_borne(type_)] = bornes.get(type_borne(type_), 0) + nombre
            for type_, nombre in bornes.items():
                ouvertes.add_metric([self._groupe, type_], nombre)
        return [ouvertes, backlog]
