"""The engine: `(definition, state, outcome) -> (state, commands)`. Pure: no I/O, no clock, no randomness.

1. `tentees` are the steps that may have had an effect. A refusal proves that there was none; a time-out proves
   nothing, so the step is compensated (the participants' barriers make that a no-op when nothing had happened).
2. A state read from the database is exact when its owner handed it over, and a lower bound when its owner died:
   `Abandonnee` widens `tentees` to every effect whose intent was persisted.
3. The saga's deadline is passed in as `reste_s`; it rules only while the saga goes forward.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from socle.saga.definition import DefinitionSaga, Etape, TransitionIllegale

Genre = Literal["metier", "technique", "delai", "operateur"]
Sens = Literal["action", "compensation"]


class OrdreImpossible(Exception):
    """An operator's order that the present state does not allow; its text is the French sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Echec:
    """Why the saga turned back: kind, stable code, sentence, step, and the failure state it passed through."""

    genre: Genre
    code: str
    message: str
    etape: str
    etat: str | None = None


@dataclass(frozen=True, slots=True)
class EtatSaga:
    """Everything the engine knows about one saga; `a_compenser` is None while it goes forward."""

    etat: str
    position: int = 0
    intention: bool = False
    tentees: tuple[str, ...] = ()
    a_compenser: tuple[str, ...] | None = None
    echecs: int = 0
    echec: Echec | None = None
    derniere_erreur: str = ""

    def vers_json(self) -> dict[str, Any]:
        """As stored."""
        e = self.echec
        return {
            "position": self.position,
            "intention": self.intention,
            "tentees": self.tentees,
            "a_compenser": self.a_compenser,
            "echecs": self.echecs,
            "echec": None if e is None else [e.genre, e.code, e.message, e.etape, e.etat],
            "derniere_erreur": self.derniere_erreur,
        }

    @classmethod
    def depuis_json(cls, etat: str, brut: Mapping[str, Any]) -> "EtatSaga":
        """The inverse of `vers_json`."""
        return cls(
            etat=etat,
            position=brut["position"],
            intention=brut["intention"],
            tentees=tuple(brut["tentees"]),
            a_compenser=None if brut["a_compenser"] is None else tuple(brut["a_compenser"]),
            echecs=brut["echecs"],
            echec=None if brut["echec"] is None else Echec(*brut["echec"]),
            derniere_erreur=brut["derniere_erreur"],
        )


# -- outcomes -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Demarrer:
    """Begin, or go on from an exact state."""


@dataclass(frozen=True, slots=True)
class Abandonnee:
    """Go on from the state of an owner that died: it may have done more than it wrote."""

    ancien: str = ""


@dataclass(frozen=True, slots=True)
class Reussie:
    """The call succeeded."""


@dataclass(frozen=True, slots=True)
class Refusee:
    """The participant refused: no effect."""

    message: str
    code: str = "refus"


@dataclass(frozen=True, slots=True)
class EnPanne:
    """No usable answer. `ecoule_s`: seconds since the first attempt of this step."""

    message: str
    effet_possible: bool
    ecoule_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Suspendue:
    """The owner stops here (its caller's time is over, or its process ends); the attempt is not counted."""

    effet_possible: bool


@dataclass(frozen=True, slots=True)
class OrdreCompenser:
    """Operator: undo this saga now."""

    par: str
    motif: str
    cle: str = ""


@dataclass(frozen=True, slots=True)
class OrdreReprendre:
    """Operator: try again now, with a fresh budget, in the direction the saga is going."""

    par: str
    motif: str
    cle: str = ""


@dataclass(frozen=True, slots=True)
class OrdreIgnorer:
    """Operator: the blocked compensation was settled by hand; skip it."""

    par: str
    motif: str
    cle: str = ""


Ordre: TypeAlias = OrdreCompenser | OrdreReprendre | OrdreIgnorer
Issue: TypeAlias = Demarrer | Abandonnee | Reussie | Refusee | EnPanne | Suspendue | Ordre


# -- commands -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Consigner:
    """Add one entry to the history."""

    type: str
    etat_precedent: str
    nouvel_etat: str
    message: str
    donnees: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Persister:
    """Write the state before going on."""

    intention: bool = False


@dataclass(frozen=True, slots=True)
class Appeler:
    """Call this step's action or compensation, then feed its outcome."""

    etape: Etape
    sens: Sens


@dataclass(frozen=True, slots=True)
class Attendre:
    """Write the state, pause for a random time up to `plafond_s`, then feed `Demarrer`."""

    plafond_s: float


@dataclass(frozen=True, slots=True)
class Rendre:
    """Write the state and give the saga up, to whoever claims it next."""


