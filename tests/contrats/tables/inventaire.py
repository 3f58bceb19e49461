"""Contract, section 3."""

from __future__ import annotations

from typing import Any

from tests.commun.formes import DATE, ERREUR, NON_VIDE, UUID, texte
from tests.commun.monde import MAGASIN_CENTRAL, MAGASIN_EN_LIGNE, Monde, Reponse, nouvel_id
from tests.contrats.tables.cas import Cas, Preparation, Valeurs

_STOCK = {"produit_id": UUID, "quantite": int, "niveau": NON_VIDE, "nom_produit": NON_VIDE}
_DEMANDE = {
    "id": UUID,
    "produit_id": UUID,
    "magasin_id": UUID,
    "quantite": int,
    "statut": NON_VIDE,
    "date_creation": DATE,
    "nom_produit": NON_VIDE,
    "nom_magasin": NON_VIDE,
}
_MOUVEMENT = {"success": True, "message": NON_VIDE, "nouvelle_quantite": int, "niveau": NON_VIDE}
_INSUFFISANT = {**ERREUR, "error": texte("insuffisant"), "details": texte("(?s)disponible.*demandé")}
_INEXISTANT = {**ERREUR, "error": texte("n'existe pas")}


def _produit(**stocks: int) -> Preparation:
    return lambda monde: {"produit_id": monde.nouveau_produit(**stocks)}


_AU_MAGASIN = _produit(magasin_central=20)
_AU_CENTRAL = _produit(central=20)


def _reservation(monde: Monde) -> Valeurs:
    valeurs = {**_AU_MAGASIN(monde), "reference": nouvel_id()}
    monde.exiger("POST", "/api/inventaire/diminuer-stock/", _lot(valeurs, 4))
    return valeurs


def _liberee(monde: Monde) -> Valeurs:
    valeurs = _reservation(monde)
    monde.exiger("POST", "/api/inventaire/augmenter-stock/", {"reference": valeurs["reference"]})
    return valeurs


def _annulee(monde: Monde) -> Valeurs:
    valeurs = {**_AU_MAGASIN(monde), "reference": nouvel_id()}
    monde.exiger("POST", "/api/inventaire/augmenter-stock/", {"reference": valeurs["reference"]})
    return valeurs


def _ajoutee(monde: Monde) -> Valeurs:
    valeurs = {**_AU_MAGASIN(monde), "reference": nouvel_id()}
    monde.exiger("POST", "/api/inventaire/augmenter-stock/", _lot(valeurs, 7))
    return valeurs


def _ajoutee_puis_vendue(monde: Monde) -> Valeurs:
    valeurs = _ajoutee(monde)
    corps = {"produit_id": valeurs["produit_id"], "quantite": 25, "magasin_id": MAGASIN_CENTRAL}
    monde.exiger("POST", "/api/inventaire/diminuer-stock/", corps)
    return valeurs


def _lot(valeurs: Valeurs, quantite: int) -> dict[str, Any]:
    return {
        "reference": valeurs["reference"],
        "magasin_id": MAGASIN_CENTRAL,
        "lignes": [{"produit_id": valeurs["produit_id"], "quantite": quantite}],
    }


def _demande(monde: Monde) -> Valeurs:
    valeurs = _AU_CENTRAL(monde)
    corps = {"produit_id": valeurs["produit_id"], "magasin_id": MAGASIN_CENTRAL, "quantite": 8}
    return {**valeurs, "demande_id": monde.exiger("POST", "/api/inventaire/demandes/", corps, statut=201)["id"]}


def _demande_approuvee(monde: Monde) -> Valeurs:
    valeurs = _demande(monde)
    monde.exiger("PUT", f"/api/inventaire/demandes/{valeurs['demande_id']}/approuver/")
    return valeurs


def _demande_sans_stock(monde: Monde) -> Valeurs:
    valeurs = _demande(monde)
    corps = {"produit_id": valeurs["produit_id"], "quantite": 15}
    monde.exiger("POST", "/api/inventaire/diminuer-stock/", corps)
    return valeurs


