"""Read sales and magasins."""

from dataclasses import dataclass
from uuid import UUID

from commandes.application.ports import Filtre, Lectures, MagasinLu, VenteLue
from commandes.domain.erreurs import VenteIntrouvable


@dataclass(frozen=True, slots=True)
class Consulter:
    lectures: Lectures

    def magasins(self) -> list[MagasinLu]:
        """All of them, by name."""
        return self.lectures.magasins()

    def vente(self, vente_id: UUID) -> VenteLue:
        """Cancelled or not. Raises `VenteIntrouvable`."""
        if vente := self.lectures.vente(vente_id):
            return vente
        raise VenteIntrouvable(f"Aucune vente n'a l'identifiant {vente_id}.")

    def par_reference(self, reference: UUID) -> VenteLue:
        """Cancelled or not. Raises `VenteIntrouvable`."""
        if vente := self.lectures.par_reference(reference):
            return vente
        raise VenteIntrouvable(f"Aucune vente n'a la référence {reference}.")

    def ventes(self, filtre: Filtre, *, debut: int, taille: int) -> tuple[list[VenteLue], int]:
        """One page, the most recent first, and the number of sales in all."""
        return self.lectures.ventes(filtre, debut=debut, taille=taille)
