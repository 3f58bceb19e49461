"""The saga's state machine against a model of everything around it: processes that die, freeze and come back late,
leases, operators, and a network that loses, repeats and delays.

Nothing here knows how the engine decides. It knows what must never be: an effect without a written intent, a write by
an owner whose lease is gone, an illegal transition, a step undone out of order, an end with half of the effects, an
effect that appears after the end.
"""

from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from socle.saga import moteur as m
from tests.modele.profil import reglages, sans_reduction
from tests.saga.exemple import TABLE, definition

SAGA = definition()
EFFETS = ("reserver", "commander")
TERMINAUX = ("SAGA_TERMINEE", "SAGA_ANNULEE")
INTERVENTION = "INTERVENTION_REQUISE"

Sort = Literal["repond", "reponse_perdue", "en_route", "pas_envoye", "refuse"]
SORTS: tuple[Sort, ...] = (*["repond"] * 4, *["reponse_perdue"] * 3, "en_route", "pas_envoye", "refuse")
RARE = st.integers(0, 5)
"""What ends a story comes rarely, and after the intent only (before it, see `test_moteur`): or no story goes far."""


@dataclass
class Participant:
    """The reference model of one step's participant: a barrier, and nothing else."""

    actif: bool = False
    ferme: bool = False
    faits: int = 0
    defaits: int = 0

    def agir(self) -> bool:
        """Whether the action is done (now or before); False: refused, its compensation came first."""
        if self.ferme:
            return self.faits > 0
        if not self.faits:
            self.faits, self.actif = 1, True
        return True

    def defaire(self) -> bool:
        """Whether this call undid something."""
        premiere = self.actif
        self.defaits += premiere
        self.actif, self.ferme = False, True
        return premiere


@dataclass
class Ligne:
    """The row in the database; `exact`: its owner handed it over, so that nothing happened that it does not say."""

    etat: m.EtatSaga
    jeton: int = 1
    libre: bool = False
    exact: bool = False
    histoire: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Processus:
    """A process that believes it owns the saga: what it holds in memory, and what it does next."""

    jeton: int
    etat: m.EtatSaga
    issue: m.Issue | None
    appel: m.Appeler | None = None
    en_attente: list[tuple[str, str]] = field(default_factory=list)


class BailPerdu(Exception):
    """The row belongs to somebody else."""


