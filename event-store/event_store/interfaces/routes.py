"""What a route declares once: its address, what it takes and what it answers. Validation and documentation read it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from socle.erreurs import DonneesInvalides

Genre = Literal["entier", "texte", "uuid", "instant", "liste", "identifiants"]
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INSTANT = re.compile(r"\d{1,11}(\.\d{1,9})?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Champ:
    """One parameter of the query, or one member of a JSON body."""

    nom: str
    genre: Genre
    texte: str
    defaut: Any = None
    requis: bool = False
    minimum: int = 0
    maximum: int = 2**53
    choix: tuple[str, ...] = ()
    exemple: Any = None

    def lire(self, brut: str) -> Any:
        """The value of a query parameter. Raises `DonneesInvalides` naming it."""
        if self.genre == "entier":
            if brut.isascii() and brut.isdigit() and len(brut) <= 16:
                return self.borner(int(brut))
        elif self.genre == "uuid":
            if _UUID.fullmatch(brut):
                return UUID(brut)
        elif self.genre == "identifiants":
            if _identifiants(brut.split(","), self.maximum):
                return brut.lower().split(",")
        elif self.genre == "instant":
            if (instant := _instant(brut)) is not None:
                return instant
        elif 0 < len(brut) <= self.maximum and "\x00" not in brut and (not self.choix or brut in self.choix):
            return brut
        raise DonneesInvalides(champs={self.nom: self.attendu})

    def lire_json(self, brut: Any) -> Any:
        """The value of a body member. Raises `DonneesInvalides` naming it."""
        if self.genre == "entier" and type(brut) is int:
            return self.borner(brut)
        if self.genre == "texte" and isinstance(brut, str) and self.minimum <= len(brut.strip()) <= self.maximum:
            return brut.strip()
        if self.genre == "liste" and isinstance(brut, list) and self.minimum <= len(brut) <= self.maximum:
            return brut
        if self.genre == "identifiants" and isinstance(brut, list) and _identifiants(brut, self.maximum):
            return brut
        raise DonneesInvalides(champs={self.nom: self.attendu})

    def borner(self, valeur: int) -> int:
        """A whole number within bounds. Raises `DonneesInvalides` naming the field."""
        if not self.minimum <= valeur <= self.maximum:
            raise DonneesInvalides(champs={self.nom: self.attendu})
        return valeur

    @property
    def attendu(self) -> str:
        """What would have been accepted."""
        if self.choix:
            return f"un de {', '.join(self.choix)}"
        return {
            "entier": f"un entier de {self.minimum} à {self.maximum} est attendu",
            "texte": f"un texte de {max(self.minimum, 1)} à {self.maximum} caractères est attendu",
            "uuid": "un identifiant UUID est attendu",
            "liste": f"une liste de {self.minimum} à {self.maximum} éléments est attendue",
            "identifiants": f"une liste de {self.maximum} UUID au plus est attendue",
            "instant": "des secondes depuis 1970 ou une date ISO 8601 avec décalage sont attendues",
        }[self.genre]


def _identifiants(brut: list[Any], maximum: int) -> bool:
    return len(brut) <= maximum and all(isinstance(un, str) and _UUID.fullmatch(un) for un in brut)


def _instant(brut: str) -> Decimal | None:
    if _INSTANT.fullmatch(brut):
        return Decimal(brut)
    try:
        # In a query string an unescaped + of the offset arrives as a space.
        date = datetime.fromisoformat(re.sub(r" (?=\d{2}:?\d{2}$)", "+", brut))
    except ValueError:
        return None
    if date.tzinfo is None:
        return None
    ecart = date - datetime(1970, 1, 1, tzinfo=UTC)
    return Decimal(ecart.days * 86_400 + ecart.seconds) + Decimal(ecart.microseconds) / 1_000_000


@dataclass(frozen=True, kw_only=True)
class Exemple:
    """One documented answer."""

    texte: str
    corps: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation. `chemin` is relative to the base path; `alias`: also served at the root of the service."""

    methode: Literal["GET", "POST"]
    chemin: str
    vue: Callable[..., tuple[Any, int]]
    resume: str
    groupe: str
    reponses: Mapping[int, Exemple]
    details: str = ""
    criteres: tuple[Champ, ...] = ()
    corps: tuple[Champ, ...] = ()
    erreurs: tuple[int, ...] = ()
    interne: bool = False
    chemins: Mapping[str, str] = field(default_factory=dict)

    @property
    def nom(self) -> str:
        """Unique name of the operation."""
        return f"{self.methode.lower()}_{self.vue.__name__}"

    def lire_criteres(self, parametres: Mapping[str, str]) -> dict[str, Any]:
        """Checked query parameters, absent ones at their default. Raises `DonneesInvalides` naming each wrong one."""
        return _lire(self.criteres, parametres, lambda champ, brut: champ.lire(brut))

    def lire_corps(self, corps: Mapping[str, Any]) -> dict[str, Any]:
        """Checked body members. Raises `DonneesInvalides` naming each wrong one."""
        return _lire(self.corps, corps, lambda champ, brut: champ.lire_json(brut))


def _lire(champs: tuple[Champ, ...], source: Mapping[str, Any], lire: Callable[[Champ, Any], Any]) -> dict[str, Any]:
    valeurs, refus = {}, {}
    for champ in champs:
        brut = source.get(champ.nom)
        try:
            if brut is None:
                if champ.requis:
                    raise DonneesInvalides(champs={champ.nom: champ.attendu})
                valeurs[champ.nom] = champ.defaut
            else:
                valeurs[champ.nom] = lire(champ, brut)
        except DonneesInvalides as erreur:
            refus.update(erreur.champs)
    if refus:
        raise DonneesInvalides(champs=refus)
    return valeurs
