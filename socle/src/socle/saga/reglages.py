"""Time limits and attempts of a service's sagas, from its environment; checked at start."""

import math
from typing import Annotated, Self

from pydantic import Field, model_validator

from socle.config import ConfigDjango, Secondes
from socle.saga.definition import Politique


class ConfigSaga(ConfigDjango):
    """Environment of a service that runs sagas. Time limits nest (contract, rules for every HTTP API)."""

    saga_timeout: Secondes = 30.0
    max_retries: Annotated[int, Field(ge=0, le=20)] = 3
    saga_etape_s: Secondes = 5.0
    saga_attente_s: Secondes = 10.0
    compensation_essais: Annotated[int, Field(ge=1, le=1000)] = 30
    compensation_plafond_s: Secondes = 5.0

    @model_validator(mode="after")
    def _limites_emboitees(self) -> Self:
        appel = self.http_connexion_s + self.http_lecture_s
        if not appel <= self.saga_etape_s <= self.saga_attente_s <= self.saga_timeout:
            raise ValueError(
                "HTTP_CONNEXION_S + HTTP_LECTURE_S <= SAGA_ETAPE_S <= SAGA_ATTENTE_S <= SAGA_TIMEOUT est exigé"
            )
        return self

    @property
    def politique(self) -> Politique:
        """Attempts of a step."""
        return Politique(essais=self.max_retries + 1, budget_s=self.saga_etape_s, base_s=0.1, plafond_s=1.0)

    @property
    def politique_compensation(self) -> Politique:
        """Attempts of a compensation, before an operator is called."""
        return Politique(
            essais=self.compensation_essais, budget_s=math.inf, base_s=0.2, plafond_s=self.compensation_plafond_s
        )
