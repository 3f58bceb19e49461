"""Every event → the event store's projections fold what is new. They fold by position: order does not depend on us."""

from socle.evenements.enveloppe import Evenement
from socle.evenements.reactions import Table
from workers.contexte import Contexte

GROUPE = "choreo-cqrs"
PROJECTIONS = ("orders-by-client", "checkouts")


def table(contexte: Contexte) -> Table:
    """The one reaction of this worker: whole batches, all types."""

    def avancer(evenements: list[Evenement]) -> None:
        for nom in PROJECTIONS:
            contexte.services.avancer_projection(nom)

    return Table(groupe=GROUPE, par_lot=avancer)
