"""Metrics of the orchestrator, both historical families (contract, section 10). Every label is bounded.

Only shops that a neighbour has confirmed become labels: a caller cannot make new ones up. A process learns of them one
by one, so the label of a saga is chosen once, when it starts, and goes with its data: what counts its steps and its end
says the same, in whatever process. A saga whose process died before its first write, or that was only accepted (202),
goes without: its label is then `autre`, unless its shop is the online one, which every process knows.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from saga_orchestrator.domain.commande import MAGASIN_EN_LIGNE
from saga_orchestrator.domain.etats import INTERVENTION_REQUISE, TERMINAUX, TRANSITIONS
from socle.evenements import outbox
from socle.metriques import REGISTRE_BASE, enfant
from socle.saga.depot import Conclusion, Saga
from socle.saga.executeur import Observateur
from socle.saga.jauges import JaugesSagas
from socle.saga.moteur import Sens

SEAUX_SAGA_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
SEAUX_APPEL_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
MAGASINS_MAX = 50
AUTRE = "autre"
CONSOMMATEURS = frozenset({"magasin-app", "ecommerce", "magasin", "workers", "orchestrator"})

SAGAS = Counter("saga_total", "Sagas démarrées", ["client_type", "magasin"])
DUREE = Histogram("saga_duree_seconds", "Durée des sagas", ["etat_final", "magasin"], buckets=SEAUX_SAGA_S)
ECHECS = Counter("saga_echecs_total", "Sagas échouées", ["type_echec", "etape_echec", "magasin"])
ETAPES = Counter("saga_etapes_total", "Tentatives d'étapes", ["etape", "statut", "magasin"])
COMPENSATIONS = Counter("saga_compensations_total", "Compensations réussies", ["type_compensation", "magasin"])
APPELS = Counter("services_externes_calls_total", "Appels sortants", ["service", "endpoint", "status_code"])
DUREE_APPELS = Histogram(
    "services_externes_duree_seconds", "Durée des appels sortants", ["service", "endpoint"], buckets=SEAUX_APPEL_S
)
DEMARREES = Counter("saga_started_total", "Sagas started")
TERMINEES = Counter("saga_completed_total", "Sagas completed successfully")
ECHOUEES = Counter("saga_failed_total", "Sagas failed", ["reason", "step"])
DUREE_EXECUTION = Histogram("saga_execution_duration_seconds", "Saga execution time", buckets=SEAUX_SAGA_S)
DUREE_SERVICE = Histogram(
    "external_service_call_duration_seconds", "Outgoing call time", ["service"], buckets=SEAUX_APPEL_S
)

_magasins = {MAGASIN_EN_LIGNE}
_CHOISI = "magasin_mesure"


def _magasin(saga: Saga) -> str:
    magasin: str = saga.donnees["magasin_id"]
    choisi: str = saga.donnees.get(_CHOISI, magasin if magasin == MAGASIN_EN_LIGNE else AUTRE)
    return choisi


def type_de_client(consommateur: str) -> str:
    """The gateway consumer as a bounded label."""
    return consommateur if consommateur in CONSOMMATEURS else AUTRE


class ObservateurPrometheus(Observateur):
    """Counts what the engine reports."""

    def debut(self, saga: Saga) -> None:
        DEMARREES.inc()
        magasin = saga.donnees["magasin_id"]
        if magasin in _magasins and magasin != MAGASIN_EN_LIGNE:
            saga.donnees[_CHOISI] = magasin
        enfant(SAGAS, type_de_client(saga.consommateur), _magasin(saga)).inc()

    def etape(self, saga: Saga, etape: str, sens: Sens, statut: str, duree_s: float) -> None:
        magasin = _magasin(saga)
        if sens == "action":
            enfant(ETAPES, etape, statut, magasin).inc()
        elif statut == "succes":
            enfant(COMPENSATIONS, etape, magasin).inc()

    def fin(self, saga: Saga, conclusion: Conclusion) -> None:
        magasin, duree = _magasin(saga), saga.age_s()
        if conclusion.statut == 201 and len(_magasins) < MAGASINS_MAX:
            _magasins.add(saga.donnees["magasin_id"])
        enfant(DUREE, saga.etat.etat, magasin).observe(duree)
        DUREE_EXECUTION.observe(duree)
        echec = saga.etat.echec
        if echec is None:
            TERMINEES.inc()
        else:
            enfant(ECHECS, echec.genre, echec.etape, magasin).inc()
            enfant(ECHOUEES, echec.genre, echec.etape).inc()


def observer_appel(service: str, endpoint: str, statut: str, duree_s: float) -> None:
    """One attempt of an outgoing call (`socle.http.Observateur`)."""
    enfant(APPELS, service, endpoint, statut).inc()
    enfant(DUREE_APPELS, service, endpoint).observe(duree_s)
    enfant(DUREE_SERVICE, service).observe(duree_s)


class JaugeOutbox(Collector):
    """Read from the database: the same on every replica."""

    def describe(self) -> Iterable[Any]:
        return []

    def collect(self) -> Iterable[Any]:
        with connection.cursor() as curseur:
            arriere = outbox.arriere(curseur)
        attente = GaugeMetricFamily("outbox_backlog", "Événements pas encore publiés", labels=["service"])
        attente.add_metric(["saga"], arriere)
        yield attente


_enregistrees = False


def enregistrer_jauges(retard_s: float) -> None:
    """Put the database's gauges, and every labelled series at zero, on the metrics page. Idempotent.

    `retard_s`: age in seconds from which a saga is stalled.
    """
    global _enregistrees
    if _enregistrees:
        return
    _enregistrees = True
    REGISTRE_BASE.register(
        JaugesSagas(
            table="saga_commandes",
            style="orchestre",
            etats=[etat for etat in TRANSITIONS if etat not in TERMINAUX],
            intervention=INTERVENTION_REQUISE,
            retard_s=retard_s,
        )
    )
    REGISTRE_BASE.register(JaugeOutbox())
    enfant(SAGAS, "magasin-app", MAGASIN_EN_LIGNE)
    enfant(DUREE, "SAGA_TERMINEE", MAGASIN_EN_LIGNE)
    enfant(ECHECS, "technique", "creation_commande", MAGASIN_EN_LIGNE)
    enfant(ECHOUEES, "technique", "creation_commande")
    enfant(COMPENSATIONS, "reservation_stock", MAGASIN_EN_LIGNE)
    enfant(ETAPES, "verification_stock", "succes", MAGASIN_EN_LIGNE)
    for service, endpoint in (("inventaire", "stocks-locaux"), ("catalogue", "produits")):
        enfant(APPELS, service, endpoint, "200")
        enfant(DUREE_APPELS, service, endpoint)
        enfant(DUREE_SERVICE, service)
