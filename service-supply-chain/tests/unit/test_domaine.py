"""Rules without a database."""

import itertools

import pytest

from socle.saga.definition import Politique
from supply_chain.application.rejeter import Rejet
from supply_chain.application.saga_validation import definition_v1
from supply_chain.application.valider import Validation
from supply_chain.domain import demande, etapes, etats
from supply_chain.domain.erreurs import DemandeDejaTraitee
from supply_chain.domain.etapes import Avancement

CONTRAT = (etapes.PRELEVEMENT, etapes.AJOUT, etapes.STATUT)


def test_the_workflow_is_the_three_steps_of_the_contract_undone_in_reverse() -> None:
    definition = definition_v1(Politique(), Politique())
    assert tuple(etape.nom for etape in definition.etapes[1:]) == CONTRAT
    assert definition.a_defaire([etape.nom for etape in definition.etapes]) == (*reversed(CONTRAT), "ouverture")
    assert all(etape.compensation is not None for etape in definition.etapes)


def test_every_state_is_reached_and_the_ends_are_ends() -> None:
    atteints = set(itertools.chain.from_iterable(etats.TRANSITIONS.values())) | {etats.EN_ATTENTE}
    assert atteints == set(etats.ETATS)
    assert {etat for etat, suivants in etats.TRANSITIONS.items() if not suivants} == etats.TERMINAUX


@pytest.mark.parametrize(
    ("avancement", "attendus"),
    [
        (Avancement(-1, (), None, None), "EN_ATTENTE EN_ATTENTE EN_ATTENTE"),
        (Avancement(1, CONTRAT[:1], None, None), "EFFECTUEE EN_COURS EN_ATTENTE"),
        (Avancement(3, CONTRAT, None, None), "EFFECTUEE EFFECTUEE EFFECTUEE"),
        (Avancement(1, CONTRAT[:1], CONTRAT[:1], CONTRAT[1]), "A_DEFAIRE EN_ECHEC NON_EXECUTEE"),
        (Avancement(1, CONTRAT[:2], CONTRAT[:1], CONTRAT[1]), "A_DEFAIRE DEFAITE NON_EXECUTEE"),
        (Avancement(2, CONTRAT[:2], (), CONTRAT[2]), "DEFAITE DEFAITE EN_ECHEC"),
    ],
)
def test_each_step_says_how_far_it_is(avancement: Avancement, attendus: str) -> None:
    assert [str(etapes.statut(rang, nom, avancement)) for rang, nom in enumerate(CONTRAT)] == attendus.split()


@pytest.mark.parametrize(
    ("quantite", "importante", "critique"),
    [(100, False, False), (101, True, False), (1000, True, False), (1001, True, True)],
)
def test_quantities_beyond_a_hundred_and_a_thousand(quantite: int, importante: bool, critique: bool) -> None:
    assert (demande.est_importante(quantite), demande.est_critique(quantite)) == (importante, critique)


@pytest.mark.parametrize(("motif", "parle"), [("12345", False), ("... !?", False), ("1234é", True)])
def test_a_reason_has_a_letter(motif: str, parle: bool) -> None:
    assert demande.motif_parle(motif) is parle


def test_a_decided_request_is_not_pending() -> None:
    connue = demande.Demande(
        id="a", produit_id="p", magasin_id="m", quantite=1, statut="Refusée", nom_produit="P", nom_magasin="M"
    )
    with pytest.raises(DemandeDejaTraitee, match=r"La demande a n'est plus en attente : Refusée\."):
        connue.exiger_en_attente()


def test_one_request_has_one_workflow_and_one_body_one_digest() -> None:
    une, autre = Validation(demande_id="a", corps={"x": 1, "y": 2}), Validation(demande_id="a", corps={"y": 2, "x": 1})
    assert (une.workflow_id, une.empreinte) == (autre.workflow_id, autre.empreinte)
    assert Validation(demande_id="b").workflow_id != une.workflow_id
    assert Validation(demande_id="a").empreinte != une.empreinte


def test_the_neighbours_key_follows_the_callers_key() -> None:
    cle = Rejet(demande_id="a", motif="m", cle="k", consommateur="c").cle_voisin
    assert Rejet(demande_id="a", motif="m", cle="k", consommateur="c").cle_voisin == cle
    assert Rejet(demande_id="b", motif="m", cle="k", consommateur="c").cle_voisin != cle
    assert Rejet(demande_id="a", motif="m").cle_voisin != Rejet(demande_id="a", motif="m").cle_voisin
