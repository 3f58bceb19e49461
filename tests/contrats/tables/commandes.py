"""Contract, section 4."""

from __future__ import annotations

from typing import Any

from tests.commun.formes import ARGENT, DATE, ERREUR, NON_VIDE, UUID, ou_rien, texte
from tests.commun.monde import JEAN, MAGASIN_CENTRAL, Monde, Reponse, nouvel_id
from tests.contrats.tables.cas import Cas, Valeurs

_LIGNE = {"produit_id": UUID, "produit_nom": str, "quantite": int, "prix_unitaire": ARGENT, "sous_total": ARGENT}
_VENTE = {
    "id": UUID,
    "magasin": NON_VIDE,
    "date_vente": DATE,
    "total": ARGENT,
    "client_id": ou_rien(UUID),
    "statut": texte("^(active|annulee|remboursee)$"),
    "lignes": [_LIGNE],
    "peut_etre_annulee": bool,
}
_PAR_REFERENCE = "/ventes-ddd/par-reference/{reference}/"


def _produit(monde: Monde) -> Valeurs:
    return {"produit_id": monde.nouveau_produit(12.5, magasin_central=20)}


def _reserve(monde: Monde) -> Valeurs:
    """Stock reserved under a reference, as a saga leaves it for this service."""
    valeurs = {**_produit(monde), "reference": nouvel_id()}
    corps = {
        "reference": valeurs["reference"],
        "magasin_id": MAGASIN_CENTRAL,
        "lignes": [{"produit_id": valeurs["produit_id"], "quantite": 4}],
    }
    monde.exiger("POST", "/api/inventaire/diminuer-stock/", corps)
    return valeurs


def _vente(monde: Monde) -> Valeurs:
    valeurs = _produit(monde)
    corps = {"magasin_id": MAGASIN_CENTRAL, "client_id": JEAN, "produit_id": valeurs["produit_id"], "quantite": 3}
    vente = monde.exiger("POST", "/api/commandes/ventes-ddd/enregistrer/", corps, statut=201)["vente"]
    return {**valeurs, "vente_id": vente["id"]}


def _vente_annulee(monde: Monde) -> Valeurs:
    valeurs = _vente(monde)
    monde.exiger("PATCH", f"/api/commandes/ventes-ddd/{valeurs['vente_id']}/annuler/", {"motif": "Erreur de caisse"})
    return valeurs


def _vente_de_saga(monde: Monde) -> Valeurs:
    valeurs = _reserve(monde)
    corps = _forme_saga(valeurs["reference"], valeurs["produit_id"])
    monde.exiger("POST", "/api/commandes/ventes-ddd/enregistrer/", corps, statut=201, interne=True)
    return valeurs


def _reference_annulee(monde: Monde) -> Valeurs:
    valeurs = _reserve(monde)
    monde.exiger("POST", f"/api/commandes/ventes-ddd/par-reference/{valeurs['reference']}/annuler/", {}, interne=True)
    return valeurs


def _forme_saga(reference: str, produit: str, **ligne: Any) -> dict[str, Any]:
    return {
        "magasin_id": MAGASIN_CENTRAL,
        "client_id": JEAN,
        "reference": reference,
        "reservation_reference": reference,
        "lignes": [{"produit_id": produit, "produit_nom": "Essai", "prix_unitaire": 12.5, "quantite": 4, **ligne}],
    }


def _reste(quantite: int) -> Any:
    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        assert monde.stock(valeurs["produit_id"], MAGASIN_CENTRAL) == quantite

    return verifier


def _etat_de_la_reference(statut: str | None) -> Any:
    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        vente = monde.vente(valeurs["reference"])
        assert (vente["statut"] if vente else None) == statut

    return verifier


def _cas(route: str, quand: str, statut: int, **suite: Any) -> Cas:
    return Cas(service="commandes", route=route, quand=quand, statut=statut, **suite)


