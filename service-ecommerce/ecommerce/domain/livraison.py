"""What delivery costs (contract, section 6)."""

from decimal import Decimal

SEUIL_GRATUIT = Decimal("100.00")
FRAIS_EXPRESS = Decimal("15.00")
FRAIS_STANDARD = Decimal("7.50")


def frais_livraison(sous_total: Decimal, *, express: bool) -> Decimal:
    """Free from 100 dollars, express or not; else 15.00 for express and 7.50 otherwise."""
    if sous_total >= SEUIL_GRATUIT:
        return Decimal("0.00")
    return FRAIS_EXPRESS if express else FRAIS_STANDARD
