"""Refuse a request, with the reason."""

import uuid
from dataclasses import dataclass

from socle.correlation import echeance
from supply_chain.application.ports import Demandes

_ESPACE = uuid.UUID("b4a6c1f2-0d1e-5c62-9a54-7f5c0b8f2d11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejet:
    """The command."""

    demande_id: str
    motif: str
    cle: str = ""
    consommateur: str = ""

    @property
    def cle_voisin(self) -> str:
        """The same for every attempt of one request, so that a lost answer is not taken for somebody else's refusal."""
        graine = f"{self.consommateur}\n{self.cle}\n{self.demande_id}"
        return str(uuid.uuid5(_ESPACE, graine) if self.cle else uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Rejeter:
    """Within `delai_s` seconds, retries included."""

    demandes: Demandes
    delai_s: float

    def __call__(self, rejet: Rejet) -> None:
        """Raises `DemandeInexistante`, `DemandeDejaTraitee`, `CleReutilisee`, `Indisponible`."""
        with echeance(self.delai_s):
            self.demandes.rejeter(rejet.demande_id, rejet.motif, rejet.cle_voisin)
