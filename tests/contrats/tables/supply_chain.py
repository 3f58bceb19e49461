"""Contract, section 5."""

from __future__ import annotations

from typing import Any

from tests.commun.formes import DATE, ERREUR, NON_VIDE, UUID, ou_rien, texte
from tests.commun.monde import MAGASIN_CENTRAL, Monde, Reponse
from tests.contrats.tables.cas import Cas, Preparation, Valeurs

_DEMANDE = {
    "id": UUID,
    "produit_id": UUID,
    "magasin_id": UUID,
    "quantite": int,
    "statut": "En attente",
    "date_creation": DATE,
    "nom_produit": NON_VIDE,
    "nom_magasin": NON_VIDE,
    "est_quantite_importante": bool,
    "est_quantite_critique": bool,
    "quantite_formatee": texte("unité"),
}
_VALIDEE = {
    "success": True,
    "use_case": "ValiderDemandeUseCase",
    "demande_id": UUID,
    "message": NON_VIDE,
    "etapes_executees": [NON_VIDE],
    "rollback_effectue": False,
}
_ECHEC = {**ERREUR, "success": False, "rollback_effectue": True, "details_erreur": NON_VIDE}
_WORKFLOW = {
    "workflow_id": UUID,
    "demande_id": UUID,
    "produit_id": UUID,
    "magasin_id": UUID,
    "quantite": int,
    "etat": NON_VIDE,
    "est_termine": bool,
    "rollback_effectue": bool,
    "details_erreur": ou_rien(str),
    "date_creation": DATE,
}
_ETAPE = {"ordre": int, "nom": NON_VIDE, "description": NON_VIDE, "statut": NON_VIDE, "tentatives": int}
_INVALIDE = {**ERREUR, "code": NON_VIDE, "champs": dict}
_INEXISTANTE = {**ERREUR, "error": texte("n'existe pas")}


def _demande(monde: Monde) -> Valeurs:
    produit = monde.nouveau_produit(central=20)
    corps = {"produit_id": produit, "magasin_id": MAGASIN_CENTRAL, "quantite": 8}
    return {
        "produit_id": produit,
        "demande_id": monde.exiger("POST", "/api/inventaire/demandes/", corps, statut=201)["id"],
    }


def _sans_stock(monde: Monde) -> Valeurs:
    valeurs = _demande(monde)
    corps = {"produit_id": valeurs["produit_id"], "quantite": 15}
    monde.exiger("POST", "/api/inventaire/diminuer-stock/", corps)
    return valeurs


def _rejetee(monde: Monde) -> Valeurs:
    valeurs = _demande(monde)
    chemin = f"/api/supply-chain/rejeter-demande/{valeurs['demande_id']}/"
    monde.exiger("POST", chemin, {"motif": "Fin de série"})
    return valeurs


def _validee(preparer: Preparation, statut: int) -> Preparation:
    def valider(monde: Monde) -> Valeurs:
        valeurs = preparer(monde)
        chemin = f"/api/supply-chain/valider-demande/{valeurs['demande_id']}/"
        return {**valeurs, "workflow_id": monde.exiger("POST", chemin, statut=statut)["workflow_id"]}

    return valider


_APPROUVEE, _ANNULEE = _validee(_demande, 200), _validee(_sans_stock, 400)


def _reste(statut: str, central: int, local: int) -> Any:
    """What inventaire holds afterwards: status of the request, central stock, stock of the magasin."""

    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        demande = monde.exiger("GET", f"/api/inventaire/demandes/{valeurs['demande_id']}/")
        au_central = monde.exiger("GET", f"/api/inventaire/stock-central/{valeurs['produit_id']}/")["quantite"]
        au_magasin = monde.stock(valeurs["produit_id"], MAGASIN_CENTRAL)
        assert (demande["statut"], au_central, au_magasin) == (statut, central, local)

    return verifier


def _motif(motif: str) -> Any:
    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        _reste("Refusée", 20, 0)(monde, valeurs, reponse)
        assert monde.exiger("GET", f"/api/inventaire/demandes/{valeurs['demande_id']}/")["motif"] == motif

    return verifier


def _trois_etapes(*statuts: str) -> Any:
    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        assert [(e["ordre"], e["statut"]) for e in reponse.corps["etapes"]] == list(enumerate(statuts, 1))

    return verifier


