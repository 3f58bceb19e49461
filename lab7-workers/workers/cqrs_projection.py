"""Every event → the event store's projections fold what is new.

They fold by position, so the order does not depend on us. An event is done once it is folded: one that audit has not
stored yet is tried again soon, so that even the last event of a quiet day reaches the read models. One that audit gave
up (a dead letter) has nothing to fold: its redrive stores it, and the next event folds it.
"""

from collections.abc import Callable, Collection
from uuid import UUID

from socle.evenements.enveloppe import Evenement
from socle.evenements.reactions import Table
from workers.contexte import Contexte

GROUPE = "choreo-cqrs"

Lettres = Callable[[Collection[str]], set[str]]
"""Which of these events are dead letters of audit."""


def table(contexte: Contexte, lettres_d_audit: Lettres) -> Table:
    """The one reaction of this worker: whole batches, all types."""

    def avancer(evenements: list[Evenement]) -> set[UUID]:
        absents = contexte.services.avancer_projections([evenement.identifiant for evenement in evenements])
        if absents:
            absents -= lettres_d_audit(absents)
        return {UUID(identifiant) for identifiant in absents}

    return Table(groupe=GROUPE, par_lot=avancer, corps=False)
