"""The end of a saga: its answer, made once and given to every caller, and its outcome, published once."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from saga_orchestrator.application import publier
from saga_orchestrator.domain import etats
from socle import jsons
from socle.evenements.enveloppe import Evenement
from socle.saga.depot import Conclusion, Fragment, Saga

Inserer = Callable[[Saga], Sequence[Fragment]]
"""Makes the write of the lines: with the intent, else (nothing was ever tried) with the end."""

Deposer = Callable[[Sequence[Evenement]], Fragment]
"""Makes the write that leaves events to be published, in the same transaction."""


class Conclure:
    """201, or the refusal with its cause. With it: sale, total, lines not written yet, and the outcome."""

    def __init__(self, inserer: Inserer, deposer: Deposer) -> None:
        self._inserer, self._deposer = inserer, deposer

    def __call__(self, saga: Saga) -> Conclusion:
        commande_id = saga.donnees.get("commande_id") if saga.etat.etat == etats.SAGA_TERMINEE else None
        montant = saga.donnees.get("montant_total")
        statut, corps = (201, _succes(saga, commande_id)) if commande_id is not None else _echec(saga)
        supplements = [self._deposer(publier.issue(saga))]
        if not saga.etat.intention:
            supplements.extend(self._inserer(saga))
        return Conclusion(
            statut=statut,
            corps=jsons.ecrire(corps).decode(),
            colonnes={"commande_finale_id": commande_id, "montant_total": montant},
            supplements=supplements,
        )


def _succes(saga: Saga, commande_id: str) -> dict[str, Any]:
    return {
        "success": True,
        "saga_id": saga.saga_id,
        "etat_final": saga.etat.etat,
        "commande_id": commande_id,
        "resume_execution": resume(saga),
    }


def _echec(saga: Saga) -> tuple[int, dict[str, Any]]:
    echec = saga.etat.echec
    if echec is None:
        raise AssertionError("a saga that was undone knows why")
    technique = echec.genre in ("technique", "delai")
    if echec.code == "stock_insuffisant":
        libelle = "Stock insuffisant"
    elif technique:
        libelle = "Service externe indisponible"
    else:
        libelle = "Erreur lors de l'exécution de la saga"
    corps = {
        "success": False,
        "error": libelle,
        "details": echec.message,
        "code": echec.code,
        "correlation_id": saga.correlation_id,
        "saga_id": saga.saga_id,
        "etat_final": saga.etat.etat,
        "etat_echec": echec.etat or saga.etat.etat,
        "etape_echec": echec.etape,
        "resume_execution": resume(saga),
    }
    return (503 if technique else 400), corps


def resume(saga: Saga) -> dict[str, Any]:
    """`resume_execution` (contract, section 7). Durations in seconds."""
    lignes, montant = saga.donnees["lignes"], saga.donnees.get("montant_total")
    etat = saga.etat.etat
    return {
        "saga_id": saga.saga_id,
        "client_id": saga.donnees["client_id"],
        "magasin_id": saga.donnees["magasin_id"],
        "etat_actuel": etat,
        "est_terminee": etat in etats.TERMINAUX,
        "est_en_echec": etat in etats.EN_ECHEC,
        "necessite_compensation": bool(saga.etat.a_compenser),
        "montant_total": None if montant is None else Decimal(montant),
        "quantite_totale_articles": sum(ligne["quantite"] for ligne in lignes),
        "nombre_lignes": len(lignes),
        "lignes_commande": [_ligne(ligne) for ligne in lignes],
        "nombre_evenements": saga.numero,
        "duree_totale_secondes": round(saga.age_s(), 4),
        "duree_par_etape": {nom: round(duree, 4) for nom, duree in saga.durees.items()},
        "tentatives_par_etape": dict(saga.tentatives),
        "reservations_actives": 1 if etat == etats.SAGA_TERMINEE else 0,
        "commande_finale_id": saga.donnees.get("commande_id") if etat == etats.SAGA_TERMINEE else None,
        "date_creation": saga.creee_le,
        "date_derniere_modification": saga.maintenant(),
    }


def _ligne(ligne: Mapping[str, Any]) -> dict[str, Any]:
    """One line; its name and prices are None in a saga that ended before it read the catalogue."""
    prix = Decimal(ligne["prix_unitaire"]) if "prix_unitaire" in ligne else None
    return {
        "produit_id": ligne["produit_id"],
        "produit_nom": ligne.get("produit_nom"),
        "quantite": ligne["quantite"],
        "prix_unitaire": prix,
        "sous_total": None if prix is None else prix * ligne["quantite"],
    }
