from pydantic import model_validator

from socle.config import ConfigDjango, Secondes, charger
from socle.django.reglages import construire


class Config(ConfigDjango):
    """Environment of the service; durations in seconds.

    `voisins_delai_s` bounds what one request asks of its neighbours, retries included. A sale still under way
    `vente_abandon_s` after its last attempt is given up; that must be longer than `voisins_delai_s`, so that nobody
    gives up what a request is still doing. `reprise_intervalle_s` paces the program that concludes what was left.
    """

    postgres_db: str = "commandes_db"
    postgres_user: str = "commandes_user"
    voisins_delai_s: Secondes = 5.0
    vente_abandon_s: Secondes = 7.0
    reprise_intervalle_s: Secondes = 0.5

    @model_validator(mode="after")
    def _emboiter(self) -> "Config":
        if self.vente_abandon_s <= self.voisins_delai_s:
            raise ValueError("VENTE_ABANDON_S doit dépasser VOISINS_DELAI_S")
        return self


CONFIG = charger(Config)
globals().update(construire(CONFIG, app="commandes", base="api/v1/", titre="Commandes", barriere=True))
