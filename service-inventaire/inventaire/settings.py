from pydantic import Field

from socle.config import ConfigDjango, Secondes, charger
from socle.django.reglages import construire


class Config(ConfigDjango):
    """Environment of the service. `catalogue_delai_s` bounds all the questions about one request's unknown products."""

    postgres_db: str = "inventaire_db"
    postgres_user: str = "inventaire_user"
    catalogue_delai_s: Secondes = Field(3.0)


CONFIG = charger(Config)
globals().update(construire(CONFIG, app="inventaire", base="api/ddd/inventaire/", titre="Inventaire", barriere=True))
