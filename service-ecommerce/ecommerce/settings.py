from typing import Annotated
from uuid import UUID

from pydantic import Field

from socle.config import ConfigDjango, Secondes, charger
from socle.django.reglages import construire


class Config(ConfigDjango):
    """Environment of the service; times in seconds (contract, time limits)."""

    postgres_db: str = "ecommerce_db"
    postgres_user: str = "ecommerce_user"
    magasin_vente_id: UUID = UUID("550e8400-e29b-41d4-a716-446655440000")
    orchestrateur_lecture_s: Secondes = 15.0
    panier_budget_s: Secondes = 5.0
    suivi_intervalle_s: Secondes = 0.5
    suivi_apres_s: Secondes = 5.0
    suivi_limite_s: Secondes = 60.0
    suivi_lot: Annotated[int, Field(ge=1, le=200)] = 20


CONFIG = charger(Config)
globals().update(construire(CONFIG, app="ecommerce", base="api/", titre="E-commerce"))
