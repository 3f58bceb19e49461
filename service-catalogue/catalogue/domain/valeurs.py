"""Value objects: a value that exists is valid. Each raises `DonneesInvalides` naming its field."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from catalogue.domain.erreurs import CategorieInexistante
from socle.erreurs import DonneesInvalides

NOM_MIN, NOM_MAX = 2, 100
PRIX_MIN, PRIX_MAX = Decimal("0.01"), Decimal("999999.99")
SEUIL_PREMIUM = Decimal(100)
_FORME_SKU = re.compile(r"[A-Z]{3}[0-9]{4}")
_ESPACE_CATEGORIES = uuid5(NAMESPACE_URL, "urn:catalogue:categories")


class Categorie(StrEnum):
    """The closed list of categories (contract, section 2)."""

    INFORMATIQUE = "Informatique"
    BOISSONS = "Boissons"
    CONFISERIE = "Confiserie"
    ELECTRONIQUE = "Électronique"
    MEUBLES = "Meubles"
    VETEMENTS = "Vêtements"

    @property
    def identifiant(self) -> UUID:
        """Stable for ever: derived from the name."""
        return uuid5(_ESPACE_CATEGORIES, self.value)

    @classmethod
    def nommee(cls, nom: str) -> "Categorie":
        """Raises `CategorieInexistante`."""
        try:
            return cls(nom)
        except ValueError:
            raise CategorieInexistante(
                f"La catégorie « {nom} » n'existe pas ; choisir parmi : {', '.join(cls)}."
            ) from None


@dataclass(frozen=True, slots=True)
class NomProduit:
    """2 to 100 characters once trimmed, no `<` nor `>`; composed Unicode, so that one name has one spelling."""

    texte: str

    def __post_init__(self) -> None:
        net = unicodedata.normalize("NFC", self.texte).strip()
        if not NOM_MIN <= len(net) <= NOM_MAX:
            raise DonneesInvalides(champs={"nom": f"de {NOM_MIN} à {NOM_MAX} caractères sont attendus"})
        if "<" in net or ">" in net:
            raise DonneesInvalides(champs={"nom": "les caractères < et > sont interdits"})
        object.__setattr__(self, "texte", net)


@dataclass(frozen=True, slots=True)
class Prix:
    """Canadian dollars, from 0.01 to 999999.99, two decimals at most."""

    montant: Decimal

    def __post_init__(self) -> None:
        if not (self.montant.is_finite() and PRIX_MIN <= self.montant <= PRIX_MAX):
            raise DonneesInvalides(champs={"prix": f"un montant de {PRIX_MIN} à {PRIX_MAX} est attendu"})
        if self.montant != round(self.montant, 2):
            raise DonneesInvalides(champs={"prix": "deux décimales au plus sont attendues"})

    @property
    def est_premium(self) -> bool:
        """Premium products come first in a search by name."""
        return self.montant > SEUIL_PREMIUM


@dataclass(frozen=True, slots=True)
class Sku:
    """Three letters and four digits, kept in upper case."""

    code: str

    def __post_init__(self) -> None:
        net = self.code.strip().upper()
        if not _FORME_SKU.fullmatch(net):
            raise DonneesInvalides(champs={"sku": "trois lettres puis quatre chiffres sont attendus"})
        object.__setattr__(self, "code", net)
