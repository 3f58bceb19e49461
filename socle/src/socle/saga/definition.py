"""What a saga is: a versioned table of steps and of legal transitions. Plain Python, no Django, no I/O.

A definition is one file that reads like a table; it is registered under (name, version), and a saga begun under a
version ends under it (F21).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from socle.erreurs import Indisponible


class TransitionIllegale(Exception):
    """A state change that the definition's table does not list: a defect of the engine or of the definition."""


class DefinitionInvalide(ValueError):
    """The table of a saga contradicts itself; found when the module is imported, never at run time."""


class RefusEtape(Exception):
    """Raised by an action: the participant said no, deterministically, and nothing was done.

    `code` is the stable reason; `Etape.echec_si` decides by it whether the step's failure state is the true name.
    """

    def __init__(self, message: str, *, code: str = "refus") -> None:
        super().__init__(message)
        self.message, self.code = message, code


class PanneEtape(Indisponible):
    """Raised by an action: no usable answer. With `effet_possible` the work may have been done all the same."""

    def __init__(self, message: str, *, effet_possible: bool) -> None:
        super().__init__(message)
        self.effet_possible = effet_possible


@dataclass(frozen=True, slots=True, kw_only=True)
class Appel:
    """What an action or a compensation is told. `cle` is the same for every attempt of one (saga, step, direction)."""

    saga_id: str
    donnees: Mapping[str, Any]
    cle: str
    tentative: int


Action = Callable[[Any, Appel], Mapping[str, Any] | None]
"""Called with (ports, Appel); what it returns is merged into the saga's data and must be JSON.

Raises `RefusEtape` (nothing was done) or any `Indisponible` (an `effet_possible` attribute of False means that surely
nothing was sent; anything else counts as "may have run"). May be called any number of times with the same key.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Politique:
    """Bounds of the attempts of one step: `essais` in all, within `budget_s` seconds, full jitter in between."""

    essais: int = 4
    budget_s: float = 5.0
    base_s: float = 0.1
    plafond_s: float = 1.0

    def attente_max_s(self, echecs: int) -> float:
        """Upper bound of the pause after the `echecs`-th failure in a row (exponential, capped)."""
        return float(min(self.plafond_s, self.base_s * 2 ** min(echecs - 1, 30)))

    def epuisee(self, echecs: int, ecoule_s: float) -> bool:
        """Whether no further attempt is allowed."""
        return echecs >= self.essais or ecoule_s >= self.budget_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Etape:
    """One row of the table.

    `evenement` prefixes the history entries (`…_SUCCES`, `…_ECHEC`). `lecture`: the step has no effect, nothing is
    persisted before it. `etat_avant` is entered before the action, `etat_apres` after it, `etat_echec` when it fails
    (for a refusal: only when its code is in `echec_si`, if given). A step without states runs inside the present one.
    """

    nom: str
    action: Action
    evenement: str
    compensation: Action | None = None
    lecture: bool = False
    etat_avant: str | None = None
    etat_apres: str | None = None
    etat_echec: str | None = None
    echec_si: frozenset[str] | None = None
    politique: Politique | None = None
    politique_compensation: Politique | None = None


@dataclass(frozen=True, kw_only=True)
class DefinitionSaga:
    """The table of one saga in one version. Raises `DefinitionInvalide` when a path of it is not legal."""

    nom: str
    version: int
    etapes: tuple[Etape, ...]
    etat_initial: str
    etat_final: str
    etat_compensation: str
    etat_annule: str
    etat_intervention: str
    transitions: Mapping[str, frozenset[str]]
    politique: Politique = Politique()
    politique_compensation: Politique = Politique(essais=30, budget_s=math.inf, base_s=0.2, plafond_s=5.0)
    par_nom: Mapping[str, Etape] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "par_nom", {etape.nom: etape for etape in self.etapes})
        if len(self.par_nom) != len(self.etapes) or not self.etapes:
            raise DefinitionInvalide(f"{self.nom} v{self.version}: step names must be unique, one at least")
        premier_effet = next((i for i, e in enumerate(self.etapes) if not e.lecture), len(self.etapes))
        for rang, etape in enumerate(self.etapes):
            if etape.lecture and (etape.compensation is not None or rang > premier_effet):
                raise DefinitionInvalide(f"{etape.nom}: a read comes before the effects and undoes nothing")
        for precedent, suivant in self._chemins():
            if suivant not in self.transitions.get(precedent, frozenset()):
                raise DefinitionInvalide(f"{self.nom} v{self.version}: {precedent} -> {suivant} is not in the table")

    def _chemins(self) -> Iterator[tuple[str, str]]:
        courant = self.etat_initial
        for etape in self.etapes:
            for suivant in (etape.etat_avant, etape.etat_apres):
                if suivant is not None:
                    yield courant, suivant
                    courant = suivant
                    if etape.etat_echec is not None and suivant == etape.etat_avant:
                        yield courant, etape.etat_echec
        yield courant, self.etat_final
        yield self.etat_compensation, self.etat_annule
        yield self.etat_compensation, self.etat_intervention
        yield self.etat_intervention, self.etat_compensation
        yield self.etat_intervention, self.etat_annule

    def permet(self, precedent: str, suivant: str) -> bool:
        """Whether the table lists this change."""
        return suivant in self.transitions.get(precedent, frozenset())

    def exiger(self, precedent: str, suivant: str) -> str:
        """`suivant`, or raises `TransitionIllegale`."""
        if not self.permet(precedent, suivant):
            raise TransitionIllegale(f"{self.nom} v{self.version}: {precedent} -> {suivant}")
        return suivant

    def est_terminal(self, etat: str) -> bool:
        """Whether nothing follows this state, not even an operator."""
        return etat in (self.etat_final, self.etat_annule)

    def a_defaire(self, tentees: Iterable[str]) -> tuple[str, ...]:
        """Names of the steps of `tentees` that have a compensation, last one first."""
        visees = set(tentees)
        return tuple(e.nom for e in reversed(self.etapes) if e.compensation is not None and e.nom in visees)

    def effets(self) -> tuple[str, ...]:
        """Names of the steps that can be compensated, in order."""
        return tuple(e.nom for e in self.etapes if e.compensation is not None)


class Registre:
    """Definitions by (name, version). A version stays registered as long as sagas of it may be unfinished."""

    def __init__(self, *definitions: DefinitionSaga) -> None:
        self._par_version: dict[tuple[str, int], DefinitionSaga] = {}
        for definition in definitions:
            self.ajouter(definition)

    def ajouter(self, definition: DefinitionSaga) -> None:
        """Raises `DefinitionInvalide` when the version is taken."""
        if (definition.nom, definition.version) in self._par_version:
            raise DefinitionInvalide(f"{definition.nom} v{definition.version} is registered twice")
        self._par_version[definition.nom, definition.version] = definition

    def trouver(self, nom: str, version: int) -> DefinitionSaga:
        """Raises `KeyError`: an old version was removed while sagas of it were still running."""
        return self._par_version[nom, version]

    def derniere(self, nom: str) -> DefinitionSaga:
        """The version new sagas begin under."""
        return max((d for (n, _), d in self._par_version.items() if n == nom), key=lambda d: d.version)

    def versions(self) -> tuple[tuple[str, int], ...]:
        """What this process can run."""
        return tuple(self._par_version)