class Monde(RuleBasedStateMachine):
    """One saga, any number of processes, one row, one network."""

    def __init__(self) -> None:
        super().__init__()
        self.ligne = Ligne(m.initial(SAGA))
        self.processus = [Processus(1, self.ligne.etat, m.Demarrer())]
        self.participants = {nom: Participant() for nom in EFFETS}
        self.reseau: list[tuple[str, m.Sens]] = []
        self.defaits: list[str] = []
        self.reste_s = 30.0
        self.fin: m.EtatSaga | None = None

    # -- what processes do --------------------------------------------------------------------------------------------

    def _ecrire(self, p: Processus) -> None:
        """A write carries the fencing token."""
        if p.jeton != self.ligne.jeton or self.fin is not None:
            raise BailPerdu
        self.ligne.etat, self.ligne.exact = p.etat, False
        self.ligne.histoire += p.en_attente
        p.en_attente = []

    def _avancer(self, p: Processus) -> None:
        issue, p.issue = p.issue, None
        assert issue is not None
        p.etat, commandes = m.avancer(SAGA, p.etat, issue, self.reste_s)
        for commande in commandes:
            if isinstance(commande, m.Consigner):
                p.en_attente.append((commande.etat_precedent, commande.nouvel_etat))
            elif isinstance(commande, m.Persister):
                self._ecrire(p)
            elif isinstance(commande, m.Appeler):
                p.appel = commande
            elif isinstance(commande, m.Attendre):
                self._ecrire(p)
                p.issue = m.Demarrer()
            else:
                self._ecrire(p)
                self._lacher(p, commande)

    def _lacher(self, p: Processus, commande: m.Commande) -> None:
        self.processus.remove(p)
        if isinstance(commande, m.Rendre):
            self.ligne.libre, self.ligne.exact = True, True
        elif isinstance(commande, m.Terminer):
            self.fin = p.etat
        else:
            assert isinstance(commande, m.Intervenir)
            self.ligne.exact = True

    def _un(self, n: int) -> Processus:
        return self.processus[n % len(self.processus)]

    def _saisir(self, ordre: m.Ordre | None = None) -> None:
        """A new owner: the row says who it was, and whether it may be taken at its word."""
        abandonnee = not self.ligne.exact
        self.ligne.jeton += 1
        self.ligne.libre = False
        self.ligne.exact = False
        etat = self.ligne.etat
        if ordre is not None and abandonnee:
            etat = m.elargir(SAGA, etat)
        issue: m.Issue = ordre or (m.Abandonnee("un autre") if abandonnee else m.Demarrer())
        self.processus.append(Processus(self.ligne.jeton, etat, issue))

    # -- rules ---------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.processus)
    @rule(n=st.integers(0, 5), sort=st.sampled_from(SORTS))
    def un_processus_travaille(self, n: int, sort: Sort) -> None:
        """Up to its next call, which has one of the fates a call may have. It may then sleep as long as it likes."""
        p = self._un(n)
        try:
            while p.issue is not None:
                self._avancer(p)
        except BailPerdu:
            self.processus.remove(p)
        if p.appel is not None:
            appel, p.appel = p.appel, None
            p.issue = self._sort(p, appel, sort)

    def _sort(self, p: Processus, appel: m.Appeler, sort: Sort) -> m.Issue:
        nom, sens = appel.etape.nom, appel.sens
        participant = self.participants.get(nom)
        if sort == "pas_envoye":
            return m.EnPanne("connexion refusée", False)
        if participant is None:
            return (
                m.Reussie()
            )  # what a read may answer is `test_moteur`'s business: here stories are to get to the effects
        if sort == "refuse" and sens == "action" and not participant.faits:
            return m.Refusee("non", "refus")
        if sort == "en_route":
            self.reseau.append((nom, sens))
            return m.EnPanne("délai dépassé", True)
        self.reseau.append((nom, sens))  # what was sent once may arrive again
        if p.jeton == self.ligne.jeton and sens == "action" and self.fin is None:
            assert not participant.ferme, f"the owner asks for {nom} after having undone it"
        fait = self._livrer(nom, sens)
        if sort == "reponse_perdue":
            return m.EnPanne("réponse perdue", True)
        return m.Reussie() if fait else m.Refusee("référence annulée", "reference_annulee")

    def _livrer(self, nom: str, sens: m.Sens) -> bool:
        participant = self.participants[nom]
        if sens == "compensation":
            if participant.defaire():
                self.defaits.append(nom)
            return True
        if not participant.faits and not participant.ferme:
            assert self.ligne.etat.intention, f"{nom} took effect and no intent is written"
        return participant.agir()

    @precondition(lambda self: self.reseau)
    @rule(n=st.integers(0, 20))
    def un_message_arrive_tard_ou_deux_fois(self, n: int) -> None:
        self._livrer(*self.reseau[n % len(self.reseau)])

    @precondition(lambda self: self.processus)
    @rule(n=st.integers(0, 5), rare=RARE)
    def un_processus_meurt(self, n: int, rare: int) -> None:
        if rare < 3:
            return
        p = self._un(n)
        self.processus.remove(p)
        if p.jeton == self.ligne.jeton:
            self.ligne.libre = True

    @precondition(lambda self: not self.ligne.libre and self.fin is None)
    @rule()
    def le_bail_expire_pendant_que_son_detenteur_dort(self) -> None:
        self.ligne.libre = True

    @precondition(lambda self: self.ligne.libre and self.fin is None and self.ligne.etat.etat != INTERVENTION)
    @rule()
    def un_autre_processus_reprend(self) -> None:
        self._saisir()

    @precondition(lambda self: self.fin is None and self.ligne.etat.intention)
    @rule(genre=st.sampled_from([m.OrdreCompenser, m.OrdreReprendre]), rare=RARE)
    def un_operateur_ordonne(self, genre: type[m.OrdreCompenser] | type[m.OrdreReprendre], rare: int) -> None:
        if rare < (5 if genre is m.OrdreCompenser else 3):
            return
        self._saisir(genre("ada", "essai"))
        p = self.processus[-1]
        try:
            self._avancer(p)
        except m.OrdreImpossible:
            # Refused: the row goes back as it was found.
            self.processus.remove(p)
            self.ligne.libre = self.ligne.etat.etat != INTERVENTION

    @precondition(lambda self: self.fin is None and self.ligne.etat.etat == INTERVENTION)
    @rule()
    def un_operateur_regle_la_compensation_a_la_main(self) -> None:
        restantes = self.ligne.etat.a_compenser
        assert restantes
        if self.participants[restantes[0]].defaire():
            self.defaits.append(restantes[0])
        self._saisir(m.OrdreIgnorer("ada", "réglé à la main"))
        self._avancer(self.processus[-1])

    @precondition(lambda self: self.ligne.etat.intention)
    @rule(rare=RARE)
    def le_delai_de_la_saga_passe(self, rare: int) -> None:
        if rare == 5:
            self.reste_s = -1.0

    # -- what must always hold -----------------------------------------------------------------------------------------

    @invariant()
    def l_histoire_est_une_chaine_legale(self) -> None:
        precedent = SAGA.etat_initial
        for avant, apres in self.ligne.histoire:
            assert avant == precedent
            assert apres == avant or apres in TABLE[avant]
            precedent = apres
        assert precedent == self.ligne.etat.etat

    @invariant()
    def chaque_effet_au_plus_une_fois_et_defait_en_ordre_inverse(self) -> None:
        assert all(p.faits <= 1 and p.defaits <= p.faits for p in self.participants.values())
        assert self.defaits == [nom for nom in reversed(EFFETS) if nom in self.defaits]

    @invariant()
    def la_fin_est_vraie_et_le_reste(self) -> None:
        if self.fin is None:
            return
        assert self.ligne.etat is self.fin
        actifs = {nom for nom, p in self.participants.items() if p.actif}
        assert actifs == (set(EFFETS) if self.fin.etat == "SAGA_TERMINEE" else set())
        if self.fin.etat == "SAGA_ANNULEE":
            # What is still on its way finds the door closed.
            assert all(self.participants[nom].ferme for nom, sens in self.reseau if nom in EFFETS)

    def teardown(self) -> None:
        """Faults stop: whoever is left finishes, in a bounded number of steps."""
        for _ in range(200):
            if self.fin is not None:
                break
            self._un_pas_sans_faute()
        assert self.fin is not None, f"never ends: {self.ligne}"
        for message in self.reseau:
            self._livrer(*message)
        self.la_fin_est_vraie_et_le_reste()

    def _un_pas_sans_faute(self) -> None:
        actuels = [p for p in self.processus if p.jeton == self.ligne.jeton]
        if not actuels and self.ligne.etat.etat == INTERVENTION:
            self._saisir(m.OrdreReprendre("ada", "les services sont revenus"))
        elif not actuels:
            self.ligne.libre = True
            self.un_autre_processus_reprend()
        elif actuels[0].appel is not None:
            appel, actuels[0].appel = actuels[0].appel, None
            actuels[0].issue = self._sort(actuels[0], appel, "repond")
        else:
            self._avancer(actuels[0])