@dataclass(frozen=True, slots=True)
class Terminer:
    """Write the end."""


@dataclass(frozen=True, slots=True)
class Intervenir:
    """Write the state; only an operator's order goes on from here."""


Commande: TypeAlias = Consigner | Persister | Appeler | Attendre | Rendre | Terminer | Intervenir

_RIEN: Mapping[str, Any] = {}
_PERSISTER = Persister()
_INTENTION = Persister(intention=True)


def initial(definition: DefinitionSaga) -> EtatSaga:
    """The state a saga is created in."""
    return EtatSaga(etat=definition.etat_initial)


def elargir(definition: DefinitionSaga, etat: EtatSaga) -> EtatSaga:
    """The state with every effect after a persisted intent counted as tried: its owner vanished."""
    if etat.intention and etat.a_compenser is None:
        return replace(etat, tentees=definition.effets())
    return etat


def avancer(
    definition: DefinitionSaga, etat: EtatSaga, issue: Issue, reste_s: float
) -> tuple[EtatSaga, list[Commande]]:
    """The next state and what to do, in order; the last command says how to go on.

    `reste_s`: seconds before the saga's deadline. Raises `OrdreImpossible` for an operator's order the state does not
    allow, `TransitionIllegale` for any outcome of an ended saga.
    """
    if definition.est_terminal(etat.etat):
        if isinstance(issue, OrdreCompenser | OrdreReprendre | OrdreIgnorer):
            raise OrdreImpossible(f"La saga est terminée ({etat.etat}).")
        raise TransitionIllegale(f"{definition.nom}: {etat.etat} is an end, nothing follows {type(issue).__name__}")
    passage = _Passage(definition, etat, reste_s)
    passage.recevoir(issue)
    return passage.etat, passage.commandes


