"""`./labo comparer`, small: every round of both styles on a real platform, and a report that says what was measured."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from local.comparer import commande, rapport
from local.comparer.donnees import STYLES, Donnees, lire
from tests.commun.comparaison import exiger_un_rapport_fidele
from tests.commun.monde import Monde

pytestmark = pytest.mark.natif(raison="la comparaison se lance par ./labo")

ESSAI = commande.Reglages(
    utilisateurs=3,
    secondes=1,
    pause_s=0.5,
    charges=(2,),
    charge_s=0.5,
    charge_pause_s=0.25,
    couts=5,
    repos_s=0.5,
    publication_s=0.5,
    compensations=2,
    reprises=1,
    reprise=8,
)
PUBLIES = {
    "orchestre": {"OrderCreated": 6, "CheckoutSucceeded": 6},
    "choreo": {"CheckoutInitiated": 6, "StockReserved": 6, "OrderCreated": 6, "CheckoutSucceeded": 6},
}


@pytest.fixture
def mesures(casse: Monde) -> Donnees:
    return commande.mesurer(
        casse.plateforme, ESSAI, ligne="essai", charge=os.getloadavg(), console=Console(file=io.StringIO())
    )


def test_both_styles_go_through_the_same_rounds_and_the_report_says_what_was_measured(
    mesures: Donnees, tmp_path: Path
) -> None:
    for style in STYLES:
        saine, cassee = mesures.epreuve("sain", style), mesures.epreuve("pannes", style)
        assert [vu.issue for vu in saine.checkouts] == ["finalise"] * 6
        assert {vu.statut for vu in saine.checkouts} == {201 if style == "orchestre" else 202}
        assert [len(e.checkouts) for e in mesures.balayage(style)] == [4]
        # Whatever breaks, nobody is left without an answer for good, and no checkout is left open.
        assert len(cassee.checkouts) == 6
        assert {vu.issue for vu in cassee.checkouts} <= {"finalise", "echec", "absent"}
        assert [panne["cible"] for panne in cassee.pannes] == [
            "commandes", "inventaire", "saga-1", "worker-order-creation", "redis",
        ]  # fmt: skip
        publies: dict[str, int] = {}
        for flot in mesures.flots[style]:
            if flot.sens == "publie":
                publies[flot.type] = publies.get(flot.type, 0) + flot.nombre
        assert publies == PUBLIES[style]
        consommes = {(flot.par, flot.type): flot.nombre for flot in mesures.flots[style] if flot.sens == "consomme"}
        assert consommes["choreo-audit", "CheckoutSucceeded"] == consommes["choreo-cqrs", "CheckoutSucceeded"] == 6
        cout = mesures.couts[style]
        assert (cout.requetes["magasin-app"], cout.requetes["ecommerce"]) == (5, 5)
        assert cout.entrees == 5 * len(PUBLIES[style])
        assert len(mesures.compensations_ms[style]) == 2
        assert all(duree > 0 for duree in mesures.compensations_ms[style])
        (reprise,) = mesures.reprises[style]
        assert 0 < reprise.coupes <= 8
        assert reprise.duree_s > 0
    # The four calls of a saga; a choreographed checkout has no coordinator.
    assert mesures.couts["orchestre"].requetes["orchestrator"] == 20
    assert "orchestrator" not in mesures.couts["choreo"].requetes
    mesures.ecrire(tmp_path)
    assert lire(tmp_path) == mesures
    rapport.ecrire(mesures, tmp_path)
    exiger_un_rapport_fidele(tmp_path)
