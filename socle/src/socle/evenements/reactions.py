"""A worker is a table of reactions: who reacts to what, and what it brings about."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from socle.evenements.enveloppe import Evenement

Reaction = Callable[[Evenement], Iterable[Evenement]]
ReactionParLot = Callable[[list[Evenement]], Mapping[UUID, Exception] | Collection[UUID] | None]


class AReessayer(Exception):
    """A neighbour cannot answer now: the event stays pending and is tried again, with back-off, for ever.

    `socle.erreurs.Indisponible` (so a call of `socle.http` that failed) and a lost database or Redis mean the same.
    """


class ADifferer(Exception):
    """The event came before what it needs: the others of its key go first, and it is tried again soon.

    A dead letter when the group's patience ends.
    """


def _tout(champs: Mapping[str, str]) -> bool:
    return True


def _tel_quel(evenement: Evenement) -> Evenement:
    return evenement


@dataclass(kw_only=True)
class Table:
    """The reactions of one group.

    A reaction makes its remote calls and returns the events it brings about; it may run more than once for one event
    and must therefore call with keys derived from it. Types without a reaction are acknowledged at once.

    `par_lot` receives whole batches instead, of all types, in stream order; it may return the ids that it could not
    take yet (tried again soon), or by id what those that did not succeed failed of, as if raised for that one alone.
    Without `corps` it gets events whose payload nobody has read yet.

    `filtre` looks at the fields of an entry: one that is not the group's business is acknowledged at once, unread.

    `relever` brings an event of an older schema version to the present one (F38); what it raises is the cause of a
    dead letter. `par_lot` gets events as they are.
    """

    groupe: str
    reactions: dict[str, Reaction] = field(default_factory=dict)
    par_lot: ReactionParLot | None = None
    corps: bool = True
    filtre: Callable[[Mapping[str, str]], bool] = _tout
    relever: Callable[[Evenement], Evenement] = _tel_quel

    def reaction(self, type_: str) -> Callable[[Reaction], Reaction]:
        """Decorator: this function reacts to events of this type."""

        def inscrire(fonction: Reaction) -> Reaction:
            if type_ in self.reactions:
                raise ValueError(f"{self.groupe} already reacts to {type_}")
            self.reactions[type_] = fonction
            return fonction

        return inscrire

    def concerne(self, champs: Mapping[str, str]) -> bool:
        """Whether the entry of these fields is this group's business; one without a type is, to be refused."""
        if "type" not in champs:
            return True
        return (self.par_lot is not None or champs["type"] in self.reactions) and self.filtre(champs)

    def reagir(self, evenement: Evenement) -> list[Evenement]:
        """What the event brings about; nothing for a type that no longer has a reaction."""
        reaction = self.reactions.get(evenement.type)
        return list(reaction(self.relever(evenement))) if reaction is not None else []
