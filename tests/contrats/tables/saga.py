"""Contract, sections 7 and 9."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.commun.formes import ARGENT, DATE, ERREUR, NOMBRE, NON_VIDE, UUID, ou_rien, texte
from tests.commun.monde import JEAN, Monde, Reponse
from tests.contrats.tables.cas import Cas, Valeurs

_RESUME = {
    "saga_id": UUID,
    "client_id": UUID,
    "magasin_id": UUID,
    "etat_actuel": NON_VIDE,
    "est_terminee": bool,
    "est_en_echec": bool,
    "necessite_compensation": bool,
    "montant_total": ARGENT,
    "quantite_totale_articles": int,
    "nombre_lignes": int,
    "nombre_evenements": int,
    "duree_totale_secondes": NOMBRE,
    "duree_par_etape": dict,
    "tentatives_par_etape": dict,
    "reservations_actives": int,
    "commande_finale_id": ou_rien(UUID),
    "date_creation": DATE,
    "date_derniere_modification": DATE,
}
_SUCCES = {
    "success": True,
    "saga_id": UUID,
    "etat_final": "SAGA_TERMINEE",
    "commande_id": UUID,
    "resume_execution": _RESUME,
}
_RUPTURE = {**ERREUR, "error": "Stock insuffisant", "saga_id": UUID, "etat_final": "SAGA_ANNULEE"}
_SAGA = {
    "saga_id": UUID,
    "client_id": UUID,
    "magasin_id": UUID,
    "etat_actuel": NON_VIDE,
    "est_terminee": bool,
    "commande_finale_id": ou_rien(UUID),
    "date_creation": DATE,
    "derniere_modification": DATE,
    "donnees_contexte": dict,
    "historique_evenements": [
        {
            "type": NON_VIDE,
            "etat_precedent": ou_rien(str),
            "nouvel_etat": NON_VIDE,
            "message": str,
            "timestamp": DATE,
            "donnees": dict,
        }
    ],
    "lignes_commande": NON_VIDE,
    "attend": ou_rien(dict),
}


def _produit(monde: Monde) -> Valeurs:
    return {"client_id": JEAN, "produit_id": monde.nouveau_produit(4.5, en_ligne=9)}


def _lancer(monde: Monde, valeurs: Valeurs, quantite: int) -> Valeurs:
    corps = {"client_id": JEAN, "lignes": [{"produit_id": valeurs["produit_id"], "quantite": quantite}]}
    return {**valeurs, "saga_id": monde.appeler("POST", "/api/saga/commandes/", corps).corps["saga_id"]}


def _terminee(monde: Monde) -> Valeurs:
    return _lancer(monde, _produit(monde), 2)


def _annulee(monde: Monde) -> Valeurs:
    return _lancer(monde, _produit(monde), 10)


def _reste(quantite: int) -> Any:
    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        assert monde.stock(valeurs["produit_id"]) == quantite

    return verifier


def _histoire(*types: str) -> Any:
    """The contract's types are there once each and in order (others may stand between), and so are the states."""

    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        evenements = reponse.corps["historique_evenements"]
        assert [e["type"] for e in evenements if e["type"] in types] == list(types)
        etats = ["EN_ATTENTE", *(e["nouvel_etat"] for e in evenements)]
        assert [etat for etat, suivant in pairwise([*etats, ""]) if etat != suivant] == [
            "EN_ATTENTE",
            "VERIFICATION_STOCK",
            "STOCK_VERIFIE",
            "RESERVATION_STOCK",
            "STOCK_RESERVE",
            "CREATION_COMMANDE",
            "COMMANDE_CREEE",
            "SAGA_TERMINEE",
        ]
        assert all(e["etat_precedent"] == avant for e, avant in zip(evenements, etats, strict=False))

    return verifier


