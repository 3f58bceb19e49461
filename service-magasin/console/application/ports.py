"""What the pages need of the services."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

Objet = dict[str, Any]
Lecture = Callable[[], Any]


class EnParallele(Protocol):
    """Runs the reads of a page at once."""

    def __call__(self, lectures: Mapping[str, Lecture]) -> tuple[dict[str, Any], list[str]]:
        """(answers by name, None for what does not exist or did not answer; why some did not answer)."""
        ...


class Services(Protocol):
    """One call each. Raise `Refus` when the service refuses, `Indisponible` when it does not answer."""

    def sagas(self, **criteres: Any) -> list[Objet]:
        """Rows of the orchestrator."""
        ...

    def saga_de(self, saga_id: str) -> Objet:
        """Everything the orchestrator knows of one saga."""
        ...

    def checkouts(self, **criteres: Any) -> list[Objet]:
        """Rows of ecommerce."""
        ...

    def plies(self, **criteres: Any) -> list[Objet]:
        """What the event store has folded of checkouts."""
        ...

    def rejeu(self, checkout_id: str) -> Objet:
        """The events of one checkout."""
        ...

    def evenement(self, event_id: str) -> Objet:
        """One event."""
        ...

    def lettres(self, **criteres: Any) -> list[Objet]:
        """Dead letters of every group."""
        ...

    def reservation(self, reference: str) -> Objet:
        """What inventaire holds under this reference."""
        ...

    def vente(self, reference: str) -> Objet:
        """The sale that commandes holds under this reference."""
        ...

    def statistiques_des_styles(self, minutes: int) -> Objet:
        """Figures of both styles, by ecommerce."""
        ...

    def statistiques_des_sagas(self, minutes: int) -> Objet:
        """Figures of the orchestrator."""
        ...

    def compenses_choreo(self, depuis: datetime) -> int:
        """How many choreographed checkouts begun since gave stock back."""
        ...

    def agir(self, geste: str, cible: str, motif: str, *, cle: str) -> tuple[int, str]:
        """An operator's action: (status, what the service says). Raises `Indisponible` when nobody knows."""
        ...
