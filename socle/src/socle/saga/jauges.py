"""What the sagas of one table do now, read from the database: the same on every replica."""

# ruff: noqa: S608 -- the only text put into the statement is a table name from the code

from collections.abc import Iterable

from django.db import connection
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class JaugesSagas(Collector):
    """`saga_actives_current{etat}`, and `stalled_sagas{style}`, which an alert watches: those that wait for an operator
    (state `intervention`) or are older than `retard_s` seconds. `etats`: those of a saga that is not ended."""

    def __init__(self, *, table: str, style: str, etats: Iterable[str], intervention: str, retard_s: float) -> None:
        self._table, self._style, self._etats = table, style, tuple(etats)
        self._intervention, self._retard_s = intervention, retard_s

    def describe(self) -> Iterable[Metric]:
        """Registering asks nothing of the database."""
        return []

    def collect(self) -> Iterable[Metric]:
        with connection.cursor() as curseur:
            curseur.execute(
                "SELECT etat_actuel, count(*), count(*) FILTER (WHERE etat_actuel = %s OR date_creation < "
                "clock_timestamp() - %s * interval '1 second') "
                f"FROM {self._table} WHERE date_fin IS NULL GROUP BY 1",
                [self._intervention, self._retard_s],
            )
            lignes = curseur.fetchall()
        nombres = dict.fromkeys(self._etats, 0) | {etat: nombre for etat, nombre, _ in lignes}
        actives = GaugeMetricFamily("saga_actives_current", "Sagas non terminées, par état", labels=["etat"])
        for etat, nombre in nombres.items():
            actives.add_metric([etat], nombre)
        yield actives
        bloquees = GaugeMetricFamily("stalled_sagas", "Sagas en attente d'un opérateur ou hors délai", labels=["style"])
        bloquees.add_metric([self._style], sum(ligne[2] for ligne in lignes))
        yield bloquees
