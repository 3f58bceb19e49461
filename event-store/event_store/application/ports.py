"""What the use cases need from outside; adapters are chosen in `bootstrap`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol
from uuid import UUID

from event_store.domain.checkout import EvenementLu
from event_store.domain.evenements import Evenement

Ordre = Literal["asc", "desc"]
Compensation = Literal["en_cours", "faite"]
"""`en_cours`: a failure was told and the end was not. `faite`: stock was given back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where an event stands, since the first time its id was seen; `nouveau`: this call stored it."""

    id: str
    position: int
    version: int
    position_checkout: int | None
    nouveau: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Bornes:
    """The positions in the database: `premiere` still hot (archived ones are below), `tete` the last given."""

    premiere: int
    tete: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Avancement:
    """A projection after a step: its position, the head it runs after, and how many events are parked."""

    projection: str
    position: int
    tete: int
    generation: int
    mis_de_cote: int


class Historique(Protocol):
    """The append-only store. Every method raises `Indisponible` when it does not answer."""

    def ajouter(self, stream: str, lot: Sequence[Evenement], version_attendue: int | None) -> list[Place]:
        """Append all or nothing, idempotent by event id. Raises `VersionInattendue`, `IdentifiantAilleurs`."""
        ...

    def version(self, stream: str) -> int:
        """How many events the stream has."""
        ...

    def connus(self, ids: Collection[UUID]) -> set[UUID]:
        """Those of these events that were ever stored, archived ones included."""
        ...

    def lire(
        self, stream: str, *, apres: int | None, nom_type: str | None, ordre: Ordre, nombre: int
    ) -> list[EvenementLu]:
        """At most `nombre` events beyond position `apres` in the direction of `ordre`."""
        ...

    def du_checkout(self, checkout_id: UUID) -> list[EvenementLu]:
        """All events of a checkout by position."""
        ...

    def evenement(self, identifiant: UUID) -> EvenementLu | None:
        """One event, archived or not; None when it was never stored."""
        ...

    def bornes(self) -> Bornes:
        """The positions that can be verified here."""
        ...

    def ruptures(self, de: int, a: int) -> list[tuple[int, str]]:
        """Broken positions of the range with their cause, in order."""
        ...

    def tetes(self) -> list[dict[str, Any]]:
        """Head of each stream: `stream`, `version`, `empreinte` (hex)."""
        ...

    def tetes_fausses(self) -> list[str]:
        """Streams whose recorded head is not their last event."""
        ...

    def archives(self) -> list[dict[str, Any]]:
        """The archived months, with the chain heads they left."""
        ...


class Projections(Protocol):
    """The read models. Names are checked by the use case."""

    def avancer(self, nom: str, nombre: int) -> Avancement:
        """Fold at most `nombre` positions in one transaction with the position. Two callers take turns."""
        ...

    def absents(self, ids: Sequence[str]) -> list[str]:
        """Those of these events that some projection has not folded yet."""
        ...

    def reconstruire(self, nom: str) -> dict[str, Any]:
        """Fold everything into a new generation, then serve it. Raises `ReconstructionEnCours`."""
        ...

    def etats(self) -> list[Avancement]:
        """All projections."""
        ...

    def mises_de_cote(self, nom: str, nombre: int) -> list[dict[str, Any]]:
        """Parked events of the generation being served."""
        ...

    def commandes_du_client(self, client_id: UUID) -> dict[str, Any] | None:
        """The row of orders-by-client."""
        ...

    def commandes_depuis(self, position: int) -> tuple[int, int, list[dict[str, Any]]]:
        """Generation and position of orders-by-client, and its rows changed after `position`, in one snapshot."""
        ...

    def checkouts(
        self,
        filtres: Mapping[str, Any],
        *,
        depuis: Decimal | None,
        ids: Sequence[str] | None = None,
        compensation: Compensation | None = None,
        debut: int,
        nombre: int,
    ) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """One page, newest first, and the number of matching checkouts by statut."""
        ...


class Miroir(Protocol):
    """The copy of orders-by-client that Redis readers use. Never raises: PostgreSQL is the truth."""

    def synchroniser(self) -> bool:
        """Copy what changed since the mirror's own position, everything if it was lost; False if it did not answer."""
        ...


class LettresMortes(Protocol):
    """The dead letters of every group. Every method raises `Indisponible` when a database does not answer."""

    def lister(self, filtres: Mapping[str, Any], *, debut: int, nombre: int) -> tuple[list[dict[str, Any]], int]:
        """One page in the order of arrival, and the total. Filters: `groupe`, `type_`, `etat`, `cle` (checkout)."""
        ...

    def lire(self, identifiant: UUID) -> dict[str, Any] | None:
        """One letter with its event."""
        ...

    def relancer(self, identifiant: UUID) -> dict[str, Any] | None:
        """Ask for its redrive if it waits; the letter as it is then."""
        ...

    def abandonner(self, identifiant: UUID, motif: str) -> dict[str, Any] | None:
        """Give it up if it is open; the letter as it is then."""
        ...
