"""Contract, section 2."""

from __future__ import annotations

from typing import Any

from tests.commun.formes import ARGENT, DATE, ERREUR, NON_VIDE, UUID, ou_rien
from tests.commun.monde import Monde, Reponse, nouvel_id
from tests.contrats.tables.cas import Cas, Valeurs

FICHE = {
    "id": UUID,
    "nom": str,
    "prix": ARGENT,
    "description": str,
    "categorie": str,
    "sku": ou_rien(str),
    "actif": bool,
    "date_creation": DATE,
}
PRODUIT = {**FICHE, "date_modification": DATE}
_INVALIDE = {**ERREUR, "error": "Données invalides"}
_CRITERES = {**ERREUR, "error": "Critères de recherche invalides"}


def _produit(monde: Monde) -> Valeurs:
    return {"produit_id": monde.nouveau_produit(25.5)}


def _archive(monde: Monde) -> Valeurs:
    valeurs = _produit(monde)
    monde.exiger("POST", f"/api/catalogue/produits/{valeurs['produit_id']}/archiver/")
    return valeurs


def _libre(monde: Monde) -> Valeurs:
    return {"nom": f"Lampe d'appoint {nouvel_id()}", "sku": monde.nouveau_sku()}


def _nom_pris(monde: Monde) -> Valeurs:
    valeurs = _libre(monde)
    corps = {"nom": valeurs["nom"], "categorie": "Meubles", "prix": 5}
    monde.exiger("POST", "/api/catalogue/ajouter/", corps, statut=201)
    return {**valeurs, "nom": f"  {valeurs['nom'].upper()} "}


def _sku_pris(monde: Monde) -> Valeurs:
    valeurs = _libre(monde)
    corps = {"nom": valeurs["nom"], "categorie": "Meubles", "prix": 5, "sku": valeurs["sku"]}
    monde.exiger("POST", "/api/catalogue/ajouter/", corps, statut=201)
    return {"nom": f"Autre {nouvel_id()}", "sku": valeurs["sku"].lower()}


def _trois_prix(monde: Monde) -> Valeurs:
    """Three products that share a word: two ordinary, one premium; one of them archived besides."""
    mot = nouvel_id()
    for prix in (80, 20, 150, 60):
        corps = {"nom": f"{mot} à {prix}", "categorie": "Meubles", "prix": prix}
        produit = monde.exiger("POST", "/api/catalogue/ajouter/", corps, statut=201)["data"]["id"]
        if prix == 60:
            monde.exiger("POST", f"/api/catalogue/produits/{produit}/archiver/")
    return {"mot": mot.upper()}


