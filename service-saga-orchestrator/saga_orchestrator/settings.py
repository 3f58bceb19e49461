from typing import Annotated, Self

from pydantic import Field, model_validator

from socle.config import ConfigDjango, Secondes, charger
from socle.django.reglages import construire


class Config(ConfigDjango):
    """Environment of the service. Time limits nest (contract, rules for every HTTP API); checked at start."""

    postgres_db: str = "saga_db"
    postgres_user: str = "saga_user"
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


CONFIG = charger(Config)
globals().update(
    construire(
        CONFIG,
        app="saga_orchestrator",
        base="api/saga/",
        titre="Orchestrateur de sagas",
        applications=["socle.saga.apps.SagaConfig", "socle.evenements.apps.EvenementsConfig"],
        # The saga id, or the key kept with it, is the idempotency record: no second one is written.
        idempotence=False,
    )
)
SAGA_EXECUTEUR = "saga_orchestrator.bootstrap.executeur_de"
# The recovery process of each replica publishes what the sagas left in the outbox.
SAGA_COMPAGNONS = ["saga_orchestrator.bootstrap.relayer"]
