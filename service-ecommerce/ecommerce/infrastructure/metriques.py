"""Metrics of the choreographed style (contract, section 10), all on the pages of this service. Every label is bounded.

How a checkout began, how it ended and how long that took is counted here alone: ecommerce concludes each one exactly
once, whoever announced the end, while a worker that repeats itself would count twice.
"""

from prometheus_client import REGISTRY as REGISTRE
from prometheus_client import CollectorRegistry, Counter, Histogram

from ecommerce.domain.checkout import Checkout, Statut
from socle import exposition
from socle.evenements.base import Base
from socle.evenements.bus import Bus
from socle.evenements.flux import AUTRE, TYPES
from socle.evenements.jauges import EtatDuGroupe

SOURCE = "ecommerce"
_SOURCES = frozenset({SOURCE, "order-creation", "stock-compensation"})
_SEAUX_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

COMMENCEES = Counter("saga_choreo_started_total", "Checkouts chorégraphiés acceptés", ["source"])
REUSSIES = Counter("saga_choreo_success_total", "Checkouts chorégraphiés réussis, par annonceur", ["source"])
ECHOUEES = Counter("saga_choreo_failed_total", "Checkouts chorégraphiés échoués, par annonceur", ["source"])
DUREE = Histogram("saga_choreo_duration_seconds", "Du 202 à la fin du checkout chorégraphié", buckets=_SEAUX_S)


for _annonceur in (SOURCE, "order-creation"):
    REUSSIES.labels(_annonceur)  # at zero, rather than absent until the first one
for _annonceur in (SOURCE, "stock-compensation"):
    ECHOUEES.labels(_annonceur)


def compter_debut() -> None:
    """A choreographed checkout was accepted."""
    COMMENCEES.labels(SOURCE).inc()


def compter_fin(checkout: Checkout, source: str) -> None:
    """A choreographed checkout was concluded on the word of `source`; its duration by the database's clock."""
    fins = REUSSIES if checkout.statut is Statut.FINALISE else ECHOUEES
    fins.labels(source if source in _SOURCES else AUTRE).inc()
    if checkout.date_conclusion is not None:
        DUREE.observe((checkout.date_conclusion - checkout.date_creation).total_seconds())


def compter_decision(checkout: Checkout) -> None:
    """The tracker decided what the bus had not told."""
    compter_fin(checkout, SOURCE)


def exposer(port: int, adresse: str, base: Base, bus: Bus, groupe: str, *, jeton_interne: str) -> None:
    """The metrics page of the background program and its fault switches, in a thread of its own."""
    registre = CollectorRegistry()
    registre.register(REGISTRE)
    registre.register(EtatDuGroupe(base, bus, groupe, types=TYPES))
    exposition.exposer(port, adresse=adresse, registre=registre, jeton_interne=jeton_interne)
