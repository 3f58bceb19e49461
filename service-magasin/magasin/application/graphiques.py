"""The geometry of the small charts, in whole units of their drawing, so that templates only draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

_PAS = 30


@dataclass(frozen=True)
class Format:
    """How wide a drawing is, and how much of it its labels and its values take.

    Drawn about as wide on the screen, its words have the size of the page's.
    """

    largeur: int
    etiquette: int
    valeur: int

    @property
    def place(self) -> int:
        """What is left for the longest bar."""
        return self.largeur - self.etiquette - self.valeur


LARGE = Format(largeur=940, etiquette=190, valeur=110)
ETROIT = Format(largeur=300, etiquette=150, valeur=40)


@dataclass(frozen=True)
class Barre:
    """One bar and its words: `y` is its top, `x` its left end."""

    libelle: str
    valeur: Decimal
    x: int
    y: int
    longueur: int

    @property
    def x_valeur(self) -> int:
        """Where the words of its value begin."""
        return self.x + self.longueur + 8

    @property
    def y_texte(self) -> int:
        """The base line of its words."""
        return self.y + 15


@dataclass(frozen=True)
class Histogramme:
    """Horizontal bars, longest for the largest value."""

    barres: tuple[Barre, ...]
    format: Format

    @property
    def hauteur(self) -> int:
        return max(_PAS * len(self.barres) - 8, 1)


def histogramme(valeurs: Sequence[tuple[str, Decimal]], forme: Format = LARGE) -> Histogramme:
    """One bar per (label, value not below zero), in the order given; a zero is a bar of no length."""
    plus_grande = max((valeur for _, valeur in valeurs), default=Decimal(0))

    def longueur(valeur: Decimal) -> int:
        return int(forme.place * valeur / plus_grande) if plus_grande else 0

    barres = (
        Barre(libelle, valeur, forme.etiquette, rang * _PAS, longueur(valeur))
        for rang, (libelle, valeur) in enumerate(valeurs)
    )
    return Histogramme(tuple(barres), forme)