class _Passage:
    """One turn of the engine: the state being changed and the commands collected on the way."""

    __slots__ = ("commandes", "definition", "etat", "reste_s")

    def __init__(self, definition: DefinitionSaga, etat: EtatSaga, reste_s: float) -> None:
        self.definition, self.etat, self.reste_s = definition, etat, reste_s
        self.commandes: list[Commande] = []

    # -- outcomes --------------------------------------------------------------------------------------------------

    def recevoir(self, issue: Issue) -> None:
        if isinstance(issue, OrdreCompenser | OrdreReprendre | OrdreIgnorer):
            self._obeir(issue)
        elif self.etat.etat == self.definition.etat_intervention:
            raise TransitionIllegale(f"{self.etat.etat} waits for an operator, not for {type(issue).__name__}")
        elif isinstance(issue, Demarrer):
            self._continuer()
        elif isinstance(issue, Abandonnee):
            self.etat = elargir(self.definition, self.etat)
            self._consigner(
                "SAGA_REPRISE", self.etat.etat, "Reprise d'une saga abandonnée par son exécutant.",
                {"ancien_executant": issue.ancien},
            )  # fmt: skip
            self._continuer()
        elif isinstance(issue, Suspendue):
            if issue.effet_possible:
                self._tenter()
            self.commandes.append(Rendre())
        elif self.etat.a_compenser is not None:
            self._issue_compensation(issue, self.etat.a_compenser)
        elif isinstance(issue, Reussie):
            self._succes()
        elif isinstance(issue, Refusee):
            self._refus(issue)
        else:
            self._panne(issue)

    def _continuer(self) -> None:
        if self.etat.a_compenser is not None:
            self._compensation_suivante(self.etat.a_compenser)
        elif self.reste_s <= 0:
            self._delai_passe()
        else:
            self._etape_suivante()

    # -- forward ---------------------------------------------------------------------------------------------------

    def _etape_suivante(self) -> None:
        definition, etat = self.definition, self.etat
        if etat.position == len(definition.etapes):
            self._aller(definition.etat_final, "SAGA_TERMINEE_SUCCES", "Saga terminée avec succès.")
            self.commandes.append(Terminer())
            return
        etape = definition.etapes[etat.position]
        if etape.etat_avant is not None and etat.etat != etape.etat_avant:
            premiere = etat.position == 0
            self._aller(
                etape.etat_avant,
                "SAGA_DEMARRE" if premiere else "ETAPE_DEMARREE",
                "Saga démarrée." if premiere else f"Étape {etape.nom} démarrée.",
                {"etape": etape.nom},
            )
        if not etape.lecture and not self.etat.intention:
            self.etat = replace(self.etat, intention=True)
            self.commandes.append(_INTENTION)
        self.commandes.append(Appeler(etape, "action"))

    def _succes(self) -> None:
        etape = self._courante()
        self._tenter()
        en_retard = self.reste_s <= 0
        # The deadline passed while the step ran: its success is a late one, and is undone (F17). Where the table lets
        # nothing but the end follow the step's success, the step counts as failed.
        if en_retard and not self.definition.permet(
            etape.etat_apres or self.etat.etat, self.definition.etat_compensation
        ):
            self._delai_passe()
            return
        self._aller(
            etape.etat_apres or self.etat.etat, f"{etape.evenement}_SUCCES", f"Étape {etape.nom} réussie.",
            {"etape": etape.nom},
        )  # fmt: skip
        self.etat = replace(self.etat, position=self.etat.position + 1, echecs=0, derniere_erreur="")
        if en_retard:
            self._delai_passe()
        else:
            self._etape_suivante()

    def _refus(self, issue: Refusee) -> None:
        etape = self._courante()
        nomme = etape.etat_echec is not None and (etape.echec_si is None or issue.code in etape.echec_si)
        self._rebrousser(
            Echec("metier", issue.code, issue.message, etape.nom), etape, etape.etat_echec if nomme else None
        )

    def _panne(self, issue: EnPanne) -> None:
        etape = self._courante()
        if issue.effet_possible:
            self._tenter()
        echecs = self.etat.echecs + 1
        self.etat = replace(self.etat, echecs=echecs, derniere_erreur=issue.message)
        politique = etape.politique or self.definition.politique
        if self.reste_s <= 0:
            self._delai_passe()
        elif politique.epuisee(echecs, issue.ecoule_s):
            self._rebrousser(Echec("technique", "service_indisponible", issue.message, etape.nom), etape, None)
        else:
            self._consigner("NOUVEL_ESSAI", self.etat.etat, issue.message, {"etape": etape.nom, "tentative": echecs})
            self.commandes.append(Attendre(politique.attente_max_s(echecs)))

    def _delai_passe(self) -> None:
        etape = self.definition.etapes[min(self.etat.position, len(self.definition.etapes) - 1)]
        self._rebrousser(Echec("delai", "delai_depasse", "Le délai de la saga est dépassé.", etape.nom), etape, None)

    # -- backward --------------------------------------------------------------------------------------------------

    def _rebrousser(self, echec: Echec, etape: Etape, etat_echec: str | None) -> None:
        """Turn back: through the step's failure state where the refusal names it or the table leaves no other way."""
        definition = self.definition
        en_cours = self.etat.position < len(definition.etapes) and definition.etapes[self.etat.position] is etape
        if etat_echec is None and not definition.permet(self.etat.etat, definition.etat_compensation):
            etat_echec = etape.etat_echec
        nouvel = self.etat.etat
        if etat_echec is not None and definition.permet(self.etat.etat, etat_echec):
            nouvel = etat_echec
            echec = replace(echec, etat=etat_echec)
        if nouvel != self.etat.etat or (en_cours and echec.genre in ("metier", "technique")):
            self._aller(nouvel, f"{etape.evenement}_ECHEC", echec.message, {"etape": etape.nom, "code": echec.code})
        a_compenser = definition.a_defaire(self.etat.tentees)
        self.etat = replace(self.etat, echec=echec, echecs=0)
        if not a_compenser and definition.permet(self.etat.etat, definition.etat_annule):
            self._aller(definition.etat_annule, "SAGA_ANNULEE", "Saga annulée ; rien n'était à compenser.")
            self.commandes.append(Terminer())
            return
        self._aller(
            definition.etat_compensation, "COMPENSATION_DEMANDEE", echec.message,
            {"cause": echec.genre, "etapes": list(a_compenser)},
        )  # fmt: skip
        self.etat = replace(self.etat, a_compenser=a_compenser)
        if a_compenser:
            self.commandes.append(_PERSISTER)
        self._compensation_suivante(a_compenser)

    def _compensation_suivante(self, restantes: tuple[str, ...]) -> None:
        definition = self.definition
        if restantes:
            self.commandes.append(Appeler(definition.par_nom[restantes[0]], "compensation"))
        else:
            self._aller(definition.etat_annule, "COMPENSATION_TERMINEE", "Compensation terminée.")
            self.commandes.append(Terminer())

    def _issue_compensation(self, issue: Reussie | Refusee | EnPanne, restantes: tuple[str, ...]) -> None:
        definition, nom = self.definition, restantes[0]
        if isinstance(issue, Reussie):
            self._consigner("COMPENSATION_EFFECTUEE", self.etat.etat, f"Étape {nom} compensée.", {"etape": nom})
            self.etat = replace(self.etat, a_compenser=restantes[1:], echecs=0, derniere_erreur="")
            if restantes[1:]:
                self.commandes.append(_PERSISTER)
            self._compensation_suivante(restantes[1:])
            return
        echecs = self.etat.echecs + 1
        self.etat = replace(self.etat, echecs=echecs, derniere_erreur=issue.message)
        politique = definition.par_nom[nom].politique_compensation or definition.politique_compensation
        ecoule = issue.ecoule_s if isinstance(issue, EnPanne) else 0.0
        if politique.epuisee(echecs, ecoule):
            self._aller(
                definition.etat_intervention, "INTERVENTION_REQUISE", issue.message,
                {"etape": nom, "tentatives": echecs},
            )  # fmt: skip
            self.commandes.append(Intervenir())
        else:
            self._consigner("NOUVEL_ESSAI", self.etat.etat, issue.message, {"etape": nom, "tentative": echecs})
            self.commandes.append(Attendre(politique.attente_max_s(echecs)))

    # -- operators -------------------------------------------------------------------------------------------------

    def _obeir(self, ordre: Ordre) -> None:
        definition, trace = self.definition, {"operateur": ordre.par, "motif": ordre.motif}
        if ordre.cle:
            trace["cle"] = ordre.cle
        bloquee = self.etat.etat == definition.etat_intervention
        restantes = self.etat.a_compenser
        if isinstance(ordre, OrdreIgnorer):
            if not bloquee or not restantes:
                raise OrdreImpossible("Seule une saga en INTERVENTION_REQUISE a une étape à ignorer.")
            self._ignorer(restantes, trace)
        elif restantes is not None:
            self._aller(
                definition.etat_compensation if bloquee else self.etat.etat,
                "COMPENSATION_DEMANDEE" if isinstance(ordre, OrdreCompenser) else "REPRISE_DEMANDEE",
                "Compensation relancée par un opérateur.", trace,
            )  # fmt: skip
            self.etat = replace(self.etat, echecs=0)
            self._compensation_suivante(restantes)
            self._persister_avant_l_appel()
        elif isinstance(ordre, OrdreReprendre):
            self._consigner("REPRISE_DEMANDEE", self.etat.etat, "Reprise demandée par un opérateur.", trace)
            self.etat = replace(self.etat, echecs=0)
            self._continuer()
            self._persister_avant_l_appel()
        else:
            etape = definition.etapes[min(self.etat.position, len(definition.etapes) - 1)]
            self._consigner("ORDRE_COMPENSER", self.etat.etat, "Compensation demandée par un opérateur.", trace)
            self._rebrousser(
                Echec("operateur", "compensation_demandee", f"Compensation demandée : {ordre.motif}", etape.nom),
                etape, None,
            )  # fmt: skip

    def _persister_avant_l_appel(self) -> None:
        """Write the order before the call it leads to, once, and after every entry of this turn: the row that is
        written holds the state of the turn's end, and must hold the history that leads there."""
        if isinstance(self.commandes[-1], Appeler) and not isinstance(self.commandes[-2], Persister):
            self.commandes.insert(-1, _PERSISTER)

    def _ignorer(self, restantes: tuple[str, ...], trace: dict[str, str]) -> None:
        definition, suite = self.definition, restantes[1:]
        self.etat = replace(self.etat, a_compenser=suite, echecs=0)
        self._aller(
            definition.etat_compensation if suite else definition.etat_annule, "ETAPE_IGNOREE",
            f"Compensation de {restantes[0]} ignorée par un opérateur.", {**trace, "etape": restantes[0]},
        )  # fmt: skip
        if suite:
            self.commandes.append(_PERSISTER)
            self._compensation_suivante(suite)
        else:
            self.commandes.append(Terminer())

    # -- small things ----------------------------------------------------------------------------------------------

    def _courante(self) -> Etape:
        return self.definition.etapes[self.etat.position]

    def _tenter(self) -> None:
        """The current step may have had an effect."""
        if self.etat.a_compenser is not None or self.etat.position >= len(self.definition.etapes):
            return
        etape = self._courante()
        if etape.compensation is not None and etape.nom not in self.etat.tentees:
            self.etat = replace(self.etat, tentees=(*self.etat.tentees, etape.nom))

    def _aller(self, nouvel: str, type_: str, message: str, donnees: Mapping[str, Any] = _RIEN) -> None:
        precedent = self.etat.etat
        if nouvel != precedent:
            self.definition.exiger(precedent, nouvel)
            self.etat = replace(self.etat, etat=nouvel)
        self.commandes.append(Consigner(type_, precedent, nouvel, message, donnees))

    def _consigner(self, type_: str, etat: str, message: str, donnees: Mapping[str, Any]) -> None:
        self.commandes.append(Consigner(type_, etat, etat, message, donnees))
