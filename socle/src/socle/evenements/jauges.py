"""The state of one consumer group on the metrics page of a program that is a member of it, asked at each scrape.

What cannot be asked now is absent from the page; the rest of it is served all the same. Two members of a group show the
same numbers: take the greatest, do not add.
"""

import logging
import threading
from collections.abc import Collection, Iterable

import psycopg2
import redis
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from socle.evenements import lettres_mortes, outbox
from socle.evenements.base import Base
from socle.evenements.bus import Bus
from socle.evenements.flux import AUTRE

journal = logging.getLogger("socle.evenements.jauges")


class EtatDuGroupe(Collector):
    """`worker_lag`, `worker_pending` and `dead_letters_open` of `groupe`; types beyond `types` share one label value.

    With `service`, also `outbox_backlog{service}`: the outbox of `base` is shown by one program of the service.
    """

    def __init__(self, base: Base, bus: Bus, groupe: str, *, types: Collection[str], service: str = "") -> None:
        self._base, self._bus, self._groupe = base, bus, groupe
        self._types, self._service = frozenset(types), service
        self._verrou = threading.Lock()

    def describe(self) -> Iterable[Metric]:
        """Registering asks nothing of Redis and of the database."""
        return []

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
        familles: list[Metric] = [ouvertes, backlog] if self._service else [ouvertes]
        try:
            with self._base.transaction() as curseur:
                par_type = lettres_mortes.compter(curseur, self._groupe)
                arriere = outbox.arriere(curseur) if self._service else 0
        except psycopg2.Error as erreur:
            journal.warning("la base ne dit pas où en est %s (%s)", self._groupe, type(erreur).__name__)
            return familles
        bornes: dict[str, int] = {}
        for type_, nombre in par_type.items():
            borne = type_ if type_ in self._types else AUTRE
            bornes[borne] = bornes.get(borne, 0) + nombre
        for type_, nombre in bornes.items():
            ouvertes.add_metric([self._groupe, type_], nombre)
        if self._service:
            backlog.add_metric([self._service], arriere)
        return familles
