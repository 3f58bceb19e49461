"""Metrics of the store besides those of every service."""

from collections.abc import Iterator

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from event_store.application.histoire import Ronde
from event_store.application.ports import Historique, Place, Projections
from event_store.domain.evenements import TYPES

AJOUTES = Counter("event_store_events_appended_total", "Événements ajoutés à l'historique", ["type"])
DOUBLONS = Counter("event_store_duplicates_total", "Événements reçus qui étaient déjà dans l'historique")
REJEUX = Histogram(
    "event_store_replay_duration_seconds",
    "Durée du rejeu d'un checkout",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0),
)


def compter_ajout(places: list[Place], types: dict[str, str]) -> None:
    """Count a stored batch; `types` by event id. Unknown types share one label value."""
    for place in places:
        if place.nouveau:
            connu = types.get(place.id, "")
            AJOUTES.labels(connu if connu in TYPES else "autre").inc()
        else:
            DOUBLONS.inc()


class Jauges(Collector):
    """Read from the database by whichever process answers the page."""

    def __init__(self, historique: Historique, projections: Projections) -> None:
        self._historique, self._projections = historique, projections
        self._ronde = Ronde(historique)

    def describe(self) -> list[GaugeMetricFamily]:
        return []  # registering must not ask the database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        tete = GaugeMetricFamily("event_store_head_position", "Dernière position de l'historique")
        tete.add_metric([], self._historique.bornes().tete)
        yield tete
        par_projection = ["projection"]
        retard = GaugeMetricFamily("projection_lag", "Positions pas encore lues", labels=par_projection)
        parques = GaugeMetricFamily("projection_parked", "Événements mis de côté", labels=par_projection)
        for etat in self._projections.etats():
            retard.add_metric([etat.projection], etat.tete - etat.position)
            parques.add_metric([etat.projection], etat.mis_de_cote)
        yield retard
        yield parques
        rompue = GaugeMetricFamily("event_store_integrity_broken", "1 si la chaîne d'empreintes est rompue")
        rompue.add_metric([], self._ronde.avancer())
        yield rompue
