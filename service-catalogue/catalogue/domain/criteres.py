"""What a search may ask for."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from catalogue.domain.erreurs import CriteresInvalides


@dataclass(frozen=True, kw_only=True, slots=True)
class Criteres:
    """`nom` is a substring of the name or of the description, in any case. Raises `CriteresInvalides`."""

    nom: str = ""
    categorie: str = ""
    categorie_id: UUID | None = None
    prix_min: Decimal | None = None
    prix_max: Decimal | None = None
    actifs_seulement: bool = True

    def __post_init__(self) -> None:
        for champ, borne in (("prix_min", self.prix_min), ("prix_max", self.prix_max)):
            if borne is not None and borne < 0:
                raise CriteresInvalides(champs={champ: "un montant positif est attendu"})
        if self.prix_min is not None and self.prix_max is not None and self.prix_min > self.prix_max:
            raise CriteresInvalides(champs={"prix_min": "doit être inférieur ou égal à prix_max"})
