"""A sale of one product under way: a saga of two steps (take the stock, show the sale), decided before any effect."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from commandes.domain.vente import Ligne, Vente


class Etat(StrEnum):
    """EN_SUSPENS until its only transition to one of the others; A_LIBERER ends in ABANDONNEE."""

    EN_SUSPENS = "EN_SUSPENS"
    TERMINEE = "TERMINEE"
    REFUSEE = "REFUSEE"
    A_LIBERER = "A_LIBERER"
    ABANDONNEE = "ABANDONNEE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Demande:
    """What the caller asks: some units of one product, at the price of the moment."""

    magasin_id: UUID
    client_id: UUID
    produit_id: UUID
    quantite: int

    @property
    def empreinte(self) -> str:
        """Equal for equal requests."""
        return f"{self.magasin_id} {self.client_id} {self.produit_id} {self.quantite}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fiche:
    """Name and price (dollars) of the product, frozen when the sale was decided."""

    nom: str
    prix: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Intention:
    """`vente_id` is the identifier of the sale, its reference, and the reference of its reservation.

    `refus` is the refusal that ended it (JSON text), given again to the same key.
    """

    vente_id: UUID
    demande: Demande
    fiche: Fiche | None
    etat: Etat = Etat.EN_SUSPENS
    refus: str | None = None

    def vente(self) -> Vente:
        """The sale to show once the stock is taken. Raises `ValueError` for a product that was never read."""
        if self.fiche is None:
            raise ValueError(f"l'intention {self.vente_id} n'a ni nom ni prix")
        ligne = Ligne(
            produit_id=self.demande.produit_id,
            produit_nom=self.fiche.nom,
            quantite=self.demande.quantite,
            prix_unitaire=self.fiche.prix,
        )
        return Vente(
            id=self.vente_id,
            reference=self.vente_id,
            reservation_reference=self.vente_id,
            magasin_id=self.demande.magasin_id,
            client_id=self.demande.client_id,
            lignes=(ligne,),
        )
