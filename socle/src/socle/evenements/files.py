"""What a member of a group holds: one queue per key, in stream order."""

import time
from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import chain, takewhile

from socle.evenements.bus import Entree
from socle.evenements.enveloppe import Evenement


@dataclass(eq=False, kw_only=True)
class Travail:
    """One event on its way. `entree` is None for a redriven dead letter, which is no longer in the stream.

    `tentatives`: how often this member has tried it, waiting for a neighbour included; `echecs`: how often it failed.

    `morts`: how often a member may have died of it. `herite`: a member left it behind; its next attempt is counted in
    Redis before it begins. `prochain`: when it may be tried (again), monotonic seconds.
    """

    entree: Entree | None
    evenement: Evenement
    champs: dict[str, str]
    morts: int = 0
    herite: bool = False
    echecs: int = 0
    tentatives: int = 0
    premier_essai: float | None = None
    prochain: float = 0.0

    @property
    def cle(self) -> str:
        """What orders it."""
        return self.evenement.cle

    @property
    def rang(self) -> Entree:
        """Its place in stream order; a dead letter stands before everything."""
        return self.entree or Entree(0, 0)

    @property
    def suspect(self) -> bool:
        """A member died of it, perhaps: nothing else may be under way while it is tried."""
        return self.morts > 0

    def mortel(self, essais_max: int) -> bool:
        """Members have died of it `essais_max` times: enough."""
        return self.suspect and self.morts + 1 >= essais_max


class Files:
    """The queues. Not thread-safe: they belong to the consumer's loop."""

    def __init__(self) -> None:
        self._par_cle: dict[str, list[Travail]] = {}
        self._entrees: set[Entree] = set()
        self._nombre = 0

    def __len__(self) -> int:
        return self._nombre

    def __iter__(self) -> Iterator[Travail]:
        return chain.from_iterable(self._par_cle.values())

    def __contains__(self, entree: object) -> bool:
        return entree in self._entrees

    def ajouter(self, travail: Travail) -> None:
        """Put it in its key's queue, at its place in stream order."""
        file = self._par_cle.setdefault(travail.cle, [])
        place = len(file)
        while place and file[place - 1].rang > travail.rang:
            place -= 1
        file.insert(place, travail)
        self._nombre += 1
        if travail.entree is not None:
            self._entrees.add(travail.entree)

    def retirer(self, travail: Travail) -> None:
        """It is done with."""
        file = self._par_cle[travail.cle]
        file.remove(travail)
        if not file:
            del self._par_cle[travail.cle]
        self._nombre -= 1
        if travail.entree is not None:
            self._entrees.discard(travail.entree)

    def de(self, cle: str) -> list[Travail]:
        """What is queued under this key, in order."""
        return list(self._par_cle.get(cle, ()))

    def ceder(self, travail: Travail) -> None:
        """Let the others of its key go first: one of them may be what this one waits for."""
        file = self._par_cle[travail.cle]
        file.remove(travail)
        file.append(travail)

    def vider(self) -> None:
        """Forget everything."""
        self._par_cle.clear()
        self._entrees.clear()
        self._nombre = 0

    def tetes(self, sauf: Container[str]) -> list[Travail]:
        """The first of each key that may be tried now, except of keys already under way."""
        maintenant = time.monotonic()
        return [f[0] for cle, f in self._par_cle.items() if f[0].prochain <= maintenant and cle not in sauf]

    def pret(self, sauf: Container[str]) -> bool:
        """Whether `tetes` has anything."""
        maintenant = time.monotonic()
        return any(f[0].prochain <= maintenant and cle not in sauf for cle, f in self._par_cle.items())

    def pretes(self) -> list[Travail]:
        """Everything that may be tried now, in stream order; nothing behind what must wait in its key."""
        maintenant = time.monotonic()
        prets = (takewhile(lambda t: t.prochain <= maintenant, file) for file in self._par_cle.values())
        return sorted(chain.from_iterable(prets), key=lambda travail: travail.rang)

    def attente(self, defaut_s: float) -> float:
        """Seconds until the first retry is due, at most `defaut_s`."""
        prochain = min((file[0].prochain for file in self._par_cle.values()), default=None)
        return defaut_s if prochain is None else min(defaut_s, max(0.001, prochain - time.monotonic()))