def _trois_textes(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
    assert len(reponse.corps["etapes_executees"]) == 3
    _reste("Approuvée", 12, 8)(monde, valeurs, reponse)


def _cas(route: str, quand: str, statut: int, **suite: Any) -> Cas:
    return Cas(service="supply-chain", route=route, quand=quand, statut=statut, **suite)


_VALIDER, _REJETER = "POST /valider-demande/{demande_id}/", "POST /rejeter-demande/{demande_id}/"
_GESTES = tuple(f"POST /workflows/{{workflow_id}}/{geste}/" for geste in ("compenser", "reprendre", "ignorer-etape"))

CAS: list[Cas] = [
    _cas(
        "GET /demandes-en-attente/",
        "une page",
        200,
        avant=_demande,
        attendu={
            "success": True,
            "use_case": "ListerDemandesUseCase",
            "count": int,
            "total": int,
            "demandes": [_DEMANDE],
        },
    ),
    _cas(_VALIDER, "approuvée", 200, avant=_demande, attendu=_VALIDEE, apres=_trois_textes),
    _cas(_VALIDER, "déjà approuvée : la même réponse", 200, avant=_APPROUVEE, attendu=_VALIDEE, apres=_trois_textes),
    _cas(
        _VALIDER,
        "stock central insuffisant",
        400,
        avant=_sans_stock,
        attendu={**_ECHEC, "error": texte("insuffisant"), "details_erreur": texte("insuffisant")},
        apres=_reste("Échec validation", 5, 0),
    ),
    _cas(
        _VALIDER,
        "rejetée avant",
        400,
        avant=_rejetee,
        attendu={**ERREUR, "code": "demande_deja_traitee"},
        apres=_reste("Refusée", 20, 0),
    ),
    _cas(_VALIDER, "inconnue", 404, attendu=_INEXISTANTE),
    _cas(
        _REJETER,
        "rejetée",
        200,
        avant=_demande,
        corps={"motif": "L'hiver est fini."},
        attendu={"success": True, "demande_id": UUID, "message": NON_VIDE, "statut": "Refusée"},
        apres=_motif("L'hiver est fini."),
    ),
    *(
        _cas(
            _REJETER,
            quand,
            400,
            avant=_demande,
            corps=corps,
            attendu={**_INVALIDE, "champs": {"motif": NON_VIDE}},
            apres=_reste("En attente", 20, 0),
        )
        for quand, corps in (
            ("motif absent", {}),
            ("motif trop court", {"motif": "abcd"}),
            ("motif trop long", {"motif": "a" * 501}),
            ("motif sans lettre", {"motif": "12345 !"}),
        )
    ),
    _cas(
        _REJETER,
        "approuvée avant",
        400,
        avant=_APPROUVEE,
        corps={"motif": "Fin de série"},
        attendu={**ERREUR, "code": "demande_deja_traitee"},
        apres=_reste("Approuvée", 12, 8),
    ),
    _cas(_REJETER, "inconnue", 404, corps={"motif": "Fin de série"}, attendu=_INEXISTANTE),
    _cas(
        "GET /workflows/",
        "une page",
        200,
        avant=_APPROUVEE,
        requete="?page_size=5",
        attendu={"success": True, "workflows": [_WORKFLOW], "total": int},
    ),
    _cas(
        "GET /workflows/",
        "d'une demande",
        200,
        avant=_ANNULEE,
        requete="?demande_id={demande_id}&etat=VALIDATION_ANNULEE",
        attendu={"workflows": [{**_WORKFLOW, "rollback_effectue": True, "details_erreur": NON_VIDE}], "total": 1},
    ),
    _cas("GET /workflows/", "état inconnu", 400, requete="?etat=PERDU", attendu=_INVALIDE),
    _cas(
        "GET /workflows/{workflow_id}/",
        "approuvé",
        200,
        avant=_APPROUVEE,
        attendu={
            **_WORKFLOW,
            "etat": "VALIDATION_TERMINEE",
            "etapes": [_ETAPE],
            "historique": NON_VIDE,
            "attend": None,
        },
        apres=_trois_etapes("EFFECTUEE", "EFFECTUEE", "EFFECTUEE"),
    ),
    _cas(
        "GET /workflows/{workflow_id}/",
        "annulé",
        200,
        avant=_ANNULEE,
        attendu={**_WORKFLOW, "etat": "VALIDATION_ANNULEE", "rollback_effectue": True},
        apres=_trois_etapes("EN_ECHEC", "NON_EXECUTEE", "NON_EXECUTEE"),
    ),
    _cas("GET /workflows/{workflow_id}/", "inconnu", 404, attendu=_INEXISTANTE),
    *(
        _cas(route, quand, statut, **suite)
        for route in _GESTES
        for quand, statut, suite in (
            ("terminé", 400, {"avant": _APPROUVEE, "interne": True, "attendu": ERREUR}),
            ("inconnu", 404, {"interne": True, "attendu": ERREUR}),
            ("sans jeton", 403, {"avant": _APPROUVEE, "attendu": {"code": "jeton_interne_requis"}}),
        )
    ),
    *(
        _cas(f"GET {route}", "vivant", 200, attendu={"status": "healthy", "instance_id": "supply-chain"})
        for route in ("/health/", "/health/live", "/health/ready")
    ),
]
