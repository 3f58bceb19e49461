"""A magasin asks the central stock for units of one product."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from inventaire.domain.erreurs import DemandeDejaTraitee, StatutFige

QUANTITE_MAX = 1_000_000
MOTIF_MAX = 500


class Statut(StrEnum):
    """Pending, then decided for good."""

    EN_ATTENTE = "En attente"
    APPROUVEE = "Approuvée"
    REFUSEE = "Refusée"
    ECHEC_VALIDATION = "Échec validation"


@dataclass(kw_only=True, slots=True)
class Demande:
    """`quantite` units of a product, for a magasin. `workflow_id`: the validation workflow that set the status."""

    id: UUID
    produit_id: UUID
    magasin_id: UUID
    quantite: int
    statut: Statut = Statut.EN_ATTENTE
    motif: str = ""
    workflow_id: UUID | None = None

    def approuver(self) -> None:
        """Raises `DemandeDejaTraitee`."""
        self.exiger_en_attente()
        self.statut = Statut.APPROUVEE

    def rejeter(self, motif: str) -> None:
        """Raises `DemandeDejaTraitee`."""
        self.exiger_en_attente()
        self.statut, self.motif = Statut.REFUSEE, motif

    def exiger_en_attente(self) -> None:
        """Raises `DemandeDejaTraitee`."""
        if self.statut != Statut.EN_ATTENTE:
            raise DemandeDejaTraitee(f"La demande {self.id} n'est plus en attente : {self.statut}.")

    def fixer_statut(self, statut: Statut, motif: str, workflow_id: UUID) -> None:
        """What a validation workflow concluded; moves no stock. Idempotent for one workflow.

        A workflow may still turn its own approval into a failed validation (it undoes its last step), never the
        other way round. Raises `StatutFige` for a status set by somebody else.
        """
        if self.statut != Statut.EN_ATTENTE and self.workflow_id != workflow_id:
            raise StatutFige(f"La demande {self.id} a déjà le statut {self.statut}.")
        if self.statut == statut:
            return
        defait_son_approbation = (self.statut, statut) == (Statut.APPROUVEE, Statut.ECHEC_VALIDATION)
        if self.statut != Statut.EN_ATTENTE and not defait_son_approbation:
            raise StatutFige(f"La demande {self.id} a déjà le statut {self.statut}.")
        self.statut, self.motif, self.workflow_id = statut, motif, workflow_id
