"""The three steps of a validation, as people see them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

PRELEVEMENT = "prelevement_central"
AJOUT = "ajout_local"
STATUT = "fixation_statut"


class StatutEtape(StrEnum):
    """How far a step is."""

    EN_ATTENTE = "EN_ATTENTE"
    EN_COURS = "EN_COURS"
    EFFECTUEE = "EFFECTUEE"
    EN_ECHEC = "EN_ECHEC"
    A_DEFAIRE = "A_DEFAIRE"
    DEFAITE = "DEFAITE"
    NON_EXECUTEE = "NON_EXECUTEE"


class Avancement(NamedTuple):
    """Where a workflow stands. `faites`: steps done, in order, undone since or not; `a_defaire` is None while it goes
    forward; `tentees` may have had an effect; `echec` is the step that failed."""

    faites: int
    tentees: Sequence[str]
    a_defaire: Sequence[str] | None
    echec: str | None


def decrire(donnees: Mapping[str, Any]) -> dict[str, str]:
    """One sentence for each step, in order."""
    quantite = donnees["quantite"]
    return {
        PRELEVEMENT: f"Stock central diminué de {quantite} : {donnees['nom_produit']}",
        AJOUT: f"Stock local augmenté de {quantite} : {donnees['nom_magasin']}",
        STATUT: "Statut de la demande fixé : Approuvée",
    }


def statut(rang: int, nom: str, avancement: Avancement) -> StatutEtape:
    """Of the step called `nom`, the `rang`-th from 0."""
    if avancement.a_defaire is None:
        if rang < avancement.faites:
            return StatutEtape.EFFECTUEE
        return StatutEtape.EN_COURS if rang == avancement.faites else StatutEtape.EN_ATTENTE
    if nom in avancement.a_defaire:
        return StatutEtape.A_DEFAIRE
    if nom in avancement.tentees:
        return StatutEtape.DEFAITE
    return StatutEtape.EN_ECHEC if nom == avancement.echec else StatutEtape.NON_EXECUTEE
