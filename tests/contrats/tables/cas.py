"""One row of the tables, and how its placeholders become a request."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.commun.monde import MAGASIN_CENTRAL, Monde, Reponse, nouvel_id

Valeurs = dict[str, Any]
Preparation = Callable[[Monde], Valeurs]
_PLACE = re.compile(r"\{(\w+)\}")


def rien(monde: Monde) -> Valeurs:
    """Nothing to prepare: the placeholders left are identifiers nobody has."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Cas:
    """A request and what the contract says about its answer.

    `route` is written as in the service's Swagger document. `avant` makes what the request needs and gives the values
    of the `{placeholders}` in path, query and body; one without a value is an unknown identifier (`{magasin_id}`: the
    Magasin Central). `apres` checks what the answer alone does not show.
    """

    service: str
    route: str
    quand: str
    statut: int
    corps: Any = None
    requete: str = ""
    avant: Preparation = rien
    attendu: Any = field(default_factory=dict)
    interne: bool = False
    entetes: Mapping[str, str] = field(default_factory=dict)
    apres: Callable[[Monde, Valeurs, Reponse], None] | None = None

    @property
    def methode(self) -> str:
        """HTTP method."""
        return self.route.split(" ")[0]

    def preparer(self, monde: Monde) -> Valeurs:
        """Run `avant` and complete the values."""
        valeurs: Valeurs = {"magasin_id": MAGASIN_CENTRAL, **self.avant(monde)}
        for nom in _PLACE.findall(f"{self.route} {self.requete} {self.corps}"):
            valeurs.setdefault(nom, nouvel_id())
        return valeurs

    def adresse(self, valeurs: Valeurs) -> str:
        """Path below the gateway."""
        chemin = f"/api/{self.service}{self.route.split(' ')[1]}{self.requete}"
        return _PLACE.sub(lambda m: str(valeurs[m[1]]), chemin)

    def contenu(self, valeurs: Valeurs) -> Any:
        """The JSON body, or None."""
        return remplacer(self.corps, valeurs)

    def appeler(self, monde: Monde, valeurs: Valeurs, **options: Any) -> Reponse:
        """Send the request through the gateway."""
        entetes = {**self.entetes, **options.pop("entetes", {})}
        return monde.appeler(
            self.methode, self.adresse(valeurs), self.contenu(valeurs), interne=self.interne, entetes=entetes, **options
        )

    def __str__(self) -> str:
        return f"{self.service} {self.route} {self.quand}"


def remplacer(corps: Any, valeurs: Valeurs) -> Any:
    """A copy of the body with its placeholders replaced; one that is a whole text keeps the value's type."""
    if isinstance(corps, dict):
        return {nom: remplacer(valeur, valeurs) for nom, valeur in corps.items()}
    if isinstance(corps, list):
        return [remplacer(valeur, valeurs) for valeur in corps]
    if isinstance(corps, str):
        seul = _PLACE.fullmatch(corps)
        return valeurs[seul[1]] if seul else _PLACE.sub(lambda m: str(valeurs[m[1]]), corps)
    return corps
