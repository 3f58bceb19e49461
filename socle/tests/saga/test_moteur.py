"""The engine against the transition table of the contract, section 7, written down a second time in `exemple`."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socle.saga import moteur as m
from socle.saga.definition import DefinitionInvalide, DefinitionSaga, Etape, Registre, TransitionIllegale
from tests.saga.exemple import TABLE, definition

SAGA = definition()
EFFETS = ("reserver", "commander")
TERMINAUX = {"SAGA_TERMINEE", "SAGA_ANNULEE"}


def consignes(commandes: Iterable[m.Commande]) -> list[m.Consigner]:
    return [c for c in commandes if isinstance(c, m.Consigner)]


@dataclass
class Monde:
    """Participants with barriers: an action has its effect once, unless its compensation came first."""

    actifs: set[str] = field(default_factory=set)
    fermes: set[str] = field(default_factory=set)
    compensations: list[str] = field(default_factory=list)

    def agir(self, nom: str) -> None:
        if nom not in self.fermes:
            self.actifs.add(nom)

    def defaire(self, nom: str) -> None:
        if nom in self.actifs:
            self.compensations.append(nom)
        self.actifs.discard(nom)
        self.fermes.add(nom)


ISSUES = ("ok", "ok", "ok", "refus", "refus_autre", "perdu_avant", "perdu_apres", "pas_envoye", "mort", "suspendu")


@settings(max_examples=600, deadline=None)
@given(
    st.lists(st.sampled_from(ISSUES), max_size=40),
    st.integers(3, 60),
)
def test_any_story_ends_legally_with_all_effects_or_none(issues: list[str], delai: int) -> None:
    """Whatever participants answer and wherever owners die: legal transitions, and in the end all effects or none."""
    monde, temps, tirage = Monde(), 0, iter(issues)
    persiste = etat = m.initial(SAGA)
    issue: m.Issue = m.Demarrer()
    precedent = etat.etat
    for _ in range(400):
        temps += 1
        etat, commandes = m.avancer(SAGA, etat, issue, float(delai - temps))
        for entree in consignes(commandes):
            assert entree.etat_precedent == precedent
            assert entree.nouvel_etat == precedent or entree.nouvel_etat in TABLE[precedent]
            precedent = entree.nouvel_etat
        assert precedent == etat.etat
        assert m.EtatSaga.depuis_json(etat.etat, etat.vers_json()) == etat
        derniere = commandes[-1]
        if any(isinstance(c, m.Persister) for c in commandes) or isinstance(derniere, m.Attendre | m.Rendre):
            persiste = etat
        if isinstance(derniere, m.Terminer):
            break
        if isinstance(derniere, m.Intervenir):
            issue = m.OrdreReprendre("ada", "le service est revenu")
            continue
        if isinstance(derniere, m.Attendre | m.Rendre):
            issue = m.Demarrer()
            continue
        assert isinstance(derniere, m.Appeler)
        etape, tirages = derniere.etape, next(tirage, "ok")
        if derniere.sens == "compensation":
            issue = m.Reussie()
            if tirages in ("perdu_avant", "pas_envoye", "refus"):
                issue = m.EnPanne("en panne", True)
            else:
                monde.defaire(etape.nom)
                if tirages == "perdu_apres":
                    issue = m.EnPanne("réponse perdue", True)
        elif tirages in ("refus", "refus_autre") and etape.nom not in monde.actifs:
            issue = m.Refusee("non", "stock_insuffisant" if tirages == "refus" else "produit_inconnu")
        elif tirages == "pas_envoye":
            issue = m.EnPanne("connexion refusée", False)
        elif tirages == "perdu_avant":
            issue = m.EnPanne("délai dépassé", True)
        else:
            if not etape.lecture:
                # A fenced participant refuses what comes after its compensation.
                if etape.nom in monde.fermes:
                    pytest.fail("the engine calls an action after its compensation")
                assert etat.intention, "an effect without a persisted intent"
                monde.agir(etape.nom)
            issue = m.EnPanne("réponse perdue", True) if tirages == "perdu_apres" else m.Reussie()
        if tirages == "suspendu" and isinstance(issue, m.Reussie) and derniere.sens == "action":
            issue = m.Suspendue(effet_possible=True)
        if tirages == "mort":
            etat, precedent = persiste, persiste.etat
            issue = m.Abandonnee("saga-1")
    else:
        pytest.fail("the saga never ends")
    assert etat.etat in TERMINAUX
    assert monde.actifs == (set(EFFETS) if etat.etat == "SAGA_TERMINEE" else set())
    assert monde.compensations == [nom for nom in reversed(EFFETS) if nom in monde.compensations]
    with pytest.raises(TransitionIllegale):
        m.avancer(SAGA, etat, m.Demarrer(), 1.0)


def derouler(*issues: m.Issue, reste: float = 30.0) -> tuple[m.EtatSaga, list[m.Commande]]:
    etat, commandes = m.avancer(SAGA, m.initial(SAGA), m.Demarrer(), reste)
    toutes = list(commandes)
    for issue in issues:
        etat, commandes = m.avancer(SAGA, etat, issue, reste)
        toutes += commandes
    return etat, toutes


def test_success_persists_one_intent_and_writes_the_documented_history() -> None:
    etat, commandes = derouler(*[m.Reussie()] * 4)
    assert etat.etat == "SAGA_TERMINEE"
    assert [c for c in commandes if isinstance(c, m.Persister)] == [m.Persister(intention=True)]
    assert [c.type for c in consignes(commandes)] == [
        "SAGA_DEMARRE", "STOCK_VERIFIE_SUCCES", "INFORMATIONS_SUCCES", "ETAPE_DEMARREE", "STOCK_RESERVE_SUCCES",
        "ETAPE_DEMARREE", "COMMANDE_CREEE_SUCCES", "SAGA_TERMINEE_SUCCES",
    ]  # fmt: skip
    assert commandes[-1] == m.Terminer()


def test_a_shortage_ends_without_compensation() -> None:
    etat, commandes = derouler(m.Refusee("il en reste 2", "stock_insuffisant"))
    assert [c.nouvel_etat for c in consignes(commandes)] == [
        "VERIFICATION_STOCK", "ECHEC_STOCK_INSUFFISANT", "SAGA_ANNULEE",
    ]  # fmt: skip
    assert etat.echec == m.Echec("metier", "stock_insuffisant", "il en reste 2", "verifier", "ECHEC_STOCK_INSUFFISANT")


def test_another_refusal_of_the_check_is_not_called_a_shortage() -> None:
    etat, commandes = derouler(m.Refusee("inconnu", "produit_inconnu"))
    assert [c.nouvel_etat for c in consignes(commandes)] == [
        "VERIFICATION_STOCK", "VERIFICATION_STOCK", "COMPENSATION_EN_COURS", "SAGA_ANNULEE",
    ]  # fmt: skip
    assert etat.echec is not None
    assert etat.echec.etat is None


def test_a_refused_order_compensates_the_reservation_only() -> None:
    etat, commandes = derouler(m.Reussie(), m.Reussie(), m.Reussie(), m.Refusee("magasin fermé"), m.Reussie())
    assert etat.etat == "SAGA_ANNULEE"
    appels = [(c.etape.nom, c.sens) for c in commandes if isinstance(c, m.Appeler)]
    assert appels[-1] == ("reserver", "compensation")
    assert [nom for nom, sens in appels if sens == "compensation"] == ["reserver"]


def test_F12_an_unknown_outcome_is_retried_then_compensated_in_reverse_order() -> None:
    panne = m.EnPanne("délai dépassé", True)
    _, commandes = derouler(
        m.Reussie(), m.Reussie(), m.Reussie(), panne, m.Demarrer(), panne, m.Demarrer(), panne, m.Reussie(),
        m.Reussie(),
    )  # fmt: skip
    appels = [(c.etape.nom, c.sens) for c in commandes if isinstance(c, m.Appeler)]
    assert appels[3:] == [("commander", "action")] * 3 + [
        ("commander", "compensation"), ("reserver", "compensation"),
    ]  # fmt: skip
    assert commandes[-1] == m.Terminer()


def test_what_was_surely_not_sent_is_not_compensated() -> None:
    panne = m.EnPanne("connexion refusée", False)
    etat, commandes = derouler(m.Reussie(), m.Reussie(), panne, m.Demarrer(), panne, m.Demarrer(), panne)
    assert etat.etat == "SAGA_ANNULEE"
    assert not [c for c in commandes if isinstance(c, m.Appeler) and c.sens == "compensation"]


@pytest.mark.parametrize("rang", [0, 1, 2, 3])
def test_F17_a_success_after_the_deadline_is_undone(rang: int) -> None:
    etat, _ = derouler(*[m.Reussie()] * rang)
    etat, commandes = m.avancer(SAGA, etat, m.Reussie(), -0.1)
    attendues = {2: ["reserver"], 3: ["commander"]}.get(rang, [])
    assert [c.etape.nom for c in commandes if isinstance(c, m.Appeler)] == attendues
    assert etat.etat == ("COMPENSATION_EN_COURS" if attendues else "SAGA_ANNULEE")
    assert etat.echec is not None
    assert etat.echec.genre == "delai"


def test_F16_a_spent_budget_waits_for_the_operator() -> None:
    etat, _ = derouler(m.Reussie(), m.Reussie(), m.Reussie(), m.Refusee("non"))
    commandes: list[m.Commande] = []
    for _ in range(3):
        etat, commandes = m.avancer(SAGA, etat, m.EnPanne("en panne", True), 30.0)
        if not isinstance(commandes[-1], m.Intervenir):
            etat, _ = m.avancer(SAGA, etat, m.Demarrer(), 30.0)
    assert etat.etat == "INTERVENTION_REQUISE"
    assert commandes[-1] == m.Intervenir()
    relance, commandes = m.avancer(SAGA, etat, m.OrdreReprendre("ada", "réparé"), 30.0)
    assert relance.echecs == 0
    assert consignes(commandes)[0].donnees == {"operateur": "ada", "motif": "réparé"}
    fin, _ = m.avancer(SAGA, relance, m.Reussie(), 30.0)
    assert fin.etat == "SAGA_ANNULEE"
    ignoree, commandes = m.avancer(SAGA, etat, m.OrdreIgnorer("ada", "rendu à la main"), 30.0)
    assert ignoree.etat == "SAGA_ANNULEE"
    assert [c.type for c in consignes(commandes)] == ["ETAPE_IGNOREE"]


def test_skipping_one_of_two_blocked_compensations_goes_on_with_the_other() -> None:
    etat = m.EtatSaga("INTERVENTION_REQUISE", position=3, intention=True, a_compenser=("commander", "reserver"))
    etat, commandes = m.avancer(SAGA, etat, m.OrdreIgnorer("ada", "fait"), -5.0)
    assert etat.etat == "COMPENSATION_EN_COURS"
    assert isinstance(commandes[-1], m.Appeler)
    assert commandes[-1].etape.nom == "reserver"


@pytest.mark.parametrize("ordre", [m.OrdreCompenser, m.OrdreReprendre, m.OrdreIgnorer])
def test_no_order_changes_an_ended_saga(ordre: type[m.Ordre]) -> None:
    etat, _ = derouler(*[m.Reussie()] * 4)
    with pytest.raises(m.OrdreImpossible, match="SAGA_TERMINEE"):
        m.avancer(SAGA, etat, ordre("ada", "trop tard"), 30.0)


def test_only_a_blocked_compensation_can_be_skipped() -> None:
    etat, _ = derouler(m.Reussie())
    with pytest.raises(m.OrdreImpossible):
        m.avancer(SAGA, etat, m.OrdreIgnorer("ada", "non"), 30.0)


def test_a_definition_whose_path_is_not_in_the_table_is_refused() -> None:
    transitions = {**SAGA.transitions, "STOCK_VERIFIE": frozenset({"COMPENSATION_EN_COURS"})}
    with pytest.raises(DefinitionInvalide, match="STOCK_VERIFIE -> RESERVATION_STOCK"):
        replace(SAGA, transitions=transitions)


def test_a_read_after_an_effect_is_refused() -> None:
    lecture = Etape(nom="relire", action=lambda *_: None, evenement="RELECTURE", lecture=True)
    with pytest.raises(DefinitionInvalide, match="relire"):
        replace(SAGA, etapes=(*SAGA.etapes, lecture))


def test_an_illegal_transition_raises() -> None:
    with pytest.raises(TransitionIllegale, match="SAGA_TERMINEE -> EN_ATTENTE"):
        SAGA.exiger("SAGA_TERMINEE", "EN_ATTENTE")


def test_F21_each_version_is_found_and_new_sagas_take_the_last() -> None:
    deux: DefinitionSaga = definition(2)
    registre = Registre(SAGA, deux)
    assert registre.trouver("essai", 1) is SAGA
    assert registre.derniere("essai") is deux
    with pytest.raises(DefinitionInvalide):
        registre.ajouter(definition(2))


@pytest.mark.parametrize(
    ("etat", "types"),
    [
        (m.initial(SAGA), ["REPRISE_DEMANDEE", "SAGA_DEMARRE"]),
        (
            m.EtatSaga("STOCK_RESERVE", position=3, intention=True, tentees=("reserver",)),
            ["REPRISE_DEMANDEE", "ETAPE_DEMARREE"],
        ),
    ],
)
def test_F18_an_order_is_written_once_with_all_the_history_its_state_stands_for(
    etat: m.EtatSaga, types: list[str]
) -> None:
    """The row holds the state of the turn's end: entries consigned after the write would be lost with their process."""
    _, commandes = m.avancer(SAGA, etat, m.OrdreReprendre("ada", "le service est revenu"), 30.0)
    assert [c.type for c in consignes(commandes)] == types
    assert [type(c) for c in commandes[len(types) :]] == [m.Persister, m.Appeler]


def test_F18_an_order_that_leads_to_the_first_effect_is_written_with_its_intent() -> None:
    etat = m.EtatSaga("STOCK_VERIFIE", position=2)
    _, commandes = m.avancer(SAGA, etat, m.OrdreReprendre("ada", "encore"), 30.0)
    assert [c for c in commandes if isinstance(c, m.Persister)] == [m.Persister(intention=True)]
