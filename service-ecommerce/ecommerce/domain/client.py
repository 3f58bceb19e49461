"""The client."""

from dataclasses import dataclass
from uuid import UUID

from ecommerce.domain import valeurs
from ecommerce.domain.valeurs import PAYS_DEFAUT, PROVINCE_DEFAUT


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """Somebody who buys. Construction normalises and validates; raises `DonneesInvalides`."""

    id: UUID
    prenom: str
    nom: str
    email: str
    adresse_rue: str
    adresse_ville: str
    adresse_code_postal: str
    adresse_province: str = PROVINCE_DEFAUT
    adresse_pays: str = PAYS_DEFAUT
    telephone: str = ""

    def __post_init__(self) -> None:
        for champ in ("prenom", "nom", "adresse_rue", "adresse_ville", "adresse_province", "adresse_pays"):
            object.__setattr__(self, champ, valeurs.texte_net(getattr(self, champ), champ))
        object.__setattr__(self, "email", valeurs.courriel(self.email))
        object.__setattr__(
            self, "adresse_code_postal", valeurs.code_postal(self.adresse_code_postal, "adresse_code_postal")
        )
        object.__setattr__(self, "telephone", valeurs.telephone(self.telephone))
