"""The cart a saga carries: lines, what they lack, what they cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

MAGASIN_EN_LIGNE = "550e8400-e29b-41d4-a716-446655440000"
LIGNES_MAX = 50
QUANTITE_MAX = 10_000

STOCK_INSUFFISANT = "stock_insuffisant"


class CommandeImpossible(Exception):
    """A business rule refuses the cart; `code` is stable."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message, self.code = message, code


@dataclass(frozen=True, slots=True)
class Ligne:
    """One line as asked for. Two lines may name the same product: they stay two lines of the sale."""

    produit_id: str
    quantite: int


@dataclass(frozen=True, slots=True)
class LigneTarifee:
    """One line with the name and unit price frozen when the saga read the catalogue."""

    produit_id: str
    quantite: int
    produit_nom: str
    prix_unitaire: Decimal


@dataclass(frozen=True, slots=True)
class Fiche:
    """What the catalogue says of a product now."""

    nom: str
    prix: Decimal
    actif: bool


def quantites_par_produit(lignes: Iterable[Ligne]) -> dict[str, int]:
    """Units asked for per product: duplicates are summed before they are compared with the stock (F10)."""
    totaux: dict[str, int] = {}
    for ligne in lignes:
        totaux[ligne.produit_id] = totaux.get(ligne.produit_id, 0) + ligne.quantite
    return totaux


def exiger_stock(lignes: Iterable[Ligne], disponible: Mapping[str, int]) -> None:
    """Raises `CommandeImpossible` (`stock_insuffisant`) naming each product, what is available and what was asked."""
    manques = [
        f"produit {produit} : {disponible.get(produit, 0)} disponible(s), {demande} demandé(s)"
        for produit, demande in quantites_par_produit(lignes).items()
        if disponible.get(produit, 0) < demande
    ]
    if manques:
        raise CommandeImpossible(f"Stock insuffisant : {' ; '.join(manques)}.", STOCK_INSUFFISANT)


def tarifer(lignes: Iterable[Ligne], fiches: Mapping[str, Fiche]) -> list[LigneTarifee]:
    """The lines at today's prices. Raises `CommandeImpossible` for an unknown, archived or unpriced product."""
    tarifees = []
    for ligne in lignes:
        fiche = fiches.get(ligne.produit_id)
        if fiche is None:
            raise CommandeImpossible(f"Produit introuvable : {ligne.produit_id}.", "produit_introuvable")
        if not fiche.actif:
            raise CommandeImpossible(f"Produit archivé : {fiche.nom}.", "produit_archive")
        if fiche.prix <= 0:
            raise CommandeImpossible(f"Produit sans prix : {fiche.nom}.", "produit_sans_prix")
        tarifees.append(LigneTarifee(ligne.produit_id, ligne.quantite, fiche.nom, fiche.prix))
    return tarifees


def total(lignes: Sequence[LigneTarifee]) -> Decimal:
    """Exact sum of the lines, delivery excluded."""
    return sum((ligne.prix_unitaire * ligne.quantite for ligne in lignes), Decimal("0.00"))
