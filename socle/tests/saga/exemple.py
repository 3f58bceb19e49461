"""The saga of the tests: the states and steps of the contract, section 7, with scripted participants."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from socle.saga.definition import Appel, DefinitionSaga, Etape, Politique

TABLE = {
    "EN_ATTENTE": {"VERIFICATION_STOCK", "COMPENSATION_EN_COURS"},
    "VERIFICATION_STOCK": {"STOCK_VERIFIE", "ECHEC_STOCK_INSUFFISANT", "COMPENSATION_EN_COURS"},
    "STOCK_VERIFIE": {"RESERVATION_STOCK", "COMPENSATION_EN_COURS"},
    "RESERVATION_STOCK": {"STOCK_RESERVE", "ECHEC_RESERVATION_STOCK"},
    "STOCK_RESERVE": {"CREATION_COMMANDE", "COMPENSATION_EN_COURS"},
    "CREATION_COMMANDE": {"COMMANDE_CREEE", "ECHEC_CREATION_COMMANDE"},
    "COMMANDE_CREEE": {"SAGA_TERMINEE"},
    "ECHEC_STOCK_INSUFFISANT": {"SAGA_ANNULEE"},
    "ECHEC_RESERVATION_STOCK": {"COMPENSATION_EN_COURS"},
    "ECHEC_CREATION_COMMANDE": {"COMPENSATION_EN_COURS"},
    "COMPENSATION_EN_COURS": {"SAGA_ANNULEE", "INTERVENTION_REQUISE"},
    "INTERVENTION_REQUISE": {"COMPENSATION_EN_COURS", "SAGA_ANNULEE"},
    "SAGA_TERMINEE": set(),
    "SAGA_ANNULEE": set(),
}


def _action(nom: str) -> Callable[[Any, Appel], Mapping[str, Any] | None]:
    return lambda ports, appel: ports.agir(nom, appel)


def definition(version: int = 1, *, essais: int = 3, essais_compensation: int = 3) -> DefinitionSaga:
    """Pauses are a few milliseconds; counts are small."""
    return DefinitionSaga(
        nom="essai",
        version=version,
        etapes=(
            Etape(
                nom="verifier", action=_action("verifier"), evenement="STOCK_VERIFIE", lecture=True,
                etat_avant="VERIFICATION_STOCK", etat_apres="STOCK_VERIFIE", etat_echec="ECHEC_STOCK_INSUFFISANT",
                echec_si=frozenset({"stock_insuffisant"}),
            ),
            Etape(nom="informer", action=_action("informer"), evenement="INFORMATIONS", lecture=True),
            Etape(
                nom="reserver", action=_action("reserver"), compensation=_action("liberer"),
                evenement="STOCK_RESERVE", etat_avant="RESERVATION_STOCK", etat_apres="STOCK_RESERVE",
                etat_echec="ECHEC_RESERVATION_STOCK",
            ),
            Etape(
                nom="commander", action=_action("commander"), compensation=_action("annuler"),
                evenement="COMMANDE_CREEE", etat_avant="CREATION_COMMANDE", etat_apres="COMMANDE_CREEE",
                etat_echec="ECHEC_CREATION_COMMANDE",
            ),
        ),
        etat_initial="EN_ATTENTE",
        etat_final="SAGA_TERMINEE",
        etat_compensation="COMPENSATION_EN_COURS",
        etat_annule="SAGA_ANNULEE",
        etat_intervention="INTERVENTION_REQUISE",
        transitions={etat: frozenset(suivants) for etat, suivants in TABLE.items()},
        politique=Politique(essais=essais, budget_s=5.0, base_s=0.001, plafond_s=0.002),
        politique_compensation=Politique(
            essais=essais_compensation, budget_s=math.inf, base_s=0.001, plafond_s=0.002
        ),
    )  # fmt: skip
