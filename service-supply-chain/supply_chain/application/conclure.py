"""The end of a workflow: its answer, made once and given to every caller (contract, section 5)."""

from typing import Any

from socle import jsons
from socle.saga.depot import Conclusion, Saga
from supply_chain.domain import etapes, etats
from supply_chain.domain.demande import APPROUVEE, ECHEC_VALIDATION

USE_CASE = "ValiderDemandeUseCase"
STOCK_INSUFFISANT = "stock_insuffisant"


def conclure(saga: Saga) -> Conclusion:
    """200; or, everything undone, 400 for a refusal and 503 for a neighbour that did not answer."""
    statut, corps = (200, _succes(saga)) if saga.etat.etat == etats.VALIDATION_TERMINEE else _echec(saga)
    return Conclusion(statut=statut, corps=jsons.ecrire(corps).decode())


def _succes(saga: Saga) -> dict[str, Any]:
    d = saga.donnees
    return {
        "success": True,
        **_commun(saga),
        "message": f"Demande approuvée : {d['quantite']} × {d['nom_produit']} vers {d['nom_magasin']}.",
        "rollback_effectue": False,
        "statut": APPROUVEE,
    }


def _echec(saga: Saga) -> tuple[int, dict[str, Any]]:
    echec = saga.etat.echec
    if echec is None:
        raise AssertionError("a workflow that was undone knows why")
    technique = echec.genre in ("technique", "delai")
    if echec.code == STOCK_INSUFFISANT:
        libelle = "Stock insuffisant"
    else:
        libelle = "Service externe indisponible" if technique else "Échec de la validation"
    corps = {
        "success": False,
        "error": libelle,
        "details": echec.message,
        "code": echec.code,
        "correlation_id": saga.correlation_id,
        **_commun(saga),
        "message": "La validation a échoué ; tout a été défait.",
        "rollback_effectue": True,
        "details_erreur": echec.message,
        "etape_echec": echec.etape,
        "statut": ECHEC_VALIDATION,
    }
    return (503 if technique else 400), corps


def _commun(saga: Saga) -> dict[str, Any]:
    """`position` counts the opening as well."""
    return {
        "use_case": USE_CASE,
        "demande_id": saga.donnees["demande_id"],
        "workflow_id": saga.saga_id,
        "etapes_executees": list(etapes.decrire(saga.donnees).values())[: max(saga.etat.position - 1, 0)],
    }
