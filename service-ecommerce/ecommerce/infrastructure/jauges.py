"""Gauges read from the database at scrape time.

`stalled_checkouts{style}`: open checkouts that should long be concluded. `stalled_sagas{style="choreo"}`: those that no
saga engine counts; the orchestrator counts its own. `outbox_backlog{service}`: events not published.
"""

from collections.abc import Iterator

from django.db import connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ecommerce.application.ports import ARRETE_APRES_S
from ecommerce.domain.checkout import OUVERTS, Style
from socle.evenements import outbox
from socle.metriques import REGISTRE_BASE


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
        texte = f"Checkouts ouverts depuis plus de {ARRETE_APRES_S} s"
        checkouts = GaugeMetricFamily("stalled_checkouts", texte, labels=["style"])
        for style in Style:
            checkouts.add_metric([style.value], comptes.get(style.value, 0))
        yield checkouts
        sagas = GaugeMetricFamily("stalled_sagas", texte, labels=["style"])
        sagas.add_metric([Style.CHOREO.value], comptes.get(Style.CHOREO.value, 0))
        yield sagas
        arriere = GaugeMetricFamily("outbox_backlog", "Événements pas encore publiés", labels=["service"])
        arriere.add_metric(["ecommerce"], non_publies)
        yield arriere

    def describe(self) -> list[GaugeMetricFamily]:
        """Registering asks nothing of the database."""
        return []


def enregistrer() -> None:
    """Put the gauges on the metrics page (called once, when Django is ready)."""
    REGISTRE_BASE.register(Arrieres())