def _conservee(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
    assert monde.saga(reponse.corps["saga_id"])["etat_actuel"] == "SAGA_ANNULEE"


def _cas(route: str, quand: str, statut: int, **suite: Any) -> Cas:
    return Cas(service="saga", route=route, quand=quand, statut=statut, **suite)


_DEMANDE = {"client_id": "{client_id}", "lignes": [{"produit_id": "{produit_id}", "quantite": 2}]}


def _executer(quand: str, statut: int, route: str = "/commandes/", **remplace: Any) -> Cas:
    suite = {nom: remplace.pop(nom) for nom in ("avant", "attendu", "apres", "entetes") if nom in remplace}
    corps = {nom: valeur for nom, valeur in {**_DEMANDE, **remplace}.items() if valeur is not ...}
    return _cas(f"POST {route}", quand, statut, corps=corps, **{"avant": _produit, **suite})


_ROUTES_OPERATEUR = (
    "/commandes/{saga_id}/compenser/",
    "/commandes/{saga_id}/reprendre/",
    "/{saga_id}/compensate/",
    "/commandes/{saga_id}/ignorer-etape/",
)
_INVALIDE = {**ERREUR, "code": NON_VIDE, "champs": dict}

CAS: list[Cas] = [
    _executer("réussie", 201, attendu=_SUCCES, apres=_reste(7)),
    _executer("réussie, ancienne orthographe", 201, "/checkout/", attendu=_SUCCES, apres=_reste(7)),
    _executer("identifiant choisi par l'appelant", 201, checkout_id="{checkout}", attendu=_SUCCES),
    _executer(
        "deux lignes d'un produit additionnées",
        201,
        lignes=[{"produit_id": "{produit_id}", "quantite": 2}, {"produit_id": "{produit_id}", "quantite": 3}],
        apres=_reste(4),
    ),
    _executer(
        "rupture", 400, lignes=[{"produit_id": "{produit_id}", "quantite": 10}], attendu=_RUPTURE, apres=_reste(9)
    ),
    _executer(
        "rupture, ancienne orthographe",
        400,
        "/checkout/",
        lignes=[{"produit_id": "{produit_id}", "quantite": 10}],
        attendu=_RUPTURE,
    ),
    _executer(
        "produit inconnu",
        400,
        lignes=[{"produit_id": "{inconnu}", "quantite": 1}],
        attendu={**ERREUR, "error": "Erreur lors de l'exécution de la saga", "saga_id": UUID},
    ),
    _executer("aucune ligne", 400, lignes=[], attendu=_INVALIDE),
    _executer(
        "51 lignes",
        400,
        lignes=[{"produit_id": "{produit_id}", "quantite": 1}] * 51,
        attendu=_INVALIDE,
        apres=_reste(9),
    ),
    _executer("quantité nulle", 400, lignes=[{"produit_id": "{produit_id}", "quantite": 0}], attendu=_INVALIDE),
    _executer("client absent", 400, client_id=..., attendu={**_INVALIDE, "champs": {"client_id": NON_VIDE}}),
    _executer("magasin malformé", 400, magasin_id="abc", attendu=_INVALIDE),
    _executer("sans attendre", 202, entetes={"Prefer": "respond-async"}, attendu={"saga_id": UUID}),
    *(
        _cas(f"GET {route}", quand, statut, **suite)
        for route in ("/commandes/{saga_id}/", "/{saga_id}/status/")
        for quand, statut, suite in (
            (
                "terminée",
                200,
                {
                    "avant": _terminee,
                    "attendu": {**_SAGA, "etat_actuel": "SAGA_TERMINEE", "est_terminee": True},
                    "apres": _histoire(
                        "SAGA_DEMARRE",
                        "STOCK_VERIFIE_SUCCES",
                        "STOCK_RESERVE_SUCCES",
                        "COMMANDE_CREEE_SUCCES",
                        "SAGA_TERMINEE_SUCCES",
                    ),
                },
            ),
            (
                "annulée",
                200,
                {"avant": _annulee, "attendu": {**_SAGA, "etat_actuel": "SAGA_ANNULEE", "commande_finale_id": None}},
            ),
            ("inconnue", 404, {"attendu": ERREUR}),
        )
    ),
    *(
        _cas(f"GET {route}", quand, statut, **suite)
        for route in ("/sagas/", "/list/")
        for quand, statut, suite in (
            (
                "une page",
                200,
                {"avant": _terminee, "requete": "?page_size=5", "attendu": {"sagas": NON_VIDE, "total": int}},
            ),
            (
                "terminées",
                200,
                {
                    "avant": _terminee,
                    "requete": "?etat=SAGA_TERMINEE",
                    "attendu": {"sagas": [{"etat_actuel": "SAGA_TERMINEE"}]},
                },
            ),
            ("actives", 200, {"requete": "?actives_seulement=true", "attendu": {"sagas": [{"est_terminee": False}]}}),
            ("état inconnu", 400, {"requete": "?etat=PERDUE", "attendu": _INVALIDE}),
            (
                "échouées d'un produit",
                200,
                {
                    "avant": _annulee,
                    "requete": "?situation=echouee&produit_id={produit_id}&compter=non",
                    "attendu": {
                        "sagas": [{"saga_id": UUID, "echec": {"code": "stock_insuffisant"}, "attend": ou_rien(dict)}],
                        "total": None,
                    },
                },
            ),
            (
                "par n'importe quel identifiant",
                200,
                {"avant": _terminee, "requete": "?recherche={saga_id}", "attendu": {"sagas": NON_VIDE, "total": 1}},
            ),
            ("situation inconnue", 400, {"requete": "?situation=perdue", "attendu": _INVALIDE}),
            ("suite sans identifiant", 400, {"requete": "?avant=2026-01-01T00:00:00Z", "attendu": _INVALIDE}),
        )
    ),
    _cas(
        "GET /statistiques/",
        "dix minutes",
        200,
        avant=_terminee,
        attendu={"style": "orchestre", "minutes": 10, "commencees": int, "reussies": int, "compensees": int},
    ),
    _cas("GET /statistiques/", "fenêtre trop large", 400, requete="?minutes=61", attendu=_INVALIDE),
    _cas(
        "POST /test/echec-stock/",
        "simulée et conservée",
        400,
        attendu={**_RUPTURE, "simulation_reussie": True},
        apres=_conservee,
    ),
    *(
        _cas(f"POST {route}", quand, statut, **suite)
        for route in _ROUTES_OPERATEUR
        for quand, statut, suite in (
            ("saga terminée", 400, {"avant": _terminee, "interne": True, "attendu": ERREUR, "apres": _reste(7)}),
            ("inconnue", 404, {"interne": True, "attendu": ERREUR}),
            ("sans jeton", 403, {"avant": _terminee, "attendu": {"code": "jeton_interne_requis"}}),
        )
    ),
    _cas(
        "GET /info/",
        "la table de la saga",
        200,
        attendu={
            "etapes": NON_VIDE,
            "etats": NON_VIDE,
            "transitions": {"EN_ATTENTE": NON_VIDE, "INTERVENTION_REQUISE": NON_VIDE},
        },
    ),
    *(
        _cas(f"GET {route}", "vivant", 200, attendu={"status": "healthy", "instance_id": texte("^saga-[12]$")})
        for route in ("/health/", "/health/live", "/health/ready")
    ),
]
