"""Shapes of JSON answers, written as values: `{"total": int, "produits": [{"id": UUID, "prix": ARGENT}]}`.

A shape is a type, a literal, a predicate, a dict (members that must be there; others may be), a one-element list (the
shape of every element), or `ou_rien(shape)`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

Predicat = Callable[[Any], bool]


def UUID(valeur: Any) -> bool:
    """A canonical UUID."""
    return isinstance(valeur, str) and str(uuid.UUID(valeur)) == valeur


def DATE(valeur: Any) -> bool:
    """ISO 8601 with an offset."""
    return isinstance(valeur, str) and datetime.fromisoformat(valeur).utcoffset() is not None


def ARGENT(valeur: Any) -> bool:
    """A JSON number with two decimals at most."""
    return type(valeur) in (int, Decimal) and Decimal(valeur) == Decimal(valeur).quantize(Decimal("0.01"))


def NOMBRE(valeur: Any) -> bool:
    """Any JSON number."""
    return type(valeur) in (int, Decimal)


def NON_VIDE(valeur: Any) -> bool:
    """A text or list that says something."""
    return isinstance(valeur, str | list) and len(valeur) > 0


def ou_rien(forme: Any) -> Predicat:
    """The shape, or null."""

    def verifier(valeur: Any) -> bool:
        if valeur is not None:
            exiger_forme(valeur, forme)
        return True

    return verifier


def texte(motif: str) -> Predicat:
    """A text in which the pattern is found, whatever the case."""
    return lambda valeur: isinstance(valeur, str) and re.search(motif, valeur, re.IGNORECASE) is not None


def exiger_forme(valeur: Any, forme: Any, chemin: str = "corps") -> None:
    """`AssertionError` naming the member that differs from its shape."""
    if isinstance(forme, dict):
        assert isinstance(valeur, dict), f"{chemin} : objet attendu, pas {valeur!r}"
        for nom, sous_forme in forme.items():
            assert nom in valeur, f"{chemin}.{nom} manque : {sorted(valeur)}"
            exiger_forme(valeur[nom], sous_forme, f"{chemin}.{nom}")
    elif isinstance(forme, list):
        assert isinstance(valeur, list), f"{chemin} : liste attendue, pas {valeur!r}"
        for rang, element in enumerate(valeur):
            exiger_forme(element, forme[0], f"{chemin}[{rang}]")
    elif isinstance(forme, type):
        assert type(valeur) is forme, f"{chemin} : {forme.__name__} attendu, pas {valeur!r}"
    elif callable(forme):
        try:
            bon = forme(valeur)
        except ValueError:
            bon = False
        assert bon, f"{chemin} : {getattr(forme, '__name__', 'forme')} refuse {valeur!r}"
    else:
        assert valeur == forme, f"{chemin} : {forme!r} attendu, pas {valeur!r}"


ERREUR = {"error": NON_VIDE, "details": NON_VIDE, "code": NON_VIDE, "correlation_id": NON_VIDE}
