"""A saga as an operator sees it, whichever its style: one vocabulary for the two, no service's own words left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from console.domain.textes import gettext_noop

Style = Literal["orchestre", "choreo"]
Ton = Literal["reussite", "actif", "attente", "compensation", "echec", ""]
"""How a state looks: the badges and the entries of a timeline have these names in the style sheet."""
EtatEtape = Literal["faite", "en-cours", "defaite", "echouee"]

_ETATS_DES_LETTRES = {
    "en_attente": gettext_noop("en attente"),
    "relancee": gettext_noop("relancée"),
    "traitee": gettext_noop("traitée"),
    "abandonnee": gettext_noop("abandonnée"),
}


class Situation(StrEnum):
    """What one looks for in the list."""

    ACTIVE = "active"
    ECHOUEE = "echouee"
    EN_COMPENSATION = "en_compensation"
    EN_REPRISE = "en_reprise"
    BLOQUEE = "bloquee"
    INTERVENTION = "intervention"
    REUSSIE = "reussie"


@dataclass(frozen=True, kw_only=True)
class Resume:
    """One row of the list. `attend`: what an unfinished saga waits for; `erreur`: the last thing that went wrong.

    `reussie`: it ended well, whatever dead letters of its extensions still wait.
    """

    id: str
    style: Style
    etat: str
    ton: Ton
    client_id: str
    cree_le: datetime
    fini_le: datetime | None = None
    commande_id: str | None = None
    total: Any = None
    attend: str = ""
    essais: int = 0
    prochain_essai: datetime | None = None
    proprietaire: str = ""
    erreur: str = ""
    lettres: int = 0
    reussie: bool = False

    @property
    def duree_s(self) -> float | None:
        """Seconds from its beginning to its end; None while it goes on."""
        return (self.fini_le - self.cree_le).total_seconds() if self.fini_le else None


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that happened. `cause` is the id of what brought it about; `acteur` who did it, `cible` to whom."""

    id: str
    cause: str | None
    quand: datetime
    acteur: str
    type: str
    texte: str
    ton: Ton
    cible: str = ""
    donnees: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Etape:
    """What one step has cost, and where it stands."""

    nom: str
    essais: int
    duree_s: float | None
    etat: EtatEtape


@dataclass(frozen=True, kw_only=True)
class Attente:
    """Why it is not finished."""

    quoi: str
    essais: int = 0
    prochain_essai: datetime | None = None
    erreur: str = ""
    proprietaire: str = ""
    bail: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Constat:
    """What a participant says it holds now: the facts behind the story."""

    sujet: str
    valeur: str
    ton: Ton


@dataclass(frozen=True, kw_only=True)
class Lettre:
    """A dead letter of this saga."""

    id: str
    groupe: str
    type: str
    cause: str
    essais: int
    etat: str
    cree_le: datetime

    @property
    def nom_de_l_etat(self) -> str:
        """As operators read it."""
        return _ETATS_DES_LETTRES.get(self.etat, self.etat)

    @property
    def ouverte(self) -> bool:
        """Whether it waits for an operator or for its group."""
        return self.etat in ("en_attente", "relancee")


@dataclass(frozen=True, kw_only=True)
class Saga:
    """Everything that is known of one. `pannes`: what could not be asked just now."""

    resume: Resume
    moments: Sequence[Moment]
    etapes: Sequence[Etape]
    attente: Attente | None
    constats: Sequence[Constat]
    lettres: Sequence[Lettre]
    lignes: Sequence[Mapping[str, Any]]
    correlation_id: str
    trace_id: str
    brut: Mapping[str, Any]
    pannes: Sequence[str] = ()
    intervention: bool = False

    @property
    def finie(self) -> bool:
        return self.resume.fini_le is not None

    @property
    def gestes(self) -> tuple[str, ...]:
        """The operator's actions that make sense now. The orchestrator decides; this only offers."""
        if self.resume.style != "orchestre" or self.finie:
            return ()
        return ("reprendre", "ignorer-etape", "compenser") if self.intervention else ("reprendre", "compenser")
