"""The table of the checkout saga against the contract, section 7, copied here as text."""

import itertools
import re

from saga_orchestrator.application.saga_commande import definition_v1
from saga_orchestrator.domain import etats
from socle.saga.definition import Politique

CONTRAT = """
EN_ATTENTE→VERIFICATION_STOCK→STOCK_VERIFIE→RESERVATION_STOCK→STOCK_RESERVE→CREATION_COMMANDE→COMMANDE_CREEE→SAGA_TERMINEE
VERIFICATION_STOCK→ECHEC_STOCK_INSUFFISANT→SAGA_ANNULEE
RESERVATION_STOCK→ECHEC_RESERVATION_STOCK→COMPENSATION_EN_COURS
CREATION_COMMANDE→ECHEC_CREATION_COMMANDE→COMPENSATION_EN_COURS→SAGA_ANNULEE
EN_ATTENTE→COMPENSATION_EN_COURS
VERIFICATION_STOCK→COMPENSATION_EN_COURS
STOCK_VERIFIE→COMPENSATION_EN_COURS
STOCK_RESERVE→COMPENSATION_EN_COURS
COMPENSATION_EN_COURS→INTERVENTION_REQUISE
INTERVENTION_REQUISE→COMPENSATION_EN_COURS
INTERVENTION_REQUISE→SAGA_ANNULEE
"""


def test_the_transitions_are_those_of_the_contract_and_no_others() -> None:
    attendues = set()
    for ligne in CONTRAT.split():
        maillons = re.split("→", ligne)
        attendues |= set(itertools.pairwise(maillons))
    assert {(a, b) for a, suivants in etats.TRANSITIONS.items() for b in suivants} == attendues
    assert len(etats.ETATS) == 14


def test_effects_are_undone_in_reverse_order_and_reads_are_not() -> None:
    saga = definition_v1(Politique(), Politique())
    assert [etape.nom for etape in saga.etapes if etape.lecture] == ["verification_stock", "informations_produits"]
    assert saga.a_defaire(["reservation_stock", "creation_commande"]) == ("creation_commande", "reservation_stock")
