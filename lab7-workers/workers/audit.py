"""Every event → the event store, in batches, as it is. The store reads the payloads, and is idempotent by event id."""

from collections.abc import Iterator

from socle import jsons
from socle.evenements.enveloppe import Evenement
from socle.evenements.reactions import Table
from workers.config import FLUX
from workers.contexte import Contexte

GROUPE = "choreo-audit"
ENVOI_MAX = 400_000
"""Bytes of one request, well under the gateway's limit of a megabyte."""


def table(contexte: Contexte) -> Table:
    """The one reaction of this worker: whole batches, all types, as they are."""

    def consigner(evenements: list[Evenement]) -> None:
        for envoi in _envois(evenements):
            contexte.services.consigner(FLUX, envoi)

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
