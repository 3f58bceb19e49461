"""Every event → the event store, in batches, as it is. The store reads the payloads, and is idempotent by event id.

An event that came before its cause waits for it (F35): what one emitter published before the bus was lost may come
again after what another one, who had seen the effect itself, published since. The cause is in somebody's outbox, so it
does come; an event whose cause nobody ever wrote is stored all the same once it has waited long enough. How old it is
says nothing: after a loss of the bus, what is published again was all written some time ago.
"""

from collections.abc import Iterator
from uuid import UUID

from socle import jsons
from socle.evenements.enveloppe import Evenement
from socle.evenements.flux import FLUX
from socle.evenements.reactions import Table
from workers.contexte import Contexte

GROUPE = "choreo-audit"
ENVOI_MAX = 400_000
"""Bytes of one request, well under the gateway's limit of a megabyte."""
PATIENCE_S = 30.0
"""How long an event waits for its cause, from the first time that this process was told it is missing."""


def table(contexte: Contexte) -> Table:
    """The one reaction of this worker: whole batches, all types, as they are."""

    depuis: dict[str, float] = {}

    def consigner(evenements: list[Evenement]) -> set[UUID]:
        maintenant = contexte.heure.epoque()
        attendus: set[str] = set()
        for envoi in _envois(evenements):
            orphelins = contexte.services.consigner(FLUX, envoi, causes_d_abord=True)
            las = {i for i in orphelins if maintenant - depuis.setdefault(i, maintenant) >= PATIENCE_S}
            if seuls := [champs for champs in envoi if champs["id"] in las]:
                contexte.services.consigner(FLUX, seuls, causes_d_abord=False)
            attendus |= orphelins - las
        for identifiant in {evenement.identifiant for evenement in evenements} - attendus:
            depuis.pop(identifiant, None)
        return {UUID(identifiant) for identifiant in attendus}

    return Table(groupe=GROUPE, par_lot=consigner, corps=False)


def _envois(evenements: list[Evenement]) -> Iterator[list[dict[str, str]]]:
    """The events in order, in as few requests as fit."""
    envoi: list[dict[str, str]] = []
    taille = 0
    for evenement in evenements:
        champs = evenement.champs()
        octets = len(jsons.ecrire(champs))
        if envoi and taille + octets > ENVOI_MAX:
            yield envoi
            envoi, taille = [], 0
        envoi.append(champs)
        taille += octets
    yield envoi
