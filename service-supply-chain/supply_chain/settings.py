from socle.config import charger
from socle.django.reglages import construire
from socle.saga.reglages import ConfigSaga


class Config(ConfigSaga):
    """Environment of the service."""

    postgres_db: str = "supply_chain_db"
    postgres_user: str = "supply_chain_user"


CONFIG = charger(Config)
globals().update(
    construire(
        CONFIG,
        app="supply_chain",
        base="api/ddd/supply-chain/",
        titre="Supply chain",
        applications=["socle.saga.apps.SagaConfig"],
    )
)
SAGA_EXECUTEUR = "supply_chain.bootstrap.executeur_de"
