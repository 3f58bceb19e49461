"""The validation workflow, as a table (contract, section 5): take from central, add to local, set the status.

Version 1. A change of steps, keys or data is a new version beside this one, which stays as long as workflows of it may
be unfinished. Undoing the status comes first and giving back to central last: an approved request never stands on stock
that was given back, and units are never in two places.
"""

from socle.saga.definition import Appel, DefinitionSaga, Etape, Politique
from supply_chain.application.ports import Inventaire
from supply_chain.domain import etapes, etats

NOM = "validation"
OUVERTURE = "ouverture"


def ouvrir(_: Inventaire, appel: Appel) -> None:
    """Nothing to do. The step is there for what undoes it: whatever fails after it, the request is marked."""


def prelever(inventaire: Inventaire, appel: Appel) -> None:
    inventaire.prelever(appel.saga_id, appel.donnees["produit_id"], appel.donnees["quantite"], appel.cle)


def rendre(inventaire: Inventaire, appel: Appel) -> None:
    inventaire.rendre(appel.saga_id, appel.cle)


def ajouter(inventaire: Inventaire, appel: Appel) -> None:
    d = appel.donnees
    inventaire.ajouter(appel.saga_id, d["magasin_id"], d["produit_id"], d["quantite"], appel.cle)


def retirer(inventaire: Inventaire, appel: Appel) -> None:
    inventaire.retirer(appel.saga_id, appel.cle)


def approuver(inventaire: Inventaire, appel: Appel) -> None:
    inventaire.approuver(appel.saga_id, appel.donnees["demande_id"], appel.cle)


def constater_echec(inventaire: Inventaire, appel: Appel) -> None:
    inventaire.constater_echec(
        appel.saga_id, appel.donnees["demande_id"], "Le workflow de validation a échoué.", appel.cle
    )


def definition_v1(politique: Politique, politique_compensation: Politique) -> DefinitionSaga:
    """The table, with the bounds of the environment."""
    return DefinitionSaga(
        nom=NOM,
        version=1,
        etapes=(
            Etape(nom=OUVERTURE, action=ouvrir, compensation=constater_echec, evenement="VALIDATION_OUVERTE"),
            Etape(
                nom=etapes.PRELEVEMENT,
                action=prelever,
                compensation=rendre,
                evenement="STOCK_CENTRAL_PRELEVE",
                etat_avant=etats.PRELEVEMENT_CENTRAL,
            ),
            Etape(
                nom=etapes.AJOUT,
                action=ajouter,
                compensation=retirer,
                evenement="STOCK_LOCAL_AJOUTE",
                etat_avant=etats.AJOUT_LOCAL,
            ),
            Etape(
                nom=etapes.STATUT,
                action=approuver,
                compensation=constater_echec,
                evenement="STATUT_FIXE",
                etat_avant=etats.FIXATION_STATUT,
            ),
        ),
        etat_initial=etats.EN_ATTENTE,
        etat_final=etats.VALIDATION_TERMINEE,
        etat_compensation=etats.COMPENSATION_EN_COURS,
        etat_annule=etats.VALIDATION_ANNULEE,
        etat_intervention=etats.INTERVENTION_REQUISE,
        transitions=etats.TRANSITIONS,
        politique=politique,
        politique_compensation=politique_compensation,
    )
