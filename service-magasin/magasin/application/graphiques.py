"""The geometry of the small charts: whole numbers in a drawing 600 units wide, so that templates only draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

LARGEUR = 600
_ETIQUETTE = 170
_VALEUR = 90
_PAS = 30


@dataclass(frozen=True)
class Barre:
    """One bar and its words; `y` is its top, `longueur` and `y` in units of the drawing."""

    libelle: str
    valeur: Decimal
    y: int
    longueur: int

    @property
    def x_valeur(self) -> int:
        """Where the words of its value begin."""
        return _ETIQUETTE + self.longueur + 8

    @property
    def y_texte(self) -> int:
        """The base line of its words."""
        return self.y + 14


@dataclass(frozen=True)
class Histogramme:
    """Horizontal bars, longest for the largest value."""

    barres: tuple[Barre, ...]

    @property
    def hauteur(self) -> int:
        return max(_PAS * len(self.barres) - 8, 1)

    @property
    def x(self) -> int:
        """Where bars begin."""
        return _ETIQUETTE


def histogramme(valeurs: Sequence[tuple[str, Decimal]]) -> Histogramme:
    """One bar per (label, value not below zero), in the order given; a zero is a bar of no length."""
    plus_grande = max((valeur for _, valeur in valeurs), default=Decimal(0))
    place = LARGEUR - _ETIQUETTE - _VALEUR
    return Histogramme(
        tuple(
            Barre(libelle, valeur, rang * _PAS, int(place * valeur / plus_grande) if plus_grande else 0)
            for rang, (libelle, valeur) in enumerate(valeurs)
        )
    )
