"""The stream of checkout events as this service uses it: outbox, relay, consumer of its own group."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.db import connection

from socle.django.base import acces, fermer_les_coupees
from socle.evenements import outbox
from socle.evenements.base import Base
from socle.evenements.bus import ouvrir
from socle.evenements.compteurs import BusCompte, Compteurs
from socle.evenements.consommateur import Consommateur, Reglages
from socle.evenements.enveloppe import Evenement
from socle.evenements.flux import FLUX, GROUPES, SUIVI
from socle.evenements.outbox import Relais
from socle.evenements.reactions import Reaction, Table

_CADENCE_DU_RELAIS_S = 0.01
_CADENCE_VAINE_S = 0.2
"""Between two reads of the stream while only orchestrated checkouts go by."""
_EN_VOL = 4
"""Checkouts concluded at once; each holds a database connection."""


class PublicationsPostgres:
    """The `Publications` port: rows of the current transaction, whose commit wakes the relay."""

    def deposer(self, evenements: Sequence[Evenement]) -> None:
        if evenements:
            with connection.cursor() as curseur:
                outbox.deposer(curseur, FLUX, evenements)


class Flux:
    """The relay and the consumer of one program; `instance` is the member's name in its group."""

    def __init__(self, redis_url: str, instance: str) -> None:
        self._instance = instance
        self.bus = BusCompte(ouvrir(redis_url), FLUX)

    def relayer(self, arret: threading.Event) -> None:
        """Publish this service's outbox until `arret` is set; outlives PostgreSQL and Redis."""
        Relais(self.base("relais"), self.bus, groupes=GROUPES, cadence_s=_CADENCE_DU_RELAIS_S).tourner(arret)

    def consommateur(
        self, reactions: Mapping[str, Reaction], *, filtre: Callable[[Mapping[str, str]], bool], cadence_s: float
    ) -> Consommateur:
        """The member of `choreo-suivi` that runs these reactions, by event type, on the entries that pass `filtre`.

        `cadence_s`: see `Reglages`.
        """
        gardees = {type_: _hors_requete(reaction) for type_, reaction in reactions.items()}
        return Consommateur(
            Table(groupe=SUIVI, reactions=gardees, filtre=filtre),
            base=self.base("flux"),
            bus=self.bus,
            nom=self._instance,
            reglages=Reglages(en_vol=_EN_VOL, cadence_s=cadence_s, cadence_vaine_s=_CADENCE_VAINE_S),
            observateur=Compteurs(FLUX, SUIVI),
        )

    def base(self, role: str) -> Base:
        """A connection of its own to our database; `role` tells it apart in PostgreSQL's list of sessions."""
        return Base(nom=f"{self._instance}-{role}", **acces())


def _hors_requete(reaction: Reaction) -> Reaction:
    """No request begins here: Django's connection of the thread is looked after before each event."""

    def reagir(evenement: Evenement) -> Iterable[Evenement]:
        fermer_les_coupees()
        return reaction(evenement)

    return reagir
