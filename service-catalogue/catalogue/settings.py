from socle.config import ConfigDjango, charger
from socle.django.reglages import construire


class Config(ConfigDjango):
    """Environment of the service."""

    postgres_db: str = "produits_db"
    postgres_user: str = "produits_user"


CONFIG = charger(Config)
globals().update(construire(CONFIG, app="catalogue", base="api/ddd/catalogue/", titre="Catalogue"))
