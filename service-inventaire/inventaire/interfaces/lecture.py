"""Bodies of the two stock routes, read by hand: on the path of every checkout, a serializer of fifty lines costs more
than the whole reservation. Each refusal names its field; nothing is coerced.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from inventaire.application.ajuster import Ajustement
from inventaire.domain.stock import LIGNES_MAX, QUANTITE_MAX, Ligne, Lot, regrouper
from socle.django.lecture import Lecteur, identifiants


@dataclass(frozen=True, slots=True)
class Liberation:
    """Give back what this reference reserved."""

    reference: UUID


@dataclass(frozen=True, slots=True)
class Annulation:
    """Undo what was added under this reference."""

    reference: UUID


def diminution(corps: Mapping[str, Any]) -> Lot | Ajustement:
    """A reservation, or one product to take. Raises `DonneesInvalides` naming every wrong field."""
    return _lot(*_avec_reference(corps)) if "reference" in corps else _ajustement(corps)


def augmentation(corps: Mapping[str, Any]) -> Lot | Ajustement | Liberation | Annulation:
    """One of the four forms of an increase. Raises `DonneesInvalides` naming every wrong field."""
    if "reference" not in corps:
        return _ajustement(corps)
    lecteur, reference = _avec_reference(corps)
    annulation = lecteur.booleen("annulation", defaut=False)
    if "lignes" in corps and not annulation:
        return _lot(lecteur, reference)
    lecteur.interdire("lignes", "Une annulation ne nomme pas de lignes.")
    lecteur.verifier()
    return Annulation(reference) if annulation else Liberation(reference)


def produits(brut: str | None) -> list[UUID] | None:
    """`a,b,c`, each once, in the order given; None when absent. Raises `DonneesInvalides`."""
    return None if brut is None else [UUID(texte) for texte in identifiants(brut, "produits")]


def _ajustement(corps: Mapping[str, Any]) -> Ajustement:
    lecteur = Lecteur(corps)
    if "lignes" in corps:
        lecteur.identifiant("reference")  # it is what is missing: the rest may be as it should
        lecteur.verifier()
    lu = Ajustement(
        produit_id=lecteur.identifiant("produit_id"),
        quantite=lecteur.entier("quantite", 1, QUANTITE_MAX),
        lieu=lecteur.identifiant_ou_rien("magasin_id"),
    )
    lecteur.verifier()
    return lu


def _avec_reference(corps: Mapping[str, Any]) -> tuple[Lecteur, UUID]:
    lecteur = Lecteur(corps)
    for nom in ("produit_id", "quantite"):
        lecteur.interdire(nom, "Avec une référence, les produits sont donnés par `lignes`.")
    return lecteur, lecteur.identifiant("reference")


def _lot(lecteur: Lecteur, reference: UUID) -> Lot:
    lieu = lecteur.identifiant_ou_rien("magasin_id")
    lignes = [
        Ligne(ligne.identifiant("produit_id"), ligne.entier("quantite", 1, QUANTITE_MAX))
        for ligne in lecteur.liste("lignes", LIGNES_MAX)
    ]
    lecteur.verifier()
    return Lot(reference=reference, lieu=lieu, quantites=regrouper(lignes))
