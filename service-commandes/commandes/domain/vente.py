"""The sale."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from socle.erreurs import DonneesInvalides

LIGNES_MAX = 50
QUANTITE_MAX = 10_000
PRIX_MIN, PRIX_MAX = Decimal("0.01"), Decimal("999999.99")
NOM_MAX = 200
MOTIF_MAX = 500


class Statut(StrEnum):
    """Statuts of a sale (contract, section 4)."""

    ACTIVE = "active"
    ANNULEE = "annulee"
    REMBOURSEE = "remboursee"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ligne:
    """One product of a sale, with the name and the price (dollars) it had when it was sold."""

    produit_id: UUID
    produit_nom: str
    quantite: int
    prix_unitaire: Decimal

    def __post_init__(self) -> None:
        if not 1 <= self.quantite <= QUANTITE_MAX:
            raise DonneesInvalides(champs={"quantite": f"un entier de 1 à {QUANTITE_MAX} est attendu"})
        if not PRIX_MIN <= self.prix_unitaire <= PRIX_MAX:
            raise DonneesInvalides(champs={"prix_unitaire": f"un montant de {PRIX_MIN} à {PRIX_MAX} est attendu"})

    @property
    def sous_total(self) -> Decimal:
        """Exact, in dollars."""
        return self.prix_unitaire * self.quantite


@dataclass(frozen=True, kw_only=True, slots=True)
class Vente:
    """A sale to record: one per `reference`, for ever; its stock is held under `reservation_reference`."""

    id: UUID
    reference: UUID
    reservation_reference: UUID
    magasin_id: UUID
    client_id: UUID
    lignes: Sequence[Ligne]

    def __post_init__(self) -> None:
        if not 1 <= len(self.lignes) <= LIGNES_MAX:
            raise DonneesInvalides(champs={"lignes": f"de 1 à {LIGNES_MAX} lignes sont attendues"})

    @property
    def total(self) -> Decimal:
        """Exact, in dollars, delivery excluded."""
        return sum((ligne.sous_total for ligne in self.lignes), Decimal(0))

    @property
    def demande(self) -> dict[str, object]:
        """What a repetition under the same reference must ask again; the identifier is ours to choose."""
        return {
            "magasin_id": self.magasin_id,
            "client_id": self.client_id,
            "reservation_reference": self.reservation_reference,
            "lignes": [
                [ligne.produit_id, ligne.produit_nom, ligne.quantite, str(ligne.prix_unitaire)] for ligne in self.lignes
            ],
        }
