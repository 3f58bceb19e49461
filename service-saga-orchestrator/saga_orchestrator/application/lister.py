"""What may be asked of the list of sagas, and of their figures."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Situation(StrEnum):
    """How operators look at sagas; one saga may be in several at once."""

    ACTIVE = "active"
    REUSSIE = "reussie"
    ECHOUEE = "echouee"
    EN_COMPENSATION = "en_compensation"
    EN_REPRISE = "en_reprise"
    BLOQUEE = "bloquee"
    INTERVENTION = "intervention"


@dataclass(frozen=True, kw_only=True, slots=True)
class Filtre:
    """None: whatever. `recherche` is the id of a saga, a sale, a client or a product, or a correlation id.

    `avant` and `avant_id` name the last row of the page before (date of creation, saga id): a page costs the same
    however far it is, and rows that come meanwhile move nothing.
    """

    etat: str | None = None
    actives_seulement: bool = False
    situation: Situation | None = None
    client_id: UUID | None = None
    produit_id: UUID | None = None
    recherche: str | None = None
    avant: datetime | None = None
    avant_id: UUID | None = None
