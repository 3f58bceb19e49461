"""The hash chain outside the database: what archives and backups are verified with.

A link is `sha256(previous hash + canonical event)`; the first of a stream follows the empty hash. The canonical text
is made by the database (`canonique()`), kept as it is in the files, and never made again by this program.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from socle.erreurs import Conflit


class ChaineRompue(Conflit):
    """An event is missing, altered or out of place."""

    error = "Chaîne rompue"
    code = "chaine_rompue"


def maillon(precedente: bytes, canonique: str) -> bytes:
    """The hash of an event after `precedente`."""
    return hashlib.sha256(precedente + canonique.encode()).digest()


@dataclass
class Tete:
    """Where the chain of one stream stands: number of events and last hash."""

    version: int = 0
    empreinte: bytes = b""


@dataclass
class Verificateur:
    """Follows the chains of all streams through the lines of a file; `tetes` are the heads before the first line."""

    tetes: dict[str, Tete] = field(default_factory=dict)
    position: int | None = None

    def suivre(self, canonique: str, empreinte: str) -> int:
        """Verify the next event and return its position. Raises `ChaineRompue` naming the position."""
        try:
            position, stream, version = json.loads(canonique)[:3]
        except ValueError:
            raise ChaineRompue(f"Ligne illisible après la position {self.position}.") from None
        if self.position is not None and position != self.position + 1:
            raise ChaineRompue(f"La position {self.position + 1} est absente.")
        tete = self.tetes.setdefault(stream, Tete())
        attendue = maillon(tete.empreinte, canonique)
        if version != tete.version + 1 or attendue.hex() != empreinte:
            raise ChaineRompue(f"L'événement de la position {position} n'est pas celui qui a été enchaîné.")
        tete.version, tete.empreinte = version, attendue
        self.position = position
        return int(position)

    def verifier_tetes(self, attendues: Mapping[str, Tete]) -> None:
        """Raises `ChaineRompue` unless the chains end exactly at these heads."""
        for stream, tete in attendues.items():
            if self.tetes.get(stream, Tete()) != tete:
                raise ChaineRompue(f"La chaîne du flux {stream} ne finit pas à sa tête enregistrée.")
