"""Outcomes on their way to the stream: outbox rows in the saga's terminal write, and the relay that publishes them."""

import threading
from collections.abc import Sequence

from socle import jsons
from socle.django.base import acces
from socle.evenements.base import Base
from socle.evenements.bus import ouvrir
from socle.evenements.compteurs import BusCompte
from socle.evenements.enveloppe import Evenement
from socle.evenements.flux import FLUX, GROUPES
from socle.evenements.outbox import Relais
from socle.saga.depot import Fragment

# No NOTIFY: it would queue the commits of all sagas one behind the other. The relay looks often enough instead.
_DEPOSER = (
    "INSERT INTO outbox (event_id, flux, cle, champs) SELECT v.event_id, v.flux, v.cle, v.champs FROM s, "
    "jsonb_to_recordset(%s::jsonb) AS v(rang int, event_id uuid, flux text, cle text, champs text) "
    "ORDER BY v.rang ON CONFLICT (event_id) DO NOTHING"
)
_INTERVALLE_S = 0.25


def deposer(evenements: Sequence[Evenement]) -> Fragment:
    """Write these events to the outbox, in this order, with the row of the saga. Idempotent by event id."""
    rangees = [
        {
            "rang": rang,
            "event_id": evenement.id,
            "flux": FLUX,
            "cle": evenement.cle,
            "champs": jsons.ecrire(evenement.champs()).decode(),
        }
        for rang, evenement in enumerate(evenements)
    ]
    return Fragment(_DEPOSER, [jsons.ecrire(rangees).decode()])


class Publication:
    """The relay of this service's outbox. Any number of them may run, in any replica."""

    def __init__(self, redis_url: str, instance: str) -> None:
        self._redis_url, self._instance = redis_url, instance

    def relayer(self, arret: threading.Event) -> None:
        """Publish until `arret` is set; outlives PostgreSQL and Redis."""
        client = ouvrir(self._redis_url)
        base = Base(nom=f"{self._instance}-relais", **acces())
        try:
            Relais(base, BusCompte(client, FLUX), groupes=GROUPES).tourner(arret, intervalle_s=_INTERVALLE_S)
        finally:
            base.fermer()
            client.close()
