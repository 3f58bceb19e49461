"""Lists of sagas and their figures: frozen rows straight from SQL, every condition on an index."""

# ruff: noqa: S608 -- the only text put into statements is conditions from this module

from typing import Any
from uuid import UUID

from django.db import connection

from saga_orchestrator.application.lister import Filtre, Situation
from saga_orchestrator.domain.etats import COMPENSATION_EN_COURS, INTERVENTION_REQUISE
from socle import jsons
from socle.saga.lectures import attente, objet

_RESUMES = (
    "SELECT saga_id::text, client_id::text, magasin_id::text, etat_actuel, date_fin IS NOT NULL, montant_total, "
    "commande_finale_id::text, date_creation, derniere_modification, date_fin, correlation_id, reponse_statut, "
    "execution, proprietaire, prochain_essai, bail_expire FROM saga_commandes "
)
_CHAMPS = (
    "saga_id", "client_id", "magasin_id", "etat_actuel", "est_terminee", "montant_total", "commande_finale_id",
    "date_creation", "derniere_modification", "date_fin", "correlation_id", "reponse_statut",
)  # fmt: skip

# Failure is read from the answer, not from the state: the state is in no index, so that its changes stay off them.
_SITUATIONS = {
    Situation.ACTIVE: f"date_fin IS NULL AND etat_actuel <> '{INTERVENTION_REQUISE}'",
    Situation.REUSSIE: "reponse_statut < 400",
    Situation.ECHOUEE: "reponse_statut >= 400",
    Situation.EN_COMPENSATION: f"date_fin IS NULL AND etat_actuel = '{COMPENSATION_EN_COURS}'",
    Situation.EN_REPRISE: "date_fin IS NULL AND active AND (execution->>'echecs')::int > 0",
    Situation.BLOQUEE: f"date_fin IS NULL AND (etat_actuel = '{INTERVENTION_REQUISE}' OR date_creation < "
    "clock_timestamp() - %s * interval '1 second')",
    Situation.INTERVENTION: f"date_fin IS NULL AND etat_actuel = '{INTERVENTION_REQUISE}'",
}
# The rows of the lines are written with the intent: a saga that is stuck before it has them in its data only.
_DU_PRODUIT = (
    "SELECT saga_id FROM saga_lignes_commande WHERE produit_id = %s UNION SELECT saga_id FROM saga_commandes "
    "WHERE date_fin IS NULL AND donnees_contexte->'lignes' @> %s::jsonb"
)
_DE_LA_CORRELATION = "SELECT saga_id FROM saga_commandes WHERE correlation_id = %s"
_DE_L_IDENTIFIANT = (
    "SELECT saga_id FROM saga_commandes WHERE saga_id = %s UNION "
    "SELECT saga_id FROM saga_commandes WHERE commande_finale_id = %s UNION "
    "SELECT saga_id FROM saga_commandes WHERE client_id = %s"
)
_SUITE = "date_creation <= %s AND (date_creation < %s OR saga_id > %s)"
_STATISTIQUES = (
    "SELECT count(*), count(*) FILTER (WHERE reponse_statut < 400), count(*) FILTER (WHERE reponse_statut >= 400), "
    "count(*) FILTER (WHERE date_fin IS NULL), count(*) FILTER (WHERE execution->'echec' <> 'null' "
    "AND jsonb_array_length(execution->'tentees') > 0), "
    "percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM date_fin - date_creation)) "
    "FILTER (WHERE reponse_statut < 400) "
    "FROM saga_commandes WHERE date_creation >= clock_timestamp() - %s * interval '1 minute'"
)


class ListesPostgres:
    """`retard_s`: age in seconds from which an unfinished saga counts as stalled, as in the gauge."""

    def __init__(self, *, retard_s: float) -> None:
        self._retard_s = retard_s

    def sagas(
        self, filtre: Filtre, *, debut: int, taille: int, compter: bool = True
    ) -> tuple[list[dict[str, Any]], int | None]:
        """One page, newest first, and how many match in all (None unless `compter`: counting reads them all)."""
        conditions, parametres = self._conditions(filtre)
        total = None
        with connection.cursor() as curseur:
            if compter:
                curseur.execute(f"SELECT count(*) FROM saga_commandes WHERE {conditions}", parametres)
                (total,) = curseur.fetchone()
            curseur.execute(
                f"{_RESUMES}WHERE {conditions} ORDER BY date_creation DESC, saga_id LIMIT %s OFFSET %s",
                [*parametres, taille, debut],
            )
            return [_resume(ligne) for ligne in curseur.fetchall()], total

    def statistiques(self, minutes: int) -> dict[str, Any]:
        """Figures of the sagas begun in the last `minutes`; durations in seconds, of the successes."""
        with connection.cursor() as curseur:
            curseur.execute(_STATISTIQUES, [minutes])
            commencees, reussies, echouees, en_cours, compensees, quantiles = curseur.fetchone()
        p50, p95 = quantiles or (None, None)
        return {
            "minutes": minutes,
            "commencees": commencees,
            "reussies": reussies,
            "echouees": echouees,
            "en_cours": en_cours,
            "compensees": compensees,
            "p50_secondes": p50,
            "p95_secondes": p95,
        }

    def _conditions(self, filtre: Filtre) -> tuple[str, list[Any]]:
        textes, parametres = ["true"], []

        def ajouter(texte: str, valeurs: list[Any]) -> None:
            textes.append(texte)
            parametres.extend(valeurs)

        if filtre.etat:
            ajouter("etat_actuel = %s", [filtre.etat])
        if filtre.actives_seulement:
            ajouter("date_fin IS NULL", [])
        if filtre.situation:
            texte = _SITUATIONS[filtre.situation]
            ajouter(f"({texte})", [self._retard_s] * texte.count("%s"))
        if filtre.client_id:
            ajouter("client_id = %s", [filtre.client_id])
        if filtre.produit_id:
            ajouter(f"saga_id IN ({_DU_PRODUIT})", _valeurs_du_produit(filtre.produit_id))
        if filtre.recherche:
            ajouter(*_recherche(filtre.recherche))
        if filtre.avant:
            ajouter(
                "date_creation <= %s AND (date_creation < %s OR saga_id > %s)", [filtre.avant] * 2 + [filtre.avant_id]
            )
        return " AND ".join(textes), parametres


def _valeurs_du_produit(produit_id: UUID) -> list[Any]:
    return [produit_id, jsons.ecrire([{"produit_id": produit_id}]).decode()]


def _recherche(texte: str) -> tuple[str, list[Any]]:
    try:
        identifiant = UUID(texte)
    except ValueError:
        return f"saga_id IN ({_DE_LA_CORRELATION})", [texte]
    return (
        f"saga_id IN ({_DE_LA_CORRELATION} UNION {_DE_L_IDENTIFIANT} UNION {_DU_PRODUIT})",
        [texte, *[identifiant] * 3, *_valeurs_du_produit(identifiant)],
    )


def _resume(ligne: tuple[Any, ...]) -> dict[str, Any]:
    *champs, brut, proprietaire, prochain_essai, bail_expire = ligne
    execution = objet(brut)
    echec = execution["echec"]
    attend = attente(
        execution,
        bloquee=ligne[3] == INTERVENTION_REQUISE,
        proprietaire=proprietaire,
        prochain_essai=prochain_essai,
        bail_expire=bail_expire,
    )
    return {
        **dict(zip(_CHAMPS, champs, strict=True)),
        "echec": echec and {"genre": echec[0], "code": echec[1], "message": echec[2], "etape": echec[3]},
        "attend": None if ligne[4] else attend,
    }
