"""Contract, section 6."""

from __future__ import annotations

from typing import Any

from tests.commun.formes import ARGENT, DATE, ERREUR, NON_VIDE, UUID, ou_rien, texte
from tests.commun.monde import MAGASIN_CENTRAL, Monde, Reponse, nouvel_id
from tests.contrats.tables.cas import Cas, Valeurs

PANIER_ROUTE = "/panier/clients/{client_id}/panier/"
CHECKOUT_ROUTE = "/commandes/clients/{client_id}/checkout/"
_CLIENT = {
    "id": UUID,
    "nom_complet": str,
    "email": str,
    "adresse_complete": str,
    "telephone": str,
    "date_creation": DATE,
    "actif": bool,
}
_LIGNE = {"produit_id": UUID, "nom_produit": str, "prix_unitaire": ARGENT, "quantite": int, "prix_ligne": ARGENT}
_RESUME = {"nombre_articles": int, "prix_total": ARGENT, "nombre_produits_differents": int}
_PANIER = {"panier_existe": bool, "est_vide": bool, "client_id": UUID, "produits": [_LIGNE], "resume": _RESUME}
_COMMANDE = {"total": ARGENT, "sous_total": ARGENT, "frais_livraison": ARGENT, "livraison_gratuite": bool}
_REUSSI = {
    "success": True,
    "checkout_id": UUID,
    "commande_id": UUID,
    "saga_id": UUID,
    "statut": "finalise",
    "commande": _COMMANDE,
    "produits": [_LIGNE],
    "operations": list,
}
_INVALIDE = {**ERREUR, "error": "Données invalides"}
_ADRESSE = {
    "nom_destinataire": "Ada Lovelace",
    "rue": "400 rue Sainte-Catherine Ouest",
    "ville": "Montréal",
    "code_postal": "H2X 1Y4",
    "province": "Québec",
}


def _client(monde: Monde) -> Valeurs:
    return {"client_id": monde.nouveau_client()}


def _client_et_produit(monde: Monde) -> Valeurs:
    return {**_client(monde), "produit_id": monde.nouveau_produit(12.25, en_ligne=60)}


def _panier(monde: Monde) -> Valeurs:
    valeurs = _client_et_produit(monde)
    monde.remplir(valeurs["client_id"], [(valeurs["produit_id"], 3)])
    return valeurs


def _gros_panier(monde: Monde) -> Valeurs:
    """Fits in the cart, not in the magasin any more."""
    valeurs = _panier(monde)
    corps = {"produit_id": valeurs["produit_id"], "quantite": 58, "magasin_id": "550e8400-e29b-41d4-a716-446655440000"}
    monde.exiger("POST", "/api/inventaire/diminuer-stock/", corps)
    return valeurs


def _paye(monde: Monde) -> Valeurs:
    valeurs = _panier(monde)
    reponse = monde.checkout(valeurs["client_id"])
    assert reponse.statut == 201, reponse
    return {**valeurs, "checkout_id": reponse.corps["checkout_id"]}


def _efface(monde: Monde) -> Valeurs:
    valeurs = _client_et_produit(monde)
    monde.exiger("POST", f"/api/ecommerce/clients/{valeurs['client_id']}/anonymiser/")
    return valeurs


def _produit_archive(monde: Monde) -> Valeurs:
    valeurs = _client_et_produit(monde)
    monde.exiger("POST", f"/api/catalogue/produits/{valeurs['produit_id']}/archiver/")
    return valeurs


def _courriel_libre(monde: Monde) -> Valeurs:
    return {"email": f"Nouveau.{nouvel_id()}@example.com"}


def _courriel_pris(monde: Monde) -> Valeurs:
    valeurs = _courriel_libre(monde)
    monde.nouveau_client(email=valeurs["email"])
    return {"email": valeurs["email"].upper()}