def _statut_fixe(monde: Monde) -> Valeurs:
    valeurs = _demande(monde)
    corps = {"statut": "Approuvée", "workflow_id": nouvel_id()}
    monde.exiger("PUT", f"/api/inventaire/demandes/{valeurs['demande_id']}/statut/", corps, interne=True)
    return valeurs


def _magasin_inconnu(_: Monde) -> Valeurs:
    return {"magasin_id": nouvel_id()}


def _au_magasin_reste(quantite: int) -> Any:
    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        assert monde.stock(valeurs["produit_id"], MAGASIN_CENTRAL) == quantite

    return verifier


def _au_central_reste(quantite: int) -> Any:
    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        lu = monde.exiger("GET", f"/api/inventaire/stock-central/{valeurs['produit_id']}/")
        assert lu["quantite"] == quantite

    return verifier


def _deplacee(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
    _au_central_reste(12)(monde, valeurs, reponse)
    _au_magasin_reste(8)(monde, valeurs, reponse)


def _plus_la(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
    assert monde.appeler("GET", f"/api/inventaire/demandes/{valeurs['demande_id']}/").statut == 404


def _cas(route: str, quand: str, statut: int, **suite: Any) -> Cas:
    return Cas(service="inventaire", route=route, quand=quand, statut=statut, **suite)


def _diminuer(quand: str, statut: int, corps: Any, **suite: Any) -> Cas:
    return _cas("POST /diminuer-stock/", quand, statut, corps=corps, **{"avant": _AU_MAGASIN, **suite})


def _augmenter(quand: str, statut: int, corps: Any, **suite: Any) -> Cas:
    return _cas("POST /augmenter-stock/", quand, statut, corps=corps, **{"avant": _AU_MAGASIN, **suite})


_UN = {"produit_id": "{produit_id}", "quantite": 5, "magasin_id": MAGASIN_CENTRAL}
_DES_LIGNES = {
    "reference": "{reference}",
    "magasin_id": MAGASIN_CENTRAL,
    "lignes": [{"produit_id": "{produit_id}", "quantite": 4}],
}
_DOUBLONS = [{"produit_id": "{produit_id}", "quantite": 6}, {"produit_id": "{produit_id}", "quantite": 5}]

CAS: list[Cas] = [
    _diminuer("au magasin", 200, _UN, attendu={**_MOUVEMENT, "nouvelle_quantite": 15, "niveau": "Moyen"}),
    _diminuer(
        "au central",
        200,
        {"produit_id": "{produit_id}", "quantite": 15},
        avant=_AU_CENTRAL,
        attendu={**_MOUVEMENT, "nouvelle_quantite": 5, "niveau": "Critique"},
    ),
    _diminuer("pénurie", 400, {**_UN, "quantite": 21}, attendu=_INSUFFISANT, apres=_au_magasin_reste(20)),
    _diminuer("quantité nulle", 400, {**_UN, "quantite": 0}, attendu=ERREUR, apres=_au_magasin_reste(20)),
    _diminuer("quantité négative", 400, {**_UN, "quantite": -1}, attendu=ERREUR, apres=_au_magasin_reste(20)),
    _diminuer("quantité trop grande", 400, {**_UN, "quantite": 10_001}, attendu=ERREUR),
    _diminuer("quantité à virgule", 400, {**_UN, "quantite": 1.5}, attendu=ERREUR),
    _diminuer("quantité en texte", 400, {**_UN, "quantite": "5"}, attendu=ERREUR),
    _diminuer(
        "quantité absente", 400, {"produit_id": "{produit_id}"}, attendu={**ERREUR, "champs": {"quantite": NON_VIDE}}
    ),
    _diminuer("produit inconnu", 404, {**_UN, "produit_id": "{inconnu}"}, attendu=_INEXISTANT),
    _diminuer("magasin inconnu", 404, {**_UN, "magasin_id": "{inconnu}"}, attendu=_INEXISTANT),
    _diminuer(
        "réservation", 200, _DES_LIGNES, attendu={"success": True, "etat": "RESERVEE"}, apres=_au_magasin_reste(16)
    ),
    _diminuer(
        "réservation répétée : la première réponse",
        200,
        _DES_LIGNES,
        avant=_reservation,
        attendu={"success": True},
        apres=_au_magasin_reste(16),
    ),
    _diminuer(
        "réservation : doublons additionnés", 200, {**_DES_LIGNES, "lignes": _DOUBLONS}, apres=_au_magasin_reste(9)
    ),
    _diminuer(
        "réservation : tout ou rien",
        400,
        {**_DES_LIGNES, "lignes": [*_DES_LIGNES["lignes"], {"produit_id": "{produit_id}", "quantite": 17}]},
        attendu=_INSUFFISANT,
        apres=_au_magasin_reste(20),
    ),
    _diminuer(
        "réservation d'une référence annulée",
        409,
        _DES_LIGNES,
        avant=_annulee,
        attendu={**ERREUR, "error": texte("reference annulée"), "code": "reference_annulee"},
        apres=_au_magasin_reste(20),
    ),
    _diminuer(
        "même référence, autre corps",
        422,
        {**_DES_LIGNES, "lignes": _DOUBLONS},
        avant=_reservation,
        attendu=ERREUR,
        apres=_au_magasin_reste(16),
    ),
    _diminuer("51 lignes", 400, {**_DES_LIGNES, "lignes": _DES_LIGNES["lignes"] * 51}, attendu=ERREUR),
    _diminuer("aucune ligne", 400, {**_DES_LIGNES, "lignes": []}, attendu=ERREUR),
    _augmenter("au magasin", 200, _UN, attendu={**_MOUVEMENT, "nouvelle_quantite": 25, "niveau": "Haut"}),
    _augmenter(
        "crée la ligne du central",
        200,
        {"produit_id": "{produit_id}", "quantite": 5},
        avant=_produit(),
        attendu={**_MOUVEMENT, "nouvelle_quantite": 5},
    ),
    _augmenter(
        "libère une réservation",
        200,
        {"reference": "{reference}"},
        avant=_reservation,
        attendu={"success": True, "etat": "LIBEREE"},
        apres=_au_magasin_reste(20),
    ),
    _augmenter(
        "libère une seconde fois : sans effet",
        200,
        {"reference": "{reference}"},
        avant=_liberee,
        attendu={"success": True},
        apres=_au_magasin_reste(20),
    ),
    _augmenter(
        "libère une référence inconnue",
        200,
        {"reference": "{reference}"},
        attendu={"success": True},
        apres=_au_magasin_reste(20),
    ),
    _augmenter("ajoute sous une référence", 200, _DES_LIGNES, attendu={"success": True}, apres=_au_magasin_reste(24)),
    _augmenter(
        "défait un ajout",
        200,
        {"reference": "{reference}", "annulation": True},
        avant=_ajoutee,
        attendu={"success": True},
        apres=_au_magasin_reste(20),
    ),
    _augmenter(
        "défaire rendrait le stock négatif",
        409,
        {"reference": "{reference}", "annulation": True},
        avant=_ajoutee_puis_vendue,
        attendu=ERREUR,
        apres=_au_magasin_reste(2),
    ),
    _augmenter("quantité nulle", 400, {**_UN, "quantite": 0}, attendu=ERREUR, apres=_au_magasin_reste(20)),
    _augmenter("produit inconnu", 404, {**_UN, "produit_id": "{inconnu}"}, attendu=_INEXISTANT),
    _augmenter("magasin inconnu", 404, {**_UN, "magasin_id": "{inconnu}"}, attendu=_INEXISTANT),
    _cas(
        "GET /reservations/{reference}/",
        "en cours",
        200,
        avant=_reservation,
        attendu={"etat": "RESERVEE", "lignes": [{"produit_id": UUID, "quantite": 4}]},
    ),
    _cas("GET /reservations/{reference}/", "libérée", 200, avant=_liberee, attendu={"etat": "LIBEREE"}),
    _cas("GET /reservations/{reference}/", "annulée avant d'exister", 200, avant=_annulee, attendu={"etat": "ANNULEE"}),
    _cas("GET /reservations/{reference}/", "inconnue", 404, attendu=_INEXISTANT),
    _cas(
        "GET /stock-central/{produit_id}/",
        "connu",
        200,
        avant=_AU_CENTRAL,
        attendu={**_STOCK, "quantite": 20, "niveau": "Normal"},
    ),
    _cas(
        "GET /stock-central/{produit_id}/",
        "jamais eu",
        200,
        avant=_produit(),
        attendu={"quantite": 0, "niveau": "Indisponible"},
    ),
    _cas("GET /stock-central/{produit_id}/", "inconnu", 404, attendu=_INEXISTANT),
    _cas(
        "GET /stock-local/{produit_id}/{magasin_id}/",
        "connu",
        200,
        avant=_AU_MAGASIN,
        attendu={**_STOCK, "quantite": 20, "niveau": "Moyen", "nom_magasin": "Magasin Central"},
    ),
    _cas(
        "GET /stock-local/{produit_id}/{magasin_id}/",
        "jamais eu",
        200,
        avant=_produit(),
        attendu={"quantite": 0, "niveau": "Indisponible"},
    ),
    _cas("GET /stock-local/{produit_id}/{magasin_id}/", "produit inconnu", 404, attendu=_INEXISTANT),
    _cas(
        "GET /stock-local/{produit_id}/{magasin_id}/",
        "magasin inconnu",
        404,
        attendu=_INEXISTANT,
        avant=lambda monde: {**_AU_MAGASIN(monde), "magasin_id": nouvel_id()},
    ),
    _cas("GET /stocks-centraux/", "une page", 200, requete="?page_size=3", attendu={"stocks": [_STOCK], "total": int}),
    _cas("GET /stocks-locaux/{magasin_id}/", "tous", 200, attendu={"magasin_id": MAGASIN_CENTRAL, "stocks": [_STOCK]}),
    _cas(
        "GET /stocks-locaux/{magasin_id}/",
        "certains",
        200,
        avant=_AU_MAGASIN,
        requete="?produits={produit_id}",
        attendu={"stocks": [{**_STOCK, "quantite": 20}]},
    ),
    _cas("GET /stocks-locaux/{magasin_id}/", "identifiant malformé", 400, requete="?produits=abc", attendu=ERREUR),
    _cas(
        "GET /stocks-locaux/{magasin_id}/",
        "magasin inconnu",
        404,
        attendu=_INEXISTANT,
        avant=_magasin_inconnu,
    ),
    _cas(
        "GET /stocks-locaux/{magasin_id}/", "produit inconnu", 404, requete="?produits={inconnu}", attendu=_INEXISTANT
    ),
    _cas("GET /magasins-stocks/", "une page", 200, attendu={"total": int}),
    _cas(
        "PUT /magasins-connus/{magasin_id}/",
        "renommé pareil",
        200,
        interne=True,
        corps={"nom": "Magasin Central"},
        attendu={"success": True, "nom": "Magasin Central"},
    ),
    _cas("PUT /magasins-connus/{magasin_id}/", "nom absent", 400, interne=True, corps={}, attendu=ERREUR),
    _cas(
        "PUT /magasins-connus/{magasin_id}/",
        "sans jeton",
        403,
        corps={"nom": "X"},
        attendu={**ERREUR, "code": "jeton_interne_requis"},
    ),
    _cas(
        "POST /demandes/",
        "en attente",
        201,
        avant=_AU_CENTRAL,
        attendu={**_DEMANDE, "statut": "En attente"},
        corps={"produit_id": "{produit_id}", "magasin_id": MAGASIN_CENTRAL, "quantite": 8},
    ),
    _cas(
        "POST /demandes/",
        "central insuffisant",
        400,
        avant=_AU_CENTRAL,
        attendu={**ERREUR, "error": texte("insuffisant")},
        corps={"produit_id": "{produit_id}", "magasin_id": MAGASIN_CENTRAL, "quantite": 21},
    ),
    _cas(
        "POST /demandes/",
        "déjà une en attente",
        400,
        avant=_demande,
        attendu={**ERREUR, "error": texte("déjà en attente")},
        corps={"produit_id": "{produit_id}", "magasin_id": MAGASIN_CENTRAL, "quantite": 1},
    ),
    _cas(
        "POST /demandes/",
        "quantité nulle",
        400,
        avant=_AU_CENTRAL,
        attendu=ERREUR,
        corps={"produit_id": "{produit_id}", "magasin_id": MAGASIN_CENTRAL, "quantite": 0},
    ),
    _cas(
        "POST /demandes/",
        "produit inconnu",
        404,
        attendu=_INEXISTANT,
        corps={"produit_id": "{inconnu}", "magasin_id": MAGASIN_CENTRAL, "quantite": 1},
    ),
    _cas(
        "POST /demandes/",
        "magasin inconnu",
        404,
        avant=_AU_CENTRAL,
        attendu=_INEXISTANT,
        corps={"produit_id": "{produit_id}", "magasin_id": "{inconnu}", "quantite": 1},
    ),
    _cas(
        "GET /demandes/en-attente/",
        "une page",
        200,
        avant=_demande,
        attendu={"demandes": [{**_DEMANDE, "statut": "En attente"}], "total": int},
    ),
    _cas(
        "GET /demandes/magasin/{magasin_id}/",
        "connu",
        200,
        avant=_demande,
        attendu={"demandes": [_DEMANDE], "total": int},
    ),
    _cas(
        "GET /demandes/magasin/{magasin_id}/",
        "inconnu",
        404,
        avant=_magasin_inconnu,
        attendu=_INEXISTANT,
    ),
    _cas("GET /demandes/{demande_id}/", "connue", 200, avant=_demande, attendu=_DEMANDE),
    _cas("GET /demandes/{demande_id}/", "inconnue", 404, attendu=_INEXISTANT),
    _cas(
        "PUT /demandes/{demande_id}/approuver/",
        "déplace le stock",
        200,
        avant=_demande,
        attendu={**_DEMANDE, "statut": "Approuvée"},
        apres=_deplacee,
    ),
    _cas(
        "PUT /demandes/{demande_id}/approuver/",
        "déjà traitée",
        400,
        avant=_demande_approuvee,
        attendu=ERREUR,
        apres=_deplacee,
    ),
    _cas(
        "PUT /demandes/{demande_id}/approuver/",
        "central insuffisant",
        400,
        avant=_demande_sans_stock,
        attendu={**ERREUR, "error": texte("insuffisant")},
        apres=_au_central_reste(5),
    ),
    _cas("PUT /demandes/{demande_id}/approuver/", "inconnue", 404, attendu=_INEXISTANT),
    _cas(
        "PUT /demandes/{demande_id}/rejeter/",
        "motif gardé",
        200,
        avant=_demande,
        corps={"motif": "Fin de série"},
        attendu={**_DEMANDE, "statut": "Refusée", "motif": "Fin de série"},
        apres=_au_central_reste(20),
    ),
    _cas("PUT /demandes/{demande_id}/rejeter/", "motif absent", 400, avant=_demande, corps={}, attendu=ERREUR),
    _cas(
        "PUT /demandes/{demande_id}/rejeter/",
        "déjà traitée",
        400,
        avant=_demande_approuvee,
        corps={"motif": "Trop tard"},
        attendu=ERREUR,
    ),
    _cas("PUT /demandes/{demande_id}/rejeter/", "inconnue", 404, corps={"motif": "Fin de série"}, attendu=_INEXISTANT),
    _cas(
        "PUT /demandes/{demande_id}/statut/",
        "ne déplace rien",
        200,
        avant=_demande,
        interne=True,
        corps={"statut": "Échec validation", "motif": "Épuisé", "workflow_id": "{workflow}"},
        attendu={**_DEMANDE, "statut": "Échec validation"},
        apres=_au_central_reste(20),
    ),
    _cas(
        "PUT /demandes/{demande_id}/statut/",
        "statut inconnu",
        400,
        avant=_demande,
        interne=True,
        corps={"statut": "Peut-être", "workflow_id": "{workflow}"},
        attendu=ERREUR,
    ),
    _cas(
        "PUT /demandes/{demande_id}/statut/",
        "autre workflow",
        409,
        avant=_statut_fixe,
        interne=True,
        corps={"statut": "Échec validation", "workflow_id": "{workflow}"},
        attendu=ERREUR,
    ),
    _cas(
        "PUT /demandes/{demande_id}/statut/",
        "sans jeton",
        403,
        avant=_demande,
        corps={"statut": "Approuvée", "workflow_id": "{workflow}"},
        attendu={"code": "jeton_interne_requis"},
    ),
    _cas(
        "PUT /demandes/{demande_id}/statut/",
        "inconnue",
        404,
        interne=True,
        corps={"statut": "Approuvée", "workflow_id": "{workflow}"},
        attendu=_INEXISTANT,
    ),
    _cas("DELETE /demandes/{demande_id}/supprimer/", "en attente", 200, avant=_demande, apres=_plus_la),
    _cas("DELETE /demandes/{demande_id}/supprimer/", "déjà traitée", 400, avant=_demande_approuvee, attendu=ERREUR),
    _cas("DELETE /demandes/{demande_id}/supprimer/", "inconnue", 404, attendu=_INEXISTANT),
    _cas(
        "GET /analyser-besoins/{magasin_id}/",
        "les stocks bas",
        200,
        avant=_produit(magasin_central=3),
        attendu={"besoins": [{"produit_id": UUID, "quantite_suggeree": int}]},
    ),
    _cas(
        "GET /analyser-besoins/{magasin_id}/",
        "inconnu",
        404,
        avant=_magasin_inconnu,
        attendu=_INEXISTANT,
    ),
    _cas(
        "POST /transferer/",
        "central vers local",
        200,
        avant=_AU_CENTRAL,
        apres=_deplacee,
        attendu={"success": True},
        corps={
            "produit_id": "{produit_id}",
            "magasin_id": MAGASIN_CENTRAL,
            "quantite": 8,
            "sens": "central_vers_local",
        },
    ),
    _cas(
        "POST /transferer/",
        "central insuffisant",
        400,
        avant=_AU_CENTRAL,
        apres=_au_central_reste(20),
        corps={
            "produit_id": "{produit_id}",
            "magasin_id": MAGASIN_CENTRAL,
            "quantite": 21,
            "sens": "central_vers_local",
        },
        attendu={**ERREUR, "error": texte("insuffisant")},
    ),
    _cas(
        "POST /transferer/",
        "sens inconnu",
        400,
        avant=_AU_CENTRAL,
        attendu=ERREUR,
        corps={"produit_id": "{produit_id}", "magasin_id": MAGASIN_EN_LIGNE, "quantite": 1, "sens": "nulle part"},
    ),
    _cas(
        "POST /transferer/",
        "produit inconnu",
        404,
        attendu=_INEXISTANT,
        corps={"produit_id": "{inconnu}", "magasin_id": MAGASIN_CENTRAL, "quantite": 1, "sens": "central_vers_local"},
    ),
    *(
        _cas(f"GET {route}", "vivant", 200, attendu={"status": "healthy", "instance_id": NON_VIDE})
        for route in ("/health/", "/health/live", "/health/ready")
    ),
]
