"""What a page shows when a neighbour does not answer: everything else, and a sentence about what is missing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

from magasin.application.refus import Refus
from socle.erreurs import Indisponible

T = TypeVar("T")


@dataclass
class Lectures:
    """The reads of one page. `pannes`: what is missing and why, in the order of the page.

    `introuvable`: one of the things asked for does not exist.
    """

    pannes: list[str] = field(default_factory=list)
    introuvable: bool = False

    def tenter(self, quoi: str, lire: Callable[[], T]) -> T | None:
        """What `lire` returns; None, and one more entry in `pannes`, when its service is down or refuses."""
        try:
            return lire()
        except (Indisponible, Refus) as cause:
            self.introuvable |= isinstance(cause, Refus) and cause.statut == HTTPStatus.NOT_FOUND
            self.pannes.append(f"{quoi} : {cause}")
            return None
