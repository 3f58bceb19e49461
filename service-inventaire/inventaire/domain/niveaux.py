"""How much is left, in a word (contract, section 3). Units."""

INDISPONIBLE = "Indisponible"
SEUIL_BESOIN = 5
"""At or under it, a magasin needs replenishment."""
_CIBLE = 10
_COMMANDE_MINIMALE = 5


def niveau_central(quantite: int | None) -> str:
    """Level of the central stock; None: the product was never stocked there."""
    if quantite is None:
        return INDISPONIBLE
    if quantite <= 5:
        return "Critique"
    if quantite <= 10:
        return "Bas"
    return "Élevé" if quantite >= 100 else "Normal"


def niveau_local(quantite: int | None) -> str:
    """Level of a magasin's stock; None: the product was never stocked there."""
    if quantite is None:
        return INDISPONIBLE
    if quantite <= 2:
        return "Critique"
    if quantite <= 5:
        return "Bas"
    return "Moyen" if quantite <= 20 else "Haut"


def quantite_suggeree(quantite: int) -> int:
    """Units to order for a product that has `quantite` left: up to ten, and never less than five."""
    return max(_CIBLE - quantite, _COMMANDE_MINIMALE)
