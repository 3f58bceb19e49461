"""Conclude what requests left half done: sales given up, cancellations begun."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from commandes.application.annuler import AnnulerVente
from commandes.application.ports import Annulations, Intentions, Inventaire
from socle.correlation import contexte, echeance, nouvelle_correlation
from socle.erreurs import Indisponible

journal = logging.getLogger("commandes.reprise")
LOT = 20


@dataclass(frozen=True, slots=True)
class Reprendre:
    """Safe to run in any number of processes: work is claimed, and each piece is idempotent."""

    intentions: Intentions
    annulations: Annulations
    inventaire: Inventaire
    annuler: AnnulerVente
    delai_s: float

    def __call__(self) -> bool:
        """One turn; returns whether there is more to do at once. What a neighbour refuses comes again, later."""
        abandonnees = self.intentions.reclamer_abandonnees(LOT)
        for vente_id in abandonnees:
            self._essayer(lambda vente_id=vente_id: self._rendre(vente_id))
        annulations = self.annulations.reclamer(LOT)
        for vente_id, reservation in annulations:
            self._essayer(lambda v=vente_id, r=reservation: self.annuler.achever(v, r))
        return LOT in (len(abandonnees), len(annulations))

    def _rendre(self, vente_id: UUID) -> None:
        self.inventaire.liberer(vente_id)
        self.intentions.liberee(vente_id)

    def _essayer(self, travail: Callable[[], object]) -> None:
        with contexte(nouvelle_correlation()), echeance(self.delai_s):
            try:
                travail()
            except Indisponible as erreur:
                journal.warning("reprise remise à plus tard : %s", erreur)
