"""What the runner needs of storage, and the working copy of a running saga."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from socle.erreurs import Indisponible
from socle.saga.moteur import Consigner, EtatSaga

BAIL_S = 3.0
"""Seconds a lease lasts after it is taken or renewed (database clock)."""


class BailPerdu(Exception):
    """This process no longer owns the saga: the write was refused, another process decides (F13, F18)."""


class DepotIndisponible(Indisponible):
    """The database did not answer, or refused to write. Whether the last write happened is unknown."""

    error = "Service temporairement indisponible"
    code = "base_indisponible"


@dataclass(frozen=True, slots=True)
class Proprietaire:
    """Who runs a saga: replica name and its boot epoch."""

    nom: str
    epoque: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """SQL that joins a write of the saga, and its parameters: the place for a service's own rows, or an outbox row.

    A data-modifying statement that reads `s` (`saga_id` of the row just written; no row when the write was refused).
    """

    sql: str
    parametres: Sequence[Any] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A saga to create. `empreinte` is the digest of the request; `cle` is unique per `consommateur`.

    `colonnes` are the service's own columns of the saga table. `differee`: nobody owns it yet, anybody may claim it.
    """

    saga_id: str
    nom: str
    version: int
    etat: EtatSaga
    donnees: dict[str, Any]
    empreinte: str
    consommateur: str = ""
    cle: str | None = None
    correlation_id: str = ""
    traceparent: str = ""
    colonnes: Mapping[str, Any] = field(default_factory=dict)
    differee: bool = False


@dataclass(frozen=True, slots=True)
class Evenement:
    """One history entry as stored; `horodatage` is database time."""

    numero: int
    type: str
    etat_precedent: str
    nouvel_etat: str
    message: str
    horodatage: str
    donnees: Mapping[str, Any]

    def vers_json(self) -> dict[str, Any]:
        return {
            "numero": self.numero,
            "type": self.type,
            "etat_precedent": self.etat_precedent,
            "nouvel_etat": self.nouvel_etat,
            "message": self.message,
            "horodatage": self.horodatage,
            "donnees": self.donnees,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The answer of an ended saga, for ever the same, and what the service writes with it."""

    statut: int
    corps: str
    colonnes: Mapping[str, Any] = field(default_factory=dict)
    supplements: Sequence[Fragment] = ()


@dataclass(slots=True)
class Saga:
    """A running saga as its owner holds it. `jeton` is the fencing token of this ownership.

    Time is the database's: `creee_le` and `age_charge_s` were read from it, and the monotonic clock of this process
    only measures what passed since (F40).
    """

    saga_id: str
    nom: str
    version: int
    etat: EtatSaga
    donnees: dict[str, Any]
    jeton: int
    creee_le: datetime
    age_charge_s: float
    correlation_id: str
    traceparent: str
    consommateur: str = ""
    ancien_proprietaire: str = ""
    durees: dict[str, float] = field(default_factory=dict)
    tentatives: dict[str, int] = field(default_factory=dict)
    numero: int = 0
    en_attente: list[Evenement] = field(default_factory=list)
    perdue: bool = False
    chargee_a: float = field(default_factory=time.monotonic)
    appel_en_cours: tuple[str, float] = ("", 0.0)

    def age_s(self) -> float:
        """Seconds since the saga was created, by the database clock."""
        return self.age_charge_s + time.monotonic() - self.chargee_a

    def maintenant(self) -> datetime:
        """The database's time, now."""
        return self.creee_le + timedelta(seconds=self.age_s())

    def consigner(self, entree: Consigner) -> None:
        """Add to the history; written by the next write."""
        self.numero += 1
        self.en_attente.append(
            Evenement(
                self.numero, entree.type, entree.etat_precedent, entree.nouvel_etat, entree.message,
                self.maintenant().isoformat(), entree.donnees,
            )
        )  # fmt: skip

    def execution(self) -> dict[str, Any]:
        """Engine state and measures, as stored."""
        return {
            **self.etat.vers_json(),
            "durees": {nom: round(duree, 4) for nom, duree in self.durees.items()},
            "tentatives": self.tentatives,
            "numero": self.numero,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Suivi:
    """What a second caller of the same saga sees of it."""

    saga_id: str
    empreinte: str
    etat: str
    terminee: bool
    active: bool
    reprenable: bool
    statut: int | None
    corps: str | None


Versions = tuple[tuple[str, int], ...]
"""(name, version) of the definitions this process can run: it leaves other sagas to those who can (F21)."""


class Depot(Protocol):
    """Storage of sagas. Every write of a running saga raises `BailPerdu` when its token is no longer the current one.

    Every method may raise `DepotIndisponible`.
    """

    def creer(self, creation: Creation, proprietaire: Proprietaire) -> Saga | None:
        """One statement, one commit. None when the id, or the consumer's key, exists already."""
        ...

    def enregistrer(
        self, saga: Saga, *, prochain_essai_s: float | None = None, supplements: Sequence[Fragment] = ()
    ) -> None:
        """Write state, data and new history, and what the service writes with them; keep the lease."""
        ...

    def rendre(self, saga: Saga, *, dans_s: float = 0.0) -> None:
        """Write, and give the lease up: claimable after `dans_s` seconds."""
        ...

    def bloquer(self, saga: Saga) -> None:
        """Write; nobody claims the saga until an operator does."""
        ...

    def terminer(self, saga: Saga, conclusion: Conclusion) -> None:
        """Write the end with its answer."""
        ...

    def prendre_lot(self, proprietaire: Proprietaire, limite: int, versions: Versions) -> list[Saga]:
        """Claim sagas of these versions whose lease ended, whose owner rebooted, or whose next try is due."""
        ...

    def prendre(self, saga_id: str, proprietaire: Proprietaire, versions: Versions) -> Saga | None:
        """The same for one saga."""
        ...

    def saisir(self, saga_id: str, proprietaire: Proprietaire, etats: Sequence[str] = ()) -> Saga | None:
        """Take a saga whoever owns it (operators). None when it is ended, or not in one of `etats`."""
        ...

    def renouveler(self, sagas: Sequence[Saga]) -> set[str]:
        """Prolong these leases in one statement; the ids still owned."""
        ...

    def suivre(self, saga_id: str) -> Suivi | None:
        """Read the answer, or how far it is."""
        ...

    def suivre_cle(self, consommateur: str, cle: str) -> Suivi | None:
        """The saga that a consumer's key began."""
        ...

    def motif_du_geste(self, saga_id: str, cle: str) -> str | None:
        """The reason that an operator's action with this key gave on this saga; None when the key is new."""
        ...
