"""The pending requests, with what their quantities mean."""

from dataclasses import dataclass

from socle.correlation import echeance
from supply_chain.application.ports import Demandes, Page
from supply_chain.domain.demande import est_critique, est_importante, formater


@dataclass(frozen=True, slots=True)
class Lister:
    """Within `delai_s` seconds, retries included."""

    demandes: Demandes
    delai_s: float

    def __call__(self, *, page: int, taille: int) -> Page:
        """One page, oldest first. Raises `Indisponible`."""
        with echeance(self.delai_s):
            lues, total = self.demandes.en_attente(page=page, taille=taille)
        return Page(
            [
                {
                    **demande,
                    "est_quantite_importante": est_importante(demande["quantite"]),
                    "est_quantite_critique": est_critique(demande["quantite"]),
                    "quantite_formatee": formater(demande["quantite"]),
                }
                for demande in lues
            ],
            total,
        )
