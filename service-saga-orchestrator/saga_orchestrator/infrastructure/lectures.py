"""One saga as it is read: frozen rows straight from SQL."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from saga_orchestrator.domain.etats import INTERVENTION_REQUISE
from socle.evenements.enveloppe import identifiant_derive
from socle.saga.lectures import attente, objet

_SAGA = (
    "SELECT saga_id::text, client_id::text, magasin_id::text, etat_actuel, date_fin IS NOT NULL, "
    "commande_finale_id::text, date_creation, derniere_modification, donnees_contexte, execution, active, "
    "proprietaire, prochain_essai, bail_expire, reponse_statut, version_definition, correlation_id, "
    "date_fin, traceparent "
    "FROM saga_commandes WHERE saga_id = %s"
)
_EVENEMENTS = (
    "SELECT type, etat_precedent, nouvel_etat, message, horodatage, donnees, numero FROM saga_evenements "
    "WHERE saga_id = %s ORDER BY numero"
)


class LecturesPostgres:
    """Two queries per answer, whatever the length of the history. `ordre`: the names of the saga's steps."""

    def __init__(self, *, ordre: Sequence[str]) -> None:
        self._rangs = {nom: rang for rang, nom in enumerate(ordre)}

    def saga(self, saga_id: str) -> dict[str, Any] | None:
        """One saga with its history and lines; None when unknown."""
        with connection.cursor() as curseur:
            curseur.execute(_SAGA, [saga_id])
            ligne = curseur.fetchone()
            if ligne is None:
                return None
            curseur.execute(_EVENEMENTS, [saga_id])
            evenements = curseur.fetchall()
        contexte, execution = objet(ligne[8]), objet(ligne[9])
        return {
            "saga_id": ligne[0],
            "client_id": ligne[1],
            "magasin_id": ligne[2],
            "etat_actuel": ligne[3],
            "est_terminee": ligne[4],
            "commande_finale_id": ligne[5],
            "date_creation": ligne[6],
            "derniere_modification": ligne[7],
            "donnees_contexte": contexte,
            "historique_evenements": _chaine(saga_id, evenements),
            "lignes_commande": contexte["lignes"],
            "attend": None if ligne[4] else _attend(execution, ligne),
            "reponse_statut": ligne[14],
            "version_definition": ligne[15],
            "correlation_id": ligne[16],
            "date_fin": ligne[17],
            "traceparent": ligne[18],
            "etapes": self._etapes(execution),
        }

    def _etapes(self, execution: dict[str, Any]) -> list[dict[str, Any]]:
        """What was spent on each step up to the last write of the saga; durations in seconds."""
        tentatives = execution["tentatives"]
        return [
            {"nom": nom, "duree_secondes": round(execution["durees"].get(nom, 0.0), 4), "tentatives": tentatives[nom]}
            for nom in sorted(tentatives, key=lambda nom: self._rangs.get(nom, len(self._rangs)))
        ]


def _chaine(saga_id: str, evenements: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """The history, each entry caused by the one before it, and the first by the checkout (whose id is the saga's)."""
    chaine, cause = [], saga_id
    for type_, precedent, nouvel, message, horodatage, donnees, numero in evenements:
        identifiant = str(identifiant_derive(saga_id, f"historique:{numero}"))
        chaine.append(
            {
                "type": type_,
                "etat_precedent": precedent,
                "nouvel_etat": nouvel,
                "message": message,
                "timestamp": horodatage,
                "donnees": objet(donnees),
                "id": identifiant,
                "causation_id": cause,
            }
        )
        cause = identifiant
    return chaine


def _attend(execution: dict[str, Any], ligne: tuple[Any, ...]) -> dict[str, Any]:
    return attente(
        execution,
        bloquee=ligne[3] == INTERVENTION_REQUISE,
        proprietaire=ligne[11],
        prochain_essai=ligne[12],
        bail_expire=ligne[13],
    )
