"""Bodies of the two stock routes, read by hand: on the path of every checkout, a serializer of fifty lines costs more
than the whole reservation. Each refusal names its field; nothing is coerced.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from inventaire.application.ajuster import Ajustement
from inventaire.domain.stock import LIGNES_MAX, QUANTITE_MAX, Lieu, Ligne, Lot, regrouper
from socle.django.lecture import identifiants
from socle.erreurs import DonneesInvalides

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_REQUIS = "Ce champ est obligatoire."


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
    return _lot(corps) if "reference" in corps else _ajustement(corps)


def augmentation(corps: Mapping[str, Any]) -> Lot | Ajustement | Liberation | Annulation:
    """One of the four forms of an increase. Raises `DonneesInvalides` naming every wrong field."""
    if "reference" not in corps:
        return _ajustement(corps)
    if _annulation(corps):
        return Annulation(_reference_seule(corps))
    return _lot(corps) if "lignes" in corps else Liberation(_reference_seule(corps))


def produits(brut: str | None) -> list[UUID] | None:
    """`a,b,c`, each once, in the order given; None when absent. Raises `DonneesInvalides`."""
    return None if brut is None else [UUID(texte) for texte in identifiants(brut, "produits")]


def _ajustement(corps: Mapping[str, Any]) -> Ajustement:
    if "lignes" in corps:
        raise DonneesInvalides(champs={"reference": _REQUIS})
    champs: dict[str, str] = {}
    produit_id = _identifiant(corps, "produit_id", champs)
    quantite = _quantite(corps, champs)
    lieu = _lieu(corps, champs)
    if champs or produit_id is None:
        raise DonneesInvalides(champs=champs)
    return Ajustement(produit_id=produit_id, quantite=quantite, lieu=lieu)


def _lot(corps: Mapping[str, Any]) -> Lot:
    champs: dict[str, str] = {}
    reference = _reference(corps, champs)
    lieu = _lieu(corps, champs)
    lignes = _lignes(corps, champs)
    if champs or reference is None:
        raise DonneesInvalides(champs=champs)
    return Lot(reference=reference, lieu=lieu, quantites=regrouper(lignes))


def _reference_seule(corps: Mapping[str, Any]) -> UUID:
    champs: dict[str, str] = {}
    reference = _reference(corps, champs)
    if champs or reference is None:
        raise DonneesInvalides(champs=champs)
    return reference


def _annulation(corps: Mapping[str, Any]) -> bool:
    valeur = corps.get("annulation", False)
    if not isinstance(valeur, bool):
        raise DonneesInvalides(champs={"annulation": "true ou false est attendu."})
    if valeur and "lignes" in corps:
        raise DonneesInvalides(champs={"lignes": "une annulation ne nomme pas de lignes."})
    return valeur


def _reference(corps: Mapping[str, Any], champs: dict[str, str]) -> UUID | None:
    for nom in ("produit_id", "quantite"):
        if nom in corps:
            champs[nom] = "avec une référence, les produits sont donnés par `lignes`."
    return _identifiant(corps, "reference", champs)


def _identifiant(corps: Mapping[str, Any], nom: str, champs: dict[str, str], prefixe: str = "") -> UUID | None:
    valeur = corps.get(nom)
    if isinstance(valeur, str) and _UUID.fullmatch(valeur):
        return UUID(valeur)
    champs[prefixe + nom] = _REQUIS if valeur is None else "Un identifiant UUID est attendu."
    return None


def _lieu(corps: Mapping[str, Any], champs: dict[str, str]) -> Lieu:
    return None if corps.get("magasin_id") is None else _identifiant(corps, "magasin_id", champs)


def _quantite(corps: Mapping[str, Any], champs: dict[str, str], prefixe: str = "") -> int:
    valeur = corps.get("quantite")
    if type(valeur) is int and 1 <= valeur <= QUANTITE_MAX:
        return valeur
    champs[f"{prefixe}quantite"] = _REQUIS if valeur is None else f"Un entier de 1 à {QUANTITE_MAX} est attendu."
    return 0


def _lignes(corps: Mapping[str, Any], champs: dict[str, str]) -> Sequence[Ligne]:
    valeur = corps.get("lignes")
    if not isinstance(valeur, list) or not 1 <= len(valeur) <= LIGNES_MAX:
        champs["lignes"] = _REQUIS if valeur is None else f"Une liste de 1 à {LIGNES_MAX} lignes est attendue."
        return []
    lignes = []
    for rang, ligne in enumerate(valeur):
        if not isinstance(ligne, dict):
            champs[f"lignes[{rang}]"] = "Un objet est attendu."
            continue
        produit_id = _identifiant(ligne, "produit_id", champs, f"lignes[{rang}].")
        quantite = _quantite(ligne, champs, f"lignes[{rang}].")
        if produit_id is not None:
            lignes.append(Ligne(produit_id, quantite))
    return lignes
