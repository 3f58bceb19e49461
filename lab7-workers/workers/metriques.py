"""Metrics of a worker (contract, section 10), on a port of its own."""

import time
from collections.abc import Iterable

import redis
from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from socle.evenements import lettres_mortes, outbox
from socle.evenements.base import Base
from socle.evenements.bus import Bus
from socle.evenements.enveloppe import Evenement
from socle.evenements.lettres_mortes import LettreMorte

_TYPES = frozenset(
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


def type_borne(type_: str) -> str:
    """The type as a label: unknown ones are one value."""
    return type_ if type_ in _TYPES else "autre"


class Compteurs:
    """Counts what the consumer of `groupe` does (`socle.evenements.consommateur.Observateur`)."""

    def __init__(self, flux: str, groupe: str, source: str, horloge: "Horloge") -> None:
        self._flux, self._groupe, self._source, self._horloge = flux, groupe, source, horloge

    def consomme(self, evenement: Evenement) -> None:
        """An event took effect; its latency runs from its emission."""
        type_ = type_borne(evenement.type)
        CONSOMMES.labels(self._flux, type_, self._groupe).inc()
        LATENCE.labels(self._flux, type_).observe(max(0.0, self._horloge.epoque() - evenement.ts))

    def publie(self, evenement: Evenement) -> None:
        """An event was brought about."""
        PUBLIES.labels(self._flux, type_borne(evenement.type)).inc()
        if evenement.type == "CheckoutSucceeded":
            REUSSIES.labels(self._source).inc()
        elif evenement.type == "CheckoutFailed":
            ECHOUEES.labels(self._source).inc()
        elif evenement.type == "StockReleased":
            COMPENSATIONS.inc()

    def lettre_morte(self, lettre: LettreMorte) -> None:
        """An event could not be processed."""
        MORTES.labels(lettre.groupe, type_borne(lettre.type)).inc()


class Horloge:
    """Seconds since the epoch by the database's clock (contract: database time rules)."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._ecart: float | None = None
        self._lu_a = 0.0

    def epoque(self) -> float:
        """Now; the difference to the host's clock is asked once a minute."""
        if self._ecart is None or time.monotonic() - self._lu_a > 60:
            with self._base.transaction() as curseur:
                curseur.execute("SELECT extract(epoch FROM clock_timestamp())")
                self._ecart = float(curseur.fetchone()[0]) - time.time()
            self._lu_a = time.monotonic()
        return time.time() + self._ecart


class EtatDuGroupe(Collector):
    """Gauges asked at each scrape: lag and pending of the group, dead letters, outbox backlog."""

    def __init__(self, base: Base, bus: Bus, groupe: str) -> None:
        self._base, self._bus, self._groupe = base, bus, groupe

    def collect(self) -> Iterable[Metric]:
        retard = GaugeMetricFamily("worker_lag", "Entrées pas encore livrées au groupe", labels=["group"])
        attente = GaugeMetricFamily("worker_pending", "Entrées livrées et non acquittées", labels=["group"])
        try:
            etat = self._bus.etat_des_groupes().get(self._groupe)
        except redis.RedisError:
            etat = None
        if etat is not None:
            retard.add_metric([self._groupe], float(etat.get("lag") or 0))
            attente.add_metric([self._groupe], float(etat["pending"]))
        with self._base.transaction() as curseur:
            arriere = outbox.arriere(curseur)
            ouvertes = lettres_mortes.compter(curseur)
        en_attente = GaugeMetricFamily("dead_letters_open", "Lettres mortes ouvertes", labels=["group", "type"])
        for (groupe, type_), nombre in ouvertes.items():
            if groupe == self._groupe:
                en_attente.add_metric([groupe, type_borne(type_)], nombre)
        backlog = GaugeMetricFamily("outbox_backlog", "Événements pas encore publiés", labels=["service"])
        backlog.add_metric(["workers"], arriere)
        return [retard, attente, en_attente, backlog]
