from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from socle.config import ConfigDjango, Secondes, charger
from socle.django.reglages import construire

PASSERELLE_S = 60
"""What the gateway waits for an answer of ours."""


class Config(ConfigDjango):
    """Environment of the service. Time limits nest (contract, rules for every HTTP API); checked at start."""

    postgres_db: str = "ecommerce_db"
    postgres_user: str = "ecommerce_user"
    magasin_vente_id: UUID = UUID("550e8400-e29b-41d4-a716-446655440000")
    orchestrateur_lecture_s: Secondes = 15.0
    panier_budget_s: Secondes = 5.0
    suivi_intervalle_s: Secondes = 0.5
    suivi_apres_s: Secondes = 5.0
    suivi_limite_s: Secondes = 60.0
    suivi_choreo_limite_s: Secondes = 35.0
    suivi_lot: Annotated[int, Field(ge=1, le=200)] = 20
    suivi_cadence_s: Annotated[float, Field(ge=0, le=2)] = 0.05
    # Whoever keeps the dead letters (the event store); `amorcer` grants it what that takes.
    lettres_mortes_role: Annotated[str, Field(pattern=r"^([a-z_][a-z0-9_]{0,62})?$")] = ""

    @model_validator(mode="after")
    def _limites_emboitees(self) -> Self:
        appel = self.http_connexion_s + self.http_lecture_s
        if not appel <= self.panier_budget_s <= self.orchestrateur_lecture_s < PASSERELLE_S:
            raise ValueError(
                "HTTP_CONNEXION_S + HTTP_LECTURE_S <= PANIER_BUDGET_S <= ORCHESTRATEUR_LECTURE_S < 60 est exigé"
            )
        if self.suivi_limite_s <= max(self.orchestrateur_lecture_s, self.suivi_apres_s):
            raise ValueError("SUIVI_LIMITE_S dépasse ORCHESTRATEUR_LECTURE_S et SUIVI_APRES_S")
        if self.suivi_choreo_limite_s <= self.suivi_apres_s:
            raise ValueError("SUIVI_CHOREO_LIMITE_S dépasse SUIVI_APRES_S")
        return self


CONFIG = charger(Config)
globals().update(
    construire(
        CONFIG,
        app="ecommerce",
        base="api/",
        titre="E-commerce",
        applications=["socle.evenements.apps.EvenementsConfig"],
    )
)
