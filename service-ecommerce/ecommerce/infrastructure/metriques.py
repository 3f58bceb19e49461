"""Metrics of the choreographed style (contract, section 10). Every label is bounded."""

from prometheus_client import REGISTRY as REGISTRE
from prometheus_client import CollectorRegistry, Counter, Histogram

from ecommerce.domain.checkout import Checkout, Statut
from socle import exposition
from socle.evenements.base import Base
from socle.evenements.bus import Bus
from socle.evenements.enveloppe import Evenement
from socle.evenements.jauges import AUTRE, EtatDuGroupe
from socle.evenements.lettres_mortes import LettreMorte

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
SOURCE = "ecommerce"
_SEAUX_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

COMMENCEES = Counter("saga_choreo_started_total", "Checkouts chorégraphiés acceptés", ["source"])
REUSSIES = Counter("saga_choreo_success_total", "Réussites annoncées par le suivi", ["source"])
ECHOUEES = Counter("saga_choreo_failed_total", "Échecs annoncés par le suivi", ["source"])
DUREE = Histogram("saga_choreo_duration_seconds", "Du 202 à la fin du checkout chorégraphié", buckets=_SEAUX_S)
PUBLIES = Counter("events_published_total", "Événements publiés", ["topic", "type"])
CONSOMMES = Counter("events_consumed_total", "Événements ayant pris effet", ["topic", "type", "consumer"])
MORTES = Counter("dead_letters_total", "Lettres mortes", ["group", "type"])


def _type(type_: str) -> str:
    return type_ if type_ in TYPES else AUTRE


def compter_debut() -> None:
    """A choreographed checkout was accepted."""
    COMMENCEES.labels(SOURCE).inc()


def compter_fin(checkout: Checkout) -> None:
    """A choreographed checkout was concluded; its duration by the database's clock."""
    if checkout.date_conclusion is not None:
        DUREE.observe((checkout.date_conclusion - checkout.date_creation).total_seconds())


def compter_decision(checkout: Checkout) -> None:
    """The tracker decided what the bus had not told."""
    (REUSSIES if checkout.statut is Statut.FINALISE else ECHOUEES).labels(SOURCE).inc()
    compter_fin(checkout)


def compter_publication(flux: str, type_: str) -> None:
    """An entry went into the stream."""
    PUBLIES.labels(flux, _type(type_)).inc()


class Compteurs:
    """Counts what the consumer of `groupe` does (`socle.evenements.consommateur.Observateur`)."""

    def __init__(self, flux: str, groupe: str) -> None:
        self._flux, self._groupe = flux, groupe

    def consomme(self, evenement: Evenement) -> None:
        """An event took effect."""
        CONSOMMES.labels(self._flux, _type(evenement.type), self._groupe).inc()

    def publie(self, evenement: Evenement) -> None:
        """The group brings nothing about."""

    def lettre_morte(self, lettre: LettreMorte) -> None:
        """An event could not be processed."""
        MORTES.labels(lettre.groupe, _type(lettre.type)).inc()


def exposer(port: int, adresse: str, base: Base, bus: Bus, groupe: str, *, jeton_interne: str) -> None:
    """The metrics page of the background program and its fault switches, in a thread of its own."""
    registre = CollectorRegistry()
    registre.register(REGISTRE)
    registre.register(EtatDuGroupe(base, bus, groupe, types=TYPES))
    exposition.exposer(port, adresse=adresse, registre=registre, jeton_interne=jeton_interne)
