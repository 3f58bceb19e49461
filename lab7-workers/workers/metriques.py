"""What the workers count besides `socle.evenements.compteurs` (contract, section 10)."""

from prometheus_client import Counter

from socle.evenements.compteurs import Compteurs
from socle.evenements.enveloppe import Evenement

COMPENSATIONS = Counter("saga_choreo_compensations_total", "Stocks rendus par la chorégraphie")


class CompteursDeWorker(Compteurs):
    """Also counts the stock given back, which the worker that says so alone knows."""

    def publie(self, evenement: Evenement) -> None:
        """An event was brought about."""
        if evenement.type == "StockReleased":
            COMPENSATIONS.inc()
