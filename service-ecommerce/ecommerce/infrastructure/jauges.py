"""Gauges read from the database at scrape time.

`stalled_sagas{style}`: open checkouts that should long be concluded. `outbox_backlog{service}`: events not published.
"""

from collections.abc import Iterator

from django.db import connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ecommerce.domain.checkout import OUVERTS, Style
from socle.evenements import outbox
from socle.metriques import REGISTRE_BASE

ARRETE_APRES_S = 30


class Arrieres(Collector):
    """Two scans of partial indexes; each style is always present."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with connection.cursor() as curseur:
            curseur.execute(
                "SELECT style, count(*) FROM checkouts WHERE statut = ANY(%s) "
                "AND date_creation < now() - make_interval(secs => %s) GROUP BY style",
                [[statut.value for statut in OUVERTS], ARRETE_APRES_S],
            )
            comptes = dict(curseur.fetchall())
            non_publies = outbox.arriere(curseur)
        famille = GaugeMetricFamily(
            "stalled_sagas", f"Checkouts ouverts depuis plus de {ARRETE_APRES_S} s", labels=["style"]
        )
        for style in Style:
            famille.add_metric([style.value], comptes.get(style.value, 0))
        yield famille
        arriere = GaugeMetricFamily("outbox_backlog", "Événements pas encore publiés", labels=["service"])
        arriere.add_metric(["ecommerce"], non_publies)
        yield arriere

    def describe(self) -> list[GaugeMetricFamily]:
        """Registering asks nothing of the database."""
        return []


def enregistrer() -> None:
    """Put the gauges on the metrics page (called once, when Django is ready)."""
    REGISTRE_BASE.register(Arrieres())
