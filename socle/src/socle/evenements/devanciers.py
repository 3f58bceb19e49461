"""Order per key across the members of one group.

Redis hands the entries of a group to whichever member asks, so two events of one key may lie with two members.
Guarantee: a member begins an event only when no earlier one of its key is pending with another member. Entries are
acknowledged after the commit of their effect, so what is no longer pending has taken effect (or is a dead letter,
which the caller asks for afterwards).

Alone in its group, a member pays one XPENDING summary per batch. Entries of a dead member hold back their own keys
until they are taken over.
"""

from collections.abc import Collection

from socle.evenements.bus import Bus, Entree
from socle.evenements.enveloppe import EvenementIllisible, lire
from socle.evenements.files import Travail


class Devanciers:
    """What lies before our events with the other members of `groupe`."""

    def __init__(self, bus: Bus, groupe: str, nom: str) -> None:
        self._bus, self._groupe, self._nom = bus, groupe, nom
        self._cles: dict[Entree, str | None] = {}

    def qui_attendent(self, travaux: Collection[Travail]) -> set[Travail]:
        """Those of `travaux` that must wait. All of them have been delivered to us."""
        entrees = [travail.entree for travail in travaux if travail.entree is not None]
        if not entrees:
            return set()
        autres = self._bus.chez_d_autres(self._groupe, self._nom, jusqu_a=max(entrees))
        self._apprendre(autres)
        premieres: dict[str, Entree] = {}
        for entree in sorted(autres, reverse=True):
            cle = self._cles.get(entree)
            if cle is not None:
                premieres[cle] = entree
        return {t for t in travaux if t.cle in premieres and premieres[t.cle] < t.rang}

    def _apprendre(self, entrees: Collection[Entree]) -> None:
        """Keep the key of each of these entries, and of no other."""
        connues = {entree: self._cles[entree] for entree in entrees if entree in self._cles}
        for entree, champs in self._bus.relire([e for e in entrees if e not in connues]).items():
            try:
                connues[entree] = lire(champs, corps=False).cle
            except EvenementIllisible:
                connues[entree] = None
        self._cles = connues
