"""A worker is a table of reactions: who reacts to what, and what it brings about."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from socle.evenements.enveloppe import Evenement

Reaction = Callable[[Evenement], Iterable[Evenement]]
ReactionParLot = Callable[[list[Evenement]], None]
Effet = Callable[[Any, Evenement], None]


class AReessayer(Exception):
    """A neighbour cannot answer now: the event stays pending and is tried again, with back-off, for ever."""


class ADifferer(Exception):
    """The event came before what it needs: tried again soon; a dead letter after the table's patience."""


@dataclass(kw_only=True)
class Table:
    """The reactions of one group.

    A reaction makes its remote calls and returns the events it brings about; it may run more than once for one event
    and must therefore call with keys derived from it. `par_lot` receives whole batches instead (all types).
    Types without a reaction are acknowledged at once.
    """

    groupe: str
    reactions: dict[str, Reaction] = field(default_factory=dict)
    par_lot: ReactionParLot | None = None

    def reaction(self, type_: str) -> Callable[[Reaction], Reaction]:
        """Decorator: this function reacts to events of this type."""

        def inscrire(fonction: Reaction) -> Reaction:
            if type_ in self.reactions:
                raise ValueError(f"{self.groupe} already reacts to {type_}")
            self.reactions[type_] = fonction
            return fonction

        return inscrire