def test_F11_F13_F17_F18_no_story_of_deaths_delays_and_operators_breaks_the_saga() -> None:
    run_state_machine_as_test(Monde, settings=reglages())  # type: ignore[no-untyped-call]


# -- the model can fail: engines with one planted defect --------------------------------------------------------------


def _sans_elargir(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes over believes what the dead owner had written."""
    monkeypatch.setattr(m, "elargir", lambda _definition, etat: etat)


def _sans_jeton(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes carry no fencing token."""

    def ecrire(self: Monde, p: Processus) -> None:
        self.ligne.etat, self.ligne.exact = p.etat, False
        self.ligne.histoire += p.en_attente
        p.en_attente = []

    monkeypatch.setattr(Monde, "_ecrire", ecrire)


def _sans_intention(monkeypatch: pytest.MonkeyPatch) -> None:
    """The intent is not written before the effect."""
    origine = m.avancer

    def avancer(*args: object) -> tuple[m.EtatSaga, list[m.Commande]]:
        etat, commandes = origine(*args)  # type: ignore[arg-type]
        return etat, [c for c in commandes if c != m.Persister(intention=True)]

    monkeypatch.setattr(m, "avancer", avancer)


def _ordre_direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compensation in forward order."""
    monkeypatch.setattr(
        type(SAGA), "a_defaire", lambda self, tentees: tuple(n for n in self.effets() if n in set(tentees))
    )


def _sans_tentees(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step whose answer was lost is taken for one that did not happen."""
    monkeypatch.setattr(m._Passage, "_tenter", lambda _passage: None)


@pytest.mark.parametrize("defaut", [_sans_elargir, _sans_jeton, _sans_intention, _ordre_direct, _sans_tentees])
def test_the_model_sees_a_planted_defect(defaut: object, monkeypatch: pytest.MonkeyPatch) -> None:
    defaut(monkeypatch)  # type: ignore[operator]
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Monde, settings=sans_reduction(reglages()))  # type: ignore[no-untyped-call]