def _plus_de_nom(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
    fiche = monde.exiger("GET", f"/api/ecommerce/clients/{valeurs['client_id']}/", interne=True)["client"]
    assert "essai-" not in fiche["email"]
    assert fiche["actif"] is False


def _panier_de(quantite: int) -> Any:
    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        assert monde.panier(valeurs["client_id"])["resume"]["nombre_articles"] == quantite

    return verifier


def _cas(route: str, quand: str, statut: int, **suite: Any) -> Cas:
    return Cas(service="ecommerce", route=route, quand=quand, statut=statut, **suite)


_NOUVEAU = {
    "prenom": "Grace",
    "nom": "Hopper",
    "email": "{email}",
    "adresse_rue": "500 rue de la Montagne",
    "adresse_ville": "Montréal",
    "adresse_code_postal": "h3c4k9",
    "telephone": "(514) 555-0505",
}


def _creer(quand: str, statut: int, attendu: Any = None, **remplace: Any) -> Cas:
    corps = {nom: valeur for nom, valeur in {**_NOUVEAU, **remplace}.items() if valeur is not ...}
    return _cas("POST /clients/", quand, statut, corps=corps, avant=_courriel_libre, attendu=attendu or _INVALIDE)


def _ajouter(quand: str, statut: int, corps: Any, **suite: Any) -> Cas:
    return _cas(f"POST {PANIER_ROUTE}", quand, statut, corps=corps, **{"avant": _client_et_produit, **suite})


def _passer(quand: str, statut: int, **suite: Any) -> Cas:
    return _cas(f"POST {CHECKOUT_ROUTE}", quand, statut, **{"avant": _panier, "corps": {}, **suite})


def _initier(quand: str, statut: int, **suite: Any) -> Cas:
    return _cas(f"POST {CHECKOUT_ROUTE}choreo/", quand, statut, **{"avant": _panier, "corps": {}, **suite})


_ACCEPTE = {
    "accepted": True,
    "checkout_id": UUID,
    "statut": "initie",
    "follow": texte("replay/checkout/"),
    "statut_url": texte("/checkout/"),
}
_UN_PRODUIT = {"produit_id": "{produit_id}", "quantite": 2}

CAS: list[Cas] = [
    _creer(
        "code postal et téléphone remis en forme",
        201,
        {
            "success": True,
            "client": {**_CLIENT, "adresse_complete": texte("H3C 4K9"), "telephone": texte(r"514.?555.?0505")},
        },
    ),
    _creer("sans téléphone", 201, {"client": {**_CLIENT, "telephone": ""}}, telephone=...),
    _creer("province et pays par défaut", 201, {"client": {"adresse_complete": texte("Québec.*Canada")}}),
    _creer("courriel malformé", 400, email="pas-un-courriel"),
    _creer("code postal américain", 400, adresse_code_postal="90210"),
    _creer("téléphone de 9 chiffres", 400, telephone="514-555-050"),
    _creer("nom absent", 400, {**_INVALIDE, "champs": {"nom": NON_VIDE}}, nom=...),
    _creer("prénom vide", 400, prenom=" "),
    _cas(
        "POST /clients/",
        "courriel déjà utilisé, à la casse près",
        409,
        corps=_NOUVEAU,
        avant=_courriel_pris,
        attendu={**ERREUR, "error": texte("utilisé")},
    ),
    _cas("GET /clients/", "une page", 200, attendu={"clients": [_CLIENT], "total": int}),
    _cas(
        "GET /clients/",
        "plusieurs",
        200,
        avant=_client,
        requete="?ids={client_id},{inconnu}",
        interne=True,
        attendu={"clients": [_CLIENT], "introuvables": [str]},
    ),
    _cas("GET /clients/", "plusieurs sans jeton", 403, avant=_client, requete="?ids={client_id}", attendu=ERREUR),
    _cas("GET /clients/", "identifiants malformés", 400, requete="?ids=x", interne=True, attendu=ERREUR),
    _cas("GET /clients/{client_id}/", "connu", 200, avant=_client, interne=True, attendu={"client": _CLIENT}),
    _cas("GET /clients/{client_id}/", "inconnu", 404, interne=True, attendu=ERREUR),
    _cas("GET /clients/{client_id}/", "sans jeton", 403, avant=_client, attendu={"code": "jeton_interne_requis"}),
    _cas("GET /clients/{client_id}/valider/", "actif", 200, avant=_client, attendu={"valide": True}),
    _cas("GET /clients/{client_id}/valider/", "effacé", 200, avant=_efface, attendu={"valide": False}),
    _cas("GET /clients/{client_id}/valider/", "inconnu", 404, attendu=ERREUR),
    _cas("POST /clients/{client_id}/anonymiser/", "connu", 200, avant=_client, apres=_plus_de_nom),
    _cas("POST /clients/{client_id}/anonymiser/", "déjà effacé", 200, avant=_efface, apres=_plus_de_nom),
    _cas("POST /clients/{client_id}/anonymiser/", "inconnu", 404, attendu=ERREUR),
    _cas(
        f"GET {PANIER_ROUTE}", "jamais ouvert", 200, avant=_client, attendu={"panier_existe": False, "est_vide": True}
    ),
    _cas(
        f"GET {PANIER_ROUTE}",
        "rempli",
        200,
        avant=_panier,
        attendu={**_PANIER, "panier_existe": True, "est_vide": False, "panier_id": UUID},
    ),
    _cas(f"GET {PANIER_ROUTE}", "client inconnu", 404, attendu=ERREUR),
    _ajouter("un produit", 201, _UN_PRODUIT, attendu={**_PANIER, "resume": {"nombre_articles": 2}}),
    _ajouter("le même encore : les quantités s'ajoutent", 201, _UN_PRODUIT, avant=_panier, apres=_panier_de(5)),
    _ajouter(
        "quantité 99 refusée faute de stock", 400, {**_UN_PRODUIT, "quantite": 99}, attendu=ERREUR, apres=_panier_de(0)
    ),
    _ajouter("quantité nulle", 400, {**_UN_PRODUIT, "quantite": 0}, attendu=_INVALIDE, apres=_panier_de(0)),
    _ajouter("quantité 100", 400, {**_UN_PRODUIT, "quantite": 100}, attendu=_INVALIDE, apres=_panier_de(0)),
    _ajouter(
        "quantité absente", 400, {"produit_id": "{produit_id}"}, attendu={**_INVALIDE, "champs": {"quantite": NON_VIDE}}
    ),
    _ajouter("produit inconnu", 404, {**_UN_PRODUIT, "produit_id": "{inconnu}"}, attendu=ERREUR, apres=_panier_de(0)),
    _ajouter("produit archivé", 400, _UN_PRODUIT, avant=_produit_archive, attendu=ERREUR, apres=_panier_de(0)),
    _ajouter("client effacé", 400, _UN_PRODUIT, avant=_efface, attendu=ERREUR),
    _cas(f"POST {PANIER_ROUTE}", "client inconnu", 404, corps=_UN_PRODUIT, attendu=ERREUR),
    _cas(f"DELETE {PANIER_ROUTE}", "rempli", 200, avant=_panier, apres=_panier_de(0)),
    _cas(f"DELETE {PANIER_ROUTE}", "client inconnu", 404, attendu=ERREUR),
    _cas(
        f"PUT {PANIER_ROUTE}produits/{{produit_id}}/",
        "sept",
        200,
        avant=_panier,
        corps={"quantite": 7},
        apres=_panier_de(7),
    ),
    _cas(
        f"PUT {PANIER_ROUTE}produits/{{produit_id}}/",
        "zéro retire",
        200,
        avant=_panier,
        corps={"quantite": 0},
        apres=_panier_de(0),
    ),
    _cas(
        f"PUT {PANIER_ROUTE}produits/{{produit_id}}/",
        "cent",
        400,
        avant=_panier,
        corps={"quantite": 100},
        attendu=_INVALIDE,
        apres=_panier_de(3),
    ),
    _cas(
        f"PUT {PANIER_ROUTE}produits/{{produit_id}}/",
        "absent du panier",
        404,
        avant=_client,
        corps={"quantite": 2},
        attendu=ERREUR,
    ),
    _passer("sans adresse : celle du client", 201, attendu=_REUSSI),
    _passer(
        "avec adresse, notes et magasin",
        201,
        corps={"adresse_livraison": _ADRESSE, "notes": "Cadeau", "magasin_id": "550e8400-e29b-41d4-a716-446655440000"},
        attendu={**_REUSSI, "commande": {**_COMMANDE, "livraison_gratuite": False}},
    ),
    _passer(
        "express",
        201,
        corps={"adresse_livraison": {**_ADRESSE, "livraison_express": True}},
        attendu={"commande": {"frais_livraison": lambda frais: frais == 15}},
    ),
    _passer("panier vide", 400, avant=_client, attendu={**ERREUR, "error": texte("vide")}),
    _passer(
        "pénurie",
        400,
        avant=_gros_panier,
        attendu={**ERREUR, "error": "Stock insuffisant", "statut": "echec", "checkout_id": UUID},
        apres=_panier_de(3),
    ),
    _passer(
        "pénurie au magasin demandé",
        400,
        corps={"magasin_id": MAGASIN_CENTRAL},
        attendu={"statut": "echec"},
        apres=_panier_de(3),
    ),
    _passer(
        "code postal faux",
        400,
        corps={"adresse_livraison": {**_ADRESSE, "code_postal": "1"}},
        attendu=_INVALIDE,
        apres=_panier_de(3),
    ),
    _passer("client inconnu", 404, avant=lambda _: {}, attendu=ERREUR),
    _initier("sans adresse : celle du client", 202, attendu=_ACCEPTE, apres=_panier_de(0)),
    _initier("panier vide", 400, avant=_client, attendu={**ERREUR, "error": texte("vide")}),
    _initier(
        "code postal faux",
        400,
        corps={"adresse_livraison": {**_ADRESSE, "code_postal": "1"}},
        attendu=_INVALIDE,
        apres=_panier_de(3),
    ),
    _initier("client inconnu", 404, avant=lambda _: {}, attendu=ERREUR),
    _cas(f"GET {CHECKOUT_ROUTE}prerequis/", "prêt", 200, avant=_panier, attendu={"peut_commander": True}),
    _cas(
        f"GET {CHECKOUT_ROUTE}prerequis/",
        "panier vide",
        200,
        avant=_client,
        attendu={"peut_commander": False, "manquants": NON_VIDE},
    ),
    _cas(f"GET {CHECKOUT_ROUTE}prerequis/", "client inconnu", 404, attendu=ERREUR),
    _cas(
        f"GET {CHECKOUT_ROUTE}{{checkout_id}}/",
        "finalisé",
        200,
        avant=_paye,
        attendu={"statut": "finalise", "style": "orchestre", "commande_id": UUID, "historique": NON_VIDE},
    ),
    _cas(f"GET {CHECKOUT_ROUTE}{{checkout_id}}/", "inconnu", 404, avant=_client, attendu=ERREUR),
    _cas(
        "GET /commandes/checkouts/",
        "filtrés",
        200,
        avant=_paye,
        requete="?style=orchestre&statut=finalise&client_id={client_id}",
        attendu={"checkouts": [{"client_id": UUID, "statut": "finalise", "commande_id": ou_rien(UUID)}], "total": 1},
    ),
    _cas("GET /commandes/checkouts/", "statut inconnu", 400, requete="?statut=perdu", attendu=_INVALIDE),
    _cas(
        "GET /commandes/checkouts/",
        "réussis, par l'identifiant du client",
        200,
        avant=_paye,
        requete="?situation=reussie&recherche={client_id}&compter=non",
        attendu={"checkouts": [{"statut": "finalise", "correlation_id": NON_VIDE, "suivis": int}], "total": None},
    ),
    _cas("GET /commandes/checkouts/", "situation inconnue", 400, requete="?situation=perdue", attendu=_INVALIDE),
    _cas("GET /commandes/checkouts/", "identifiants faux", 400, requete="?ids=1,2", attendu=_INVALIDE),
    _cas(
        "GET /commandes/statistiques/",
        "dix minutes",
        200,
        avant=_paye,
        attendu={"minutes": 10, "styles": [{"style": NON_VIDE, "commencees": int, "reussies": int, "echouees": int}]},
    ),
    _cas("GET /commandes/statistiques/", "fenêtre trop large", 400, requete="?minutes=61", attendu=_INVALIDE),
    _cas("GET /commandes/clients/{client_id}/historique/", "une commande", 200, avant=_paye, attendu={"total": 1}),
    _cas(
        "GET /commandes/clients/{client_id}/historique/",
        "limite 0",
        400,
        avant=_client,
        requete="?limite=0",
        attendu=_INVALIDE,
    ),
    _cas(
        "GET /commandes/clients/{client_id}/historique/",
        "limite 101",
        400,
        avant=_client,
        requete="?limite=101",
        attendu=_INVALIDE,
    ),
    _cas("GET /commandes/clients/{client_id}/historique/", "client inconnu", 404, attendu=ERREUR),
    *(
        _cas(f"GET {route}", "vivant", 200, attendu={"status": "healthy", "instance_id": NON_VIDE})
        for route in ("/health/", "/health/live", "/health/ready")
    ),
]
