"""What any program does with events, counted (contract, section 10). Labels are bounded.

1. An entry is counted as published by the program that appended it, where it appends it: once per XADD, whichever of
   the consumer, the relay and the sweep of another program's leftovers does it.
2. An event is counted as consumed by the group in which it took effect: once per inbox row.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

import psycopg2
from prometheus_client import Counter, Histogram

from socle import traces
from socle.evenements.bus import Bus, Entree
from socle.evenements.enveloppe import Evenement
from socle.evenements.flux import type_borne
from socle.evenements.lettres_mortes import LettreMorte
from socle.metriques import enfant

journal = logging.getLogger("socle.evenements.compteurs")

_SEAUX_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

PUBLIES = Counter("events_published_total", "Événements publiés", ["topic", "type"])
CONSOMMES = Counter("events_consumed_total", "Événements ayant pris effet", ["topic", "type", "consumer"])
LATENCE = Histogram("event_latency_seconds", "De l'émission à l'effet", ["topic", "type"], buckets=_SEAUX_S)
MORTES = Counter("dead_letters_total", "Lettres mortes", ["group", "type"])


class BusCompte(Bus):
    """Counts what it really publishes."""

    def publier(self, lot: Sequence[Mapping[str, str]]) -> list[Entree]:
        entrees = super().publier(lot)
        self._compter(lot)
        return entrees

    def publier_et_acquitter(
        self, lot: Sequence[Mapping[str, str]], groupe: str, entrees: Sequence[Entree | str]
    ) -> list[Entree]:
        publiees = super().publier_et_acquitter(lot, groupe, entrees)
        self._compter(lot)
        return publiees

    def _compter(self, lot: Sequence[Mapping[str, str]]) -> None:
        for champs in lot:
            enfant(PUBLIES, self.flux, type_borne(champs["type"])).inc()
            suivi = (champs.get("traceparent", ""), champs.get("correlation_id", ""))
            traces.relater("publication", "PRODUCER", [suivi], type=type_borne(champs["type"]))


class Compteurs:
    """Counts what the consumer of `groupe` does (`socle.evenements.consommateur.Observateur`).

    `heure`: the database's clock, in epoch seconds, by which latencies are measured; without it none is.
    """

    def __init__(self, flux: str, groupe: str, *, heure: Callable[[], float] | None = None) -> None:
        self._flux, self._groupe, self._heure = flux, groupe, heure

    def consomme(self, evenement: Evenement) -> None:
        """An event took effect; its latency runs from its emission."""
        type_ = type_borne(evenement.type)
        enfant(CONSOMMES, self._flux, type_, self._groupe).inc()
        if self._heure is None:
            return
        try:
            enfant(LATENCE, self._flux, type_).observe(max(0.0, self._heure() - evenement.ts))
        except psycopg2.Error:
            journal.warning("la latence de %s n'est pas mesurée : la base ne donne pas l'heure", type_)

    def publie(self, evenement: Evenement) -> None:
        """The bus has counted it."""

    def lettre_morte(self, lettre: LettreMorte) -> None:
        """An event could not be processed."""
        enfant(MORTES, lettre.groupe, type_borne(lettre.type)).inc()