def _premium_puis_croissants(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
    assert [p["prix"] for p in reponse.corps["data"]["produits"]] == [150, 20, 80]


def _prix_historise(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
    lu = monde.exiger("GET", f"/api/catalogue/produits/{valeurs['produit_id']}/prix/")
    assert [(str(h["ancien_prix"]), str(h["nouveau_prix"])) for h in lu["historique"]] == [("25.5", "19.99")]


def _introuvable_par_defaut(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
    corps = monde.exiger("GET", f"/api/catalogue/rechercher/?nom={reponse.corps['data']['nom'].replace(' ', '+')}")
    assert corps["data"]["total"] == 0


def _ajouter(quand: str, statut: int, attendu: Any = None, **remplace: Any) -> Cas:
    corps = {"nom": "{nom}", "categorie": "Meubles", "prix": 34.5, "description": "DEL", "sku": "{sku}", **remplace}
    corps = {nom: valeur for nom, valeur in corps.items() if valeur is not ...}
    return Cas(
        service="catalogue",
        route="POST /ajouter/",
        quand=quand,
        statut=statut,
        corps=corps,
        avant=_libre,
        attendu=attendu or _INVALIDE,
    )


def _rechercher(quand: str, requete: str, **suite: Any) -> Cas:
    return Cas(service="catalogue", route="GET /rechercher/", quand=quand, requete=requete, **{"statut": 200, **suite})


def _cas(route: str, quand: str, statut: int, **suite: Any) -> Cas:
    return Cas(service="catalogue", route=route, quand=quand, statut=statut, **suite)


_TROUVES = {"success": True, "data": {"produits": [PRODUIT], "total": int}, "instance_id": NON_VIDE}
_AJOUTE = {"success": True, "data": {**PRODUIT, "message": NON_VIDE}}
_MODIFIE = {"success": True, "data": PRODUIT}

CAS: list[Cas] = [
    _rechercher("sans critère", "", attendu=_TROUVES),
    _rechercher(
        "par nom : premium d'abord, puis prix croissant, sans les archivés",
        "?nom={mot}",
        avant=_trois_prix,
        attendu=_TROUVES,
        apres=_premium_puis_croissants,
    ),
    _rechercher(
        "archivés compris", "?nom={mot}&actifs_seulement=false", avant=_trois_prix, attendu={"data": {"total": 4}}
    ),
    _rechercher("par prix", "?nom={mot}&prix_min=50&prix_max=100", avant=_trois_prix, attendu={"data": {"total": 1}}),
    _rechercher("par catégorie", "?nom={mot}&categorie=Boissons", avant=_trois_prix, attendu={"data": {"total": 0}}),
    _rechercher("prix_min > prix_max", "?prix_min=10&prix_max=5", statut=400, attendu=_CRITERES),
    _rechercher("prix non numérique", "?prix_min=abc", statut=400, attendu=_CRITERES),
    _rechercher("prix NaN", "?prix_max=NaN", statut=400, attendu=_CRITERES),
    _rechercher("catégorie malformée", "?categorie_id=abc", statut=400, attendu=_CRITERES),
    _ajouter("complet", 201, {"success": True, "data": {**_AJOUTE["data"], "prix": ARGENT}}),
    _ajouter("sans le facultatif", 201, _AJOUTE, description=..., sku=...),
    _ajouter("apostrophe française", 201, _AJOUTE, nom="L'été d'{nom}"),
    _ajouter("sku en minuscules", 201, _AJOUTE, sku="{sku}"),
    _ajouter("prix minimal", 201, {"data": {"prix": ARGENT}}, prix=0.01),
    _ajouter("prix maximal", 201, {"data": {"prix": ARGENT}}, prix=999999.99),
    _ajouter("nom d'une lettre", 400, nom=" a "),
    _ajouter("nom de 101 lettres", 400, nom="a" * 101),
    _ajouter("chevron dans le nom", 400, nom="<b>{nom}"),
    _ajouter("prix nul", 400, prix=0),
    _ajouter("prix trop grand", 400, prix=1_000_000),
    _ajouter("prix à trois décimales", 400, prix=1.005),
    _ajouter("prix en texte", 400, prix="34.50"),
    _ajouter("prix absent", 400, {**_INVALIDE, "champs": {"prix": NON_VIDE}}, prix=...),
    _ajouter("sku malformé", 400, sku="AB12345"),
    _ajouter("catégorie inconnue", 400, {**ERREUR, "error": "Catégorie inexistante"}, categorie="Jardin"),
    _cas(
        "POST /ajouter/",
        "nom déjà pris, à la casse près",
        409,
        avant=_nom_pris,
        corps={"nom": "{nom}", "categorie": "Meubles", "prix": 5},
        attendu={**ERREUR, "error": "Produit déjà existant"},
    ),
    _cas(
        "POST /ajouter/",
        "sku déjà pris, à la casse près",
        409,
        avant=_sku_pris,
        corps={"nom": "{nom}", "categorie": "Meubles", "prix": 5, "sku": "{sku}"},
        attendu=ERREUR,
    ),
    _cas("GET /produits/{produit_id}/", "connu", 200, avant=_produit, attendu=FICHE),
    _cas("GET /produits/{produit_id}/", "archivé", 200, avant=_archive, attendu={**FICHE, "actif": False}),
    _cas("GET /produits/{produit_id}/", "inconnu", 404, attendu=ERREUR),
    _cas("GET /produits/", "une page", 200, requete="?page=1&page_size=2", attendu={"produits": [FICHE], "total": int}),
    _cas(
        "GET /produits/",
        "par identifiants",
        200,
        avant=_produit,
        requete="?ids={produit_id},{inconnu}",
        attendu={"produits": [FICHE], "introuvables": [UUID]},
    ),
    _cas("GET /produits/", "identifiant malformé", 400, requete="?ids=abc", attendu=_INVALIDE),
    _cas("GET /produits/{produit_id}/prix/", "connu", 200, avant=_produit, attendu={"prix": ARGENT, "historique": []}),
    _cas("GET /produits/{produit_id}/prix/", "inconnu", 404, attendu=ERREUR),
    _cas(
        "PATCH /produits/{produit_id}/prix/",
        "historisé",
        200,
        avant=_produit,
        corps={"prix": 19.99},
        attendu={"data": {**PRODUIT}},
        apres=_prix_historise,
    ),
    _cas("PATCH /produits/{produit_id}/prix/", "nul", 400, avant=_produit, corps={"prix": 0}, attendu=_INVALIDE),
    _cas("PATCH /produits/{produit_id}/prix/", "absent", 400, avant=_produit, corps={}, attendu=_INVALIDE),
    _cas("PATCH /produits/{produit_id}/prix/", "inconnu", 404, corps={"prix": 5}, attendu=ERREUR),
    _cas(
        "POST /produits/{produit_id}/archiver/",
        "actif",
        200,
        avant=_produit,
        attendu={**_MODIFIE, "data": {"actif": False}},
        apres=_introuvable_par_defaut,
    ),
    _cas("POST /produits/{produit_id}/archiver/", "inconnu", 404, attendu=ERREUR),
    _cas("POST /produits/{produit_id}/reactiver/", "archivé", 200, avant=_archive, attendu={"data": {"actif": True}}),
    _cas("POST /produits/{produit_id}/reactiver/", "inconnu", 404, attendu=ERREUR),
    _cas("GET /categories/", "les six", 200, attendu={"categories": [{"id": UUID, "nom": str}], "total": 6}),
    *(
        _cas(f"GET {route}", "vivant", 200, attendu={"status": "healthy", "instance_id": NON_VIDE})
        for route in ("/health/", "/health/live", "/health/ready")
    ),
]
