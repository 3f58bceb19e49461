"""`stalled_sagas{style}`: open checkouts that should long be concluded, read from the database at scrape time."""

from collections.abc import Iterator

from django.db import connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ecommerce.domain.checkout import OUVERTS, Style
from socle.metriques import REGISTRE_BASE

ARRETE_APRES_S = 30


class SagasArretees(Collector):
    """One partial-index scan; each style is always present."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with connection.cursor() as curseur:
            curseur.execute(
                "SELECT style, count(*) FROM checkouts WHERE statut = ANY(%s) "
                "AND date_creation < now() - make_interval(secs => %s) GROUP BY style",
                [[statut.value for statut in OUVERTS], ARRETE_APRES_S],
            )
            comptes = dict(curseur.fetchall())
        famille = GaugeMetricFamily(
            "stalled_sagas", f"Checkouts ouverts depuis plus de {ARRETE_APRES_S} s", labels=["style"]
        )
        for style in Style:
            famille.add_metric([style.value], comptes.get(style.value, 0))
        yield famille

    def describe(self) -> list[GaugeMetricFamily]:
        """Registering asks nothing of the database."""
        return []


def enregistrer() -> None:
    """Put the gauge on the metrics page (called once, when Django is ready)."""
    REGISTRE_BASE.register(SagasArretees())
