"""Legal and illegal transitions of a replenishment request."""

from uuid import UUID

import pytest

from inventaire.domain.demande import Demande, Statut
from inventaire.domain.erreurs import DemandeDejaTraitee, StatutFige

W, AUTRE = UUID(int=5), UUID(int=6)


def demande(statut: Statut = Statut.EN_ATTENTE, workflow_id: UUID | None = None) -> Demande:
    return Demande(
        id=UUID(int=1),
        produit_id=UUID(int=2),
        magasin_id=UUID(int=3),
        quantite=4,
        statut=statut,
        workflow_id=workflow_id,
    )


def test_a_pending_request_is_approved() -> None:
    d = demande()
    d.approuver()
    assert d.statut == "Approuvée"


def test_a_pending_request_is_rejected_with_its_reason() -> None:
    d = demande()
    d.rejeter("Retiré de la vente")
    assert (d.statut, d.motif) == ("Refusée", "Retiré de la vente")


@pytest.mark.parametrize("statut", [Statut.APPROUVEE, Statut.REFUSEE, Statut.ECHEC_VALIDATION])
def test_a_decided_request_takes_no_other_decision(statut: Statut) -> None:
    d = demande(statut)
    for decision in (d.approuver, lambda: d.rejeter("non"), d.exiger_en_attente):
        with pytest.raises(DemandeDejaTraitee):
            decision()
    assert (d.statut, d.motif) == (statut, "")


@pytest.mark.parametrize("statut", [Statut.APPROUVEE, Statut.REFUSEE, Statut.ECHEC_VALIDATION])
def test_a_workflow_sets_the_status_once_and_may_repeat_itself(statut: Statut) -> None:
    d = demande()
    d.fixer_statut(statut, "motif", W)
    d.fixer_statut(statut, "autre motif", W)
    assert (d.statut, d.motif, d.workflow_id) == (statut, "motif", W)


def test_a_workflow_may_undo_its_own_approval() -> None:
    d = demande(Statut.APPROUVEE, W)
    d.fixer_statut(Statut.ECHEC_VALIDATION, "stock perdu", W)
    assert (d.statut, d.motif) == ("Échec validation", "stock perdu")


def test_F3_a_late_approval_after_its_undoing_is_refused() -> None:
    d = demande(Statut.ECHEC_VALIDATION, W)
    with pytest.raises(StatutFige):
        d.fixer_statut(Statut.APPROUVEE, "", W)
    assert d.statut == "Échec validation"


@pytest.mark.parametrize("auteur", [None, AUTRE])
def test_a_workflow_does_not_touch_what_another_decided(auteur: UUID | None) -> None:
    d = demande(Statut.APPROUVEE, auteur)
    with pytest.raises(StatutFige):
        d.fixer_statut(Statut.ECHEC_VALIDATION, "", W)
    assert (d.statut, d.workflow_id) == ("Approuvée", auteur)
