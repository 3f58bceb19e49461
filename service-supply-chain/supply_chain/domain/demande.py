"""A replenishment request, as inventaire tells it."""

from dataclasses import dataclass

from supply_chain.domain.erreurs import DemandeDejaTraitee

EN_ATTENTE = "En attente"
APPROUVEE = "Approuvée"
REFUSEE = "Refusée"
ECHEC_VALIDATION = "Échec validation"

MOTIF_MIN, MOTIF_MAX = 5, 500
_IMPORTANTE, _CRITIQUE = 100, 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Demande:
    """`quantite` units of a product, for a magasin."""

    id: str
    produit_id: str
    magasin_id: str
    quantite: int
    statut: str
    nom_produit: str
    nom_magasin: str

    def exiger_en_attente(self) -> None:
        """Raises `DemandeDejaTraitee`."""
        if self.statut != EN_ATTENTE:
            raise DemandeDejaTraitee(f"La demande {self.id} n'est plus en attente : {self.statut}.")


def est_importante(quantite: int) -> bool:
    """More than 100 units (contract, section 5)."""
    return quantite > _IMPORTANTE


def est_critique(quantite: int) -> bool:
    """More than 1000 units (contract, section 5)."""
    return quantite > _CRITIQUE


def formater(quantite: int) -> str:
    """`1 500 unités`, with a no-break space between thousands."""
    return f"{quantite:,} unité{'s' if quantite > 1 else ''}".replace(",", "\N{NO-BREAK SPACE}")


def motif_parle(motif: str) -> bool:
    """Whether a reason says something: at least one letter."""
    return any(caractere.isalpha() for caractere in motif)
