"""The checkout saga, as a table (contract, section 7).

Version 1. A change of steps, keys or data is a new version beside this one, which stays as long as sagas of it may be
unfinished. Undoing the order comes before the release: a sale never stands on stock that was given back.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from saga_orchestrator.application.ports import Participants
from saga_orchestrator.domain import commande, etats
from saga_orchestrator.domain.commande import CommandeImpossible, Ligne, LigneTarifee
from socle.saga.definition import Appel, DefinitionSaga, Etape, Politique, RefusEtape

NOM = "commande"


def _lignes(appel: Appel) -> list[Ligne]:
    return [Ligne(ligne["produit_id"], ligne["quantite"]) for ligne in appel.donnees["lignes"]]


def verifier_stock(p: Participants, appel: Appel) -> None:
    lignes = _lignes(appel)
    produits = list(commande.quantites_par_produit(lignes))
    disponible = p.stocks.disponibles(appel.donnees["magasin_id"], produits)
    try:
        commande.exiger_stock(lignes, disponible)
    except CommandeImpossible as refus:
        raise RefusEtape(refus.message, code=refus.code) from refus


def lire_produits(p: Participants, appel: Appel) -> Mapping[str, Any]:
    lignes = _lignes(appel)
    try:
        tarifees = commande.tarifer(lignes, p.catalogue.fiches(list(commande.quantites_par_produit(lignes))))
    except CommandeImpossible as refus:
        raise RefusEtape(refus.message, code=refus.code) from refus
    return {
        "lignes": [
            {
                "produit_id": ligne.produit_id,
                "quantite": ligne.quantite,
                "produit_nom": ligne.produit_nom,
                "prix_unitaire": str(ligne.prix_unitaire),
            }
            for ligne in tarifees
        ],
        "montant_total": str(commande.total(tarifees)),
    }


def reserver_stock(p: Participants, appel: Appel) -> None:
    p.stocks.reserver(appel.saga_id, appel.donnees["magasin_id"], _lignes(appel), appel.cle)


def liberer_stock(p: Participants, appel: Appel) -> None:
    p.stocks.liberer(appel.saga_id, appel.cle)


def creer_commande(p: Participants, appel: Appel) -> Mapping[str, Any]:
    donnees = appel.donnees
    tarifees = [
        LigneTarifee(ligne["produit_id"], ligne["quantite"], ligne["produit_nom"], Decimal(ligne["prix_unitaire"]))
        for ligne in donnees["lignes"]
    ]
    vente = p.commandes.enregistrer(appel.saga_id, donnees["magasin_id"], donnees["client_id"], tarifees, appel.cle)
    return {"commande_id": vente}


def annuler_commande(p: Participants, appel: Appel) -> None:
    p.commandes.annuler(appel.saga_id, "Compensation de la saga.", appel.cle)


def definition_v1(politique: Politique, politique_compensation: Politique) -> DefinitionSaga:
    """The table, with the bounds of the environment."""
    return DefinitionSaga(
        nom=NOM,
        version=1,
        etapes=(
            Etape(
                nom="verification_stock",
                action=verifier_stock,
                lecture=True,
                evenement="STOCK_VERIFIE",
                etat_avant=etats.VERIFICATION_STOCK,
                etat_apres=etats.STOCK_VERIFIE,
                etat_echec=etats.ECHEC_STOCK_INSUFFISANT,
                echec_si=frozenset({commande.STOCK_INSUFFISANT}),
            ),
            Etape(
                nom="informations_produits",
                action=lire_produits,
                lecture=True,
                evenement="INFORMATIONS_PRODUITS",
            ),
            Etape(
                nom="reservation_stock",
                action=reserver_stock,
                compensation=liberer_stock,
                evenement="STOCK_RESERVE",
                etat_avant=etats.RESERVATION_STOCK,
                etat_apres=etats.STOCK_RESERVE,
                etat_echec=etats.ECHEC_RESERVATION_STOCK,
            ),
            Etape(
                nom="creation_commande",
                action=creer_commande,
                compensation=annuler_commande,
                evenement="COMMANDE_CREEE",
                etat_avant=etats.CREATION_COMMANDE,
                etat_apres=etats.COMMANDE_CREEE,
                etat_echec=etats.ECHEC_CREATION_COMMANDE,
            ),
        ),
        etat_initial=etats.EN_ATTENTE,
        etat_final=etats.SAGA_TERMINEE,
        etat_compensation=etats.COMPENSATION_EN_COURS,
        etat_annule=etats.SAGA_ANNULEE,
        etat_intervention=etats.INTERVENTION_REQUISE,
        transitions=etats.TRANSITIONS,
        politique=politique,
        politique_compensation=politique_compensation,
    )
