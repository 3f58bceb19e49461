"""The read side: frozen rows straight from SQL."""

# ruff: noqa: S608 -- the only text put into statements is conditions from this module

from typing import Any

from django.db import connection

from socle.saga.lectures import attente, objet
from supply_chain.domain import etapes, etats

_CHAMPS = (
    "saga_id::text, demande_id::text, produit_id::text, magasin_id::text, quantite, etat_actuel, date_creation, "
    "derniere_modification, date_fin, execution, donnees_contexte, correlation_id, proprietaire, prochain_essai, "
    "bail_expire"
)
_HISTORIQUE = (
    "SELECT numero, type, etat_precedent, nouvel_etat, message, horodatage, donnees FROM etapes_validation "
    "WHERE saga_id = %s ORDER BY numero"
)


class LecturesPostgres:
    """Two queries per answer, whatever the number of rows."""

    def workflow(self, workflow_id: str) -> dict[str, Any] | None:
        """One workflow with its steps and history; None when unknown."""
        with connection.cursor() as curseur:
            curseur.execute(f"SELECT {_CHAMPS} FROM workflows_validation WHERE saga_id = %s", [workflow_id])
            ligne = curseur.fetchone()
            if ligne is None:
                return None
            curseur.execute(_HISTORIQUE, [workflow_id])
            evenements = curseur.fetchall()
        execution, contexte = objet(ligne[9]), objet(ligne[10])
        return {
            **_resume(ligne),
            "etapes": _etapes(execution, contexte),
            "historique": [
                {
                    "numero": e[0], "type": e[1], "etat_precedent": e[2], "nouvel_etat": e[3], "message": e[4],
                    "timestamp": e[5], "donnees": objet(e[6]),
                }
                for e in evenements
            ],
            "attend": None if ligne[8] is not None else attente(
                execution, bloquee=ligne[5] == etats.INTERVENTION_REQUISE, proprietaire=ligne[12],
                prochain_essai=ligne[13], bail_expire=ligne[14],
            ),
        }  # fmt: skip

    def workflows(
        self, *, etat: str | None, demande_id: str | None, debut: int, taille: int
    ) -> tuple[list[dict[str, Any]], int]:
        """One page, newest first, and how many there are in all."""
        filtres = {"etat_actuel": etat, "demande_id": demande_id}
        retenus = {nom: valeur for nom, valeur in filtres.items() if valeur is not None}
        condition = " AND ".join(["true", *(f"{nom} = %s" for nom in retenus)])
        with connection.cursor() as curseur:
            curseur.execute(f"SELECT count(*) FROM workflows_validation WHERE {condition}", [*retenus.values()])
            (total,) = curseur.fetchone()
            curseur.execute(
                f"SELECT {_CHAMPS} FROM workflows_validation WHERE {condition} "
                "ORDER BY date_creation DESC, saga_id LIMIT %s OFFSET %s",
                [*retenus.values(), taille, debut],
            )
            return [_resume(ligne) for ligne in curseur.fetchall()], total


def _resume(ligne: tuple[Any, ...]) -> dict[str, Any]:
    echec = objet(ligne[9])["echec"]
    return {
        "workflow_id": ligne[0],
        "demande_id": ligne[1],
        "produit_id": ligne[2],
        "magasin_id": ligne[3],
        "quantite": ligne[4],
        "nom_produit": objet(ligne[10])["nom_produit"],
        "nom_magasin": objet(ligne[10])["nom_magasin"],
        "etat": ligne[5],
        "est_termine": ligne[8] is not None,
        "rollback_effectue": ligne[5] == etats.VALIDATION_ANNULEE,
        "details_erreur": None if echec is None else echec[2],
        "date_creation": ligne[6],
        "derniere_modification": ligne[7],
        "date_fin": ligne[8],
        "correlation_id": ligne[11],
    }


def _etapes(execution: dict[str, Any], contexte: dict[str, Any]) -> list[dict[str, Any]]:
    """The engine counts the opening as its first step."""
    echec = execution["echec"]
    avancement = etapes.Avancement(
        faites=execution["position"] - 1,
        tentees=execution["tentees"],
        a_defaire=() if execution["a_compenser"] is None and echec else execution["a_compenser"],
        echec=None if echec is None else echec[3],
    )
    return [
        {
            "ordre": rang + 1,
            "nom": nom,
            "description": description,
            "statut": etapes.statut(rang, nom, avancement).value,
            "tentatives": execution["tentatives"].get(nom, 0),
            "duree_secondes": execution["durees"].get(nom, 0.0),
        }
        for rang, (nom, description) in enumerate(etapes.decrire(contexte).items())
    ]