def _enregistrer(quand: str, statut: int, corps: Any, **suite: Any) -> Cas:
    return _cas("POST /ventes-ddd/enregistrer/", quand, statut, corps=corps, **{"avant": _produit, **suite})


_UN = {"magasin_id": MAGASIN_CENTRAL, "client_id": JEAN, "produit_id": "{produit_id}", "quantite": 3}
_SAGA = _forme_saga("{reference}", "{produit_id}")
_CREEE = {"success": True, "vente": {**_VENTE, "statut": "active"}}

CAS: list[Cas] = [
    _cas(
        "GET /magasins/",
        "les trois",
        200,
        attendu={"success": True, "magasins": [{"id": UUID, "nom": NON_VIDE, "adresse": str}], "total": int},
    ),
    _enregistrer(
        "un produit", 201, _UN, attendu={**_CREEE, "vente": {**_VENTE, "total": lambda t: t == 37.5}}, apres=_reste(17)
    ),
    _enregistrer(
        "pénurie",
        400,
        {**_UN, "quantite": 21},
        attendu={**ERREUR, "error": texte("^Stock insuffisant")},
        apres=_reste(20),
    ),
    _enregistrer(
        "magasin inconnu",
        400,
        {**_UN, "magasin_id": "{inconnu}"},
        attendu={**ERREUR, "error": texte("^Magasin invalide")},
    ),
    _enregistrer(
        "produit inconnu",
        400,
        {**_UN, "produit_id": "{inconnu}"},
        attendu={**ERREUR, "error": texte("^Produit invalide")},
    ),
    _enregistrer("quantité nulle", 400, {**_UN, "quantite": 0}, attendu=ERREUR, apres=_reste(20)),
    _enregistrer(
        "quantité absente",
        400,
        {"magasin_id": MAGASIN_CENTRAL, "client_id": JEAN, "produit_id": "{produit_id}"},
        attendu=ERREUR,
    ),
    _enregistrer("forme saga", 201, _SAGA, avant=_reserve, interne=True, attendu=_CREEE, apres=_reste(16)),
    _enregistrer(
        "forme saga répétée : la première réponse",
        201,
        _SAGA,
        avant=_vente_de_saga,
        interne=True,
        attendu=_CREEE,
        apres=_reste(16),
    ),
    _enregistrer(
        "forme saga, autre corps",
        422,
        _forme_saga("{reference}", "{produit_id}", quantite=5),
        avant=_vente_de_saga,
        interne=True,
        attendu=ERREUR,
    ),
    _enregistrer(
        "forme saga sans jeton",
        403,
        _SAGA,
        avant=_reserve,
        attendu={"code": "jeton_interne_requis"},
        apres=_etat_de_la_reference(None),
    ),
    _enregistrer(
        "forme saga d'une référence annulée",
        409,
        _SAGA,
        avant=_reference_annulee,
        interne=True,
        attendu={**ERREUR, "error": texte("référence annulée")},
        apres=_etat_de_la_reference(None),
    ),
    _enregistrer(
        "forme saga, prix nul",
        400,
        _forme_saga("{reference}", "{produit_id}", prix_unitaire=0),
        avant=_reserve,
        interne=True,
        attendu=ERREUR,
    ),
    _enregistrer(
        "forme saga, 51 lignes",
        400,
        {**_SAGA, "lignes": _SAGA["lignes"] * 51},
        avant=_reserve,
        interne=True,
        attendu=ERREUR,
    ),
    _cas(
        "GET /ventes-ddd/",
        "une page",
        200,
        avant=_vente,
        requete="?page_size=5",
        attendu={"ventes": [_VENTE], "total": int},
    ),
    _cas(
        "GET /ventes-ddd/{vente_id}/",
        "connue",
        200,
        avant=_vente,
        attendu={"vente": {**_VENTE, "peut_etre_annulee": True}},
    ),
    _cas(
        "GET /ventes-ddd/{vente_id}/",
        "annulée",
        200,
        avant=_vente_annulee,
        attendu={"vente": {"statut": "annulee", "peut_etre_annulee": False}},
    ),
    _cas("GET /ventes-ddd/{vente_id}/", "inconnue", 404, attendu=ERREUR),
    _cas(
        "PATCH /ventes-ddd/{vente_id}/annuler/",
        "rend le stock",
        200,
        avant=_vente,
        corps={"motif": "Erreur de caisse"},
        attendu={
            "success": True,
            "message": NON_VIDE,
            "vente_id": UUID,
            "statut": "annulee",
            "date_annulation": DATE,
            "motif": "Erreur de caisse",
        },
        apres=_reste(20),
    ),
    _cas(
        "PATCH /ventes-ddd/{vente_id}/annuler/",
        "déjà annulée",
        400,
        avant=_vente_annulee,
        corps={},
        attendu=ERREUR,
        apres=_reste(20),
    ),
    _cas("PATCH /ventes-ddd/{vente_id}/annuler/", "inconnue", 404, corps={}, attendu=ERREUR),
    _cas(f"GET {_PAR_REFERENCE}", "active", 200, avant=_vente_de_saga, attendu=_CREEE),
    _cas(f"GET {_PAR_REFERENCE}", "inconnue", 404, attendu=ERREUR),
    _cas(f"GET {_PAR_REFERENCE}", "annulée avant d'exister", 404, avant=_reference_annulee, attendu=ERREUR),
    _cas(
        f"POST {_PAR_REFERENCE}annuler/",
        "active : annulée, sans toucher au stock",
        200,
        avant=_vente_de_saga,
        interne=True,
        corps={"motif": "Compensation"},
        attendu={"etat": "annulee"},
        apres=_reste(16),
    ),
    _cas(f"POST {_PAR_REFERENCE}annuler/", "inconnue", 200, interne=True, corps={}, attendu={"etat": "jamais_creee"}),
    _cas(
        f"POST {_PAR_REFERENCE}annuler/",
        "active, seulement si absente",
        200,
        avant=_vente_de_saga,
        interne=True,
        corps={"seulement_si_absente": True},
        attendu={"etat": "active"},
        apres=_etat_de_la_reference("active"),
    ),
    _cas(
        f"POST {_PAR_REFERENCE}annuler/",
        "mauvais type",
        400,
        interne=True,
        corps={"seulement_si_absente": "oui"},
        attendu=ERREUR,
    ),
    _cas(
        f"POST {_PAR_REFERENCE}annuler/",
        "sans jeton",
        403,
        avant=_vente_de_saga,
        corps={},
        attendu={"code": "jeton_interne_requis"},
        apres=_etat_de_la_reference("active"),
    ),
    _cas(
        "GET /indicateurs/",
        "un tableau nu",
        200,
        avant=_vente,
        attendu=[
            {"magasin": NON_VIDE, "chiffre_affaires": ARGENT, "ruptures": int, "surstock": int, "tendances": list}
        ],
    ),
    _cas("GET /indicateurs/", "jours malformés", 400, requete="?jours=abc", attendu=ERREUR),
    _cas(
        "GET /rapport-consolide/",
        "un tableau nu",
        200,
        avant=_vente,
        attendu=[
            {
                "magasin": NON_VIDE,
                "total": ARGENT,
                "produits_vendus": [
                    {"produit_id": UUID, "nom": str, "quantite_totale": int, "chiffre_affaires": ARGENT}
                ],
                "stock_local": {"ruptures": int, "surstock": int, "produits_en_stock": int},
            }
        ],
    ),
    _cas("GET /rapport-consolide/", "jours malformés", 400, requete="?jours=0", attendu=ERREUR),
    *(
        _cas(f"GET {route}", "vivant", 200, attendu={"status": "healthy", "instance_id": NON_VIDE})
        for route in ("/health/", "/health/live", "/health/ready")
    ),
]
