"""The same cart, bought in both styles."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID, uuid5


class Boutique(Protocol):
    """Carts and checkouts. Raises `Refus` and `Indisponible`."""

    def vider_panier(self, client_id: str, *, cle: str) -> Any:
        """An empty cart."""
        ...

    def ajouter_au_panier(self, client_id: str, *, produit_id: str, quantite: int, cle: str) -> Any:
        """A line more."""
        ...

    def commander(self, client_id: str, style: str, demande: dict[str, Any], *, cle: str) -> str:
        """The id of the checkout opened."""
        ...


NOMBRE_MAX = 200
"""Checkouts of one load."""
STYLES = ("choreo", "orchestre")
"""The choreographed one first: it answers at once, so that the two begin nearly together."""


def acheter(boutique: Boutique, client_id: str, style: str, lignes: Sequence[tuple[str, int]], cle: UUID) -> str:
    """Empty the cart, fill it with these (product, quantity) lines, buy it; the checkout's id. Idempotent by `cle`."""
    boutique.vider_panier(client_id, cle=str(uuid5(cle, f"{style}:vider")))
    for produit_id, quantite in lignes:
        boutique.ajouter_au_panier(
            client_id, produit_id=produit_id, quantite=quantite, cle=str(uuid5(cle, f"{style}:{produit_id}"))
        )
    return boutique.commander(client_id, style, {}, cle=str(uuid5(cle, f"{style}:commander")))


def deux_fois(boutique: Boutique, client_id: str, lignes: Sequence[tuple[str, int]], cle: UUID) -> dict[str, str]:
    """The checkout of each style."""
    return {style: acheter(boutique, client_id, style, lignes, cle) for style in STYLES}
