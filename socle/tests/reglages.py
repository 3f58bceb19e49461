"""Settings of a minimal service, for the tests of the plumbing itself."""

from socle.config import ConfigDjango, charger
from socle.django.reglages import construire


class Config(ConfigDjango):
    postgres_db: str = "socle_db"
    postgres_user: str = "socle_user"


CONFIG = charger(Config)
globals().update(construire(CONFIG, app="tests.temoin", base="api/temoin/", titre="Témoin", barriere=True))
