"""Read products."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from catalogue.application.ports import ChangementPrix, Fiche, Lectures
from catalogue.domain.criteres import Criteres
from catalogue.domain.erreurs import ProduitIntrouvable


@dataclass(frozen=True, slots=True)
class Consulter:
    lectures: Lectures

    def un(self, produit_id: UUID) -> Fiche:
        """Archived or not. Raises `ProduitIntrouvable`."""
        if fiches := self.lectures.par_ids([str(produit_id)]):
            return fiches[0]
        raise ProduitIntrouvable(f"Aucun produit n'a l'identifiant {produit_id}.")

    def plusieurs(self, ids: Sequence[str]) -> tuple[list[Fiche], list[str]]:
        """The known products and the unknown identifiers, each once, in the order asked; one SQL statement."""
        demandes = list(dict.fromkeys(ids))
        trouves = {str(fiche.id): fiche for fiche in self.lectures.par_ids(demandes)}
        return (
            [trouves[cle] for cle in demandes if cle in trouves],
            [cle for cle in demandes if cle not in trouves],
        )

    def historique_prix(self, produit_id: UUID) -> tuple[Fiche, list[ChangementPrix]]:
        """The product and its former prices. Raises `ProduitIntrouvable`."""
        return self.un(produit_id), self.lectures.historique_prix(produit_id)

    def rechercher(self, criteres: Criteres, *, debut: int, taille: int) -> tuple[list[Fiche], int]:
        """One page of what matches, premium first when a name is sought, and the number of matches in all."""
        return self.lectures.rechercher(criteres, debut=debut, taille=taille)
