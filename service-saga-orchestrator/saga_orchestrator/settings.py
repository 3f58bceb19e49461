from socle.config import charger
from socle.django.reglages import construire
from socle.saga.reglages import ConfigSaga


class Config(ConfigSaga):
    """Environment of the service."""

    postgres_db: str = "saga_db"
    postgres_user: str = "saga_user"


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
