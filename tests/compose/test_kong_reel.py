"""kong.yml as Kong 3.9 reads it, and every route of it against the services' own URL tables."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from kong.rendre import rendre
from local import passerelle
from local.documents import Interface
from local.lieux import RACINE
from tests.compose import kong
from tests.labo.conftest import environnement

TEXTE = (RACINE / "kong" / "kong.yml").read_text(encoding="utf-8")
DOCUMENT: dict[str, Any] = yaml.safe_load(rendre(TEXTE, environnement()))


def test_kong_takes_the_file_as_it_is() -> None:
    assert kong.ecarts(DOCUMENT) == []


@pytest.mark.parametrize(
    ("casser", "attendu"),
    [
        (lambda d: d["services"][0].update(timeout=3), "services catalogue : champ inconnu timeout"),
        (lambda d: d["services"][0].update(connect_timeout=0), "connect_timeout : 0 hors de"),
        (lambda d: d["services"][0].update(retries="2"), "retries : entier attendu"),
        (lambda d: d["services"][0].pop("host"), "services catalogue : host manque"),
        (lambda d: d["services"][0]["routes"][0].update(paths=["api/x"]), "paths : api/x n'a pas la forme"),
        (lambda d: d["services"][0]["routes"][0].update(paths=["~/a(?!b)"]), "expression inconnue de Rust"),
        (lambda d: d["services"][1]["routes"][0].update(name="catalogue"), "routes : une valeur y est deux fois"),
        (lambda d: d["upstreams"][0]["targets"][0].update(target="catalogue-1"), "target : catalogue-1 n'a pas"),
        (lambda d: d["upstreams"][0]["healthchecks"]["active"].update(type="ping"), "type : ping n'est pas permis"),
        (lambda d: d["consumers"][1]["keyauth_credentials"].append(d["consumers"][0]["keyauth_credentials"][0]),
         "clés : une valeur y est deux fois"),
        (lambda d: d["consumers"][0]["plugins"].append({"name": "cors"}), "cors ne se pose pas sur un consommateur"),
        (lambda d: d["plugins"].append({"name": "jwt"}), "kong.yml : greffon inconnu jwt"),
        (lambda d: d["consumers"].pop(), "consommateur anonyme inconnu visiteur"),
        (lambda d: d["consumers"][0]["plugins"][0]["config"].update(policy="cluster"), "cluster n'est pas permis"),
    ],
)  # fmt: skip
def test_a_planted_mistake_is_seen(casser: Callable[[dict[str, Any]], object], attendu: str) -> None:
    faux = copy.deepcopy(DOCUMENT)
    casser(faux)
    vus = kong.ecarts(faux)
    assert any(attendu in ecart for ecart in vus), vus


def route_de(modele: passerelle.Passerelle, chemin: str) -> passerelle.Route:
    """The route that Kong takes for a path: a regular expression first, then the longest raw prefix."""
    for route in modele.routes:
        if route.motif and re.match(motif(route), chemin):
            return route
    return max((r for r in modele.routes if r.prefixe and chemin.startswith(r.prefixe)), key=lambda r: len(r.prefixe))


def motif(route: passerelle.Route) -> str:
    """Its expression, in Python's spelling."""
    return route.motif.replace("(?<", "(?P<")


def derriere(chemin: str) -> tuple[str, str]:
    """(Kong service, path that the service receives) of one public path."""
    modele = passerelle.lire(rendre(TEXTE, environnement()), {})
    route = route_de(modele, chemin)
    if route.motif:
        return route.service, re.sub(motif(route), route.uri, chemin)
    base = next(service.base for service in modele.services if service.nom == route.service)
    reste = chemin.removeprefix(route.prefixe).lstrip("/") if route.retire_le_prefixe else chemin.lstrip("/")
    return route.service, f"{base}/{reste}"


UN_ID = "550e8400-e29b-41d4-a716-446655440000"
# Public path, as callers know it -> the service that must have a view for it. At least one for each route of kong.yml.
CHEMINS = {
    "/api/catalogue/rechercher/": "catalogue",
    f"/api/catalogue/produits/{UN_ID}/prix/": "catalogue",
    "/api/catalogue/swagger/": "catalogue",
    "/api/catalogue": "catalogue",
    "/api/inventaire/diminuer-stock/": "inventaire",
    f"/api/inventaire/stocks-locaux/{UN_ID}/": "inventaire",
    "/api/inventaire/redoc/": "inventaire",
    "/api/commandes/ventes-ddd/enregistrer/": "commandes",
    f"/api/commandes/ventes-ddd/par-reference/{UN_ID}/annuler/": "commandes",
    "/api/commandes/swagger.json": "commandes",
    "/api/supply-chain/demandes-en-attente/": "supply-chain",
    f"/api/supply-chain/valider-demande/{UN_ID}/": "supply-chain",
    "/api/supply-chain/swagger.yaml": "supply-chain",
    "/api/ecommerce/clients/": "ecommerce",
    f"/api/ecommerce/panier/clients/{UN_ID}/panier/": "ecommerce",
    "/api/ecommerce/commandes/checkouts/": "ecommerce",
    "/api/ecommerce/swagger/": "ecommerce",
    f"/api/commandes/clients/{UN_ID}/checkout/": "ecommerce",
    f"/api/commandes/clients/{UN_ID}/checkout/choreo/": "ecommerce",
    "/api/saga/commandes/": "saga",
    "/api/saga/api/saga/commandes/": "saga",
    f"/api/saga/api/saga/{UN_ID}/status/": "saga",
    "/api/saga/api/saga/swagger/": "saga",
    "/api/saga/swagger/": "saga",
    f"/api/event-store/replay/checkout/{UN_ID}": "event-store",
    "/api/event-store/streams/ecommerce.checkout.events/events": "event-store",
    "/api/event-store/swagger/": "event-store",
}
# Public path -> the service that must have no view for it.
INCONNUS = {
    "/api/catalogue/inconnu/": "catalogue",
    "/api/saga/api/saga/x/y/z": "saga",
    "/api/event-store/rien": "event-store",
}


def test_every_route_has_a_path_here() -> None:
    """A route of kong.yml that this table does not reach would be tested by nobody."""
    modele = passerelle.lire(rendre(TEXTE, environnement()), {})
    atteintes = {nom for chemin in CHEMINS for nom in [route_de(modele, chemin).nom]}
    assert atteintes == {route.nom for route in modele.routes}


def test_every_route_reaches_a_view_of_its_service(interfaces: dict[str, Interface]) -> None:
    manquants = [
        f"{chemin} -> {service} {derriere(chemin)[1]}"
        for chemin, service in CHEMINS.items()
        if not interfaces[service].connus[derriere(chemin)[1]]
    ]
    assert manquants == []


@pytest.mark.parametrize(("chemin", "service"), INCONNUS.items())
def test_an_unknown_path_has_no_view(chemin: str, service: str, interfaces: dict[str, Interface]) -> None:
    assert interfaces[service].connus[derriere(chemin)[1]] is False


def test_the_table_and_kong_agree_on_the_service(interfaces: dict[str, Interface]) -> None:
    autres = {"ecommerce-commandes": "ecommerce"}
    vus = {chemin: derriere(chemin)[0] for chemin in CHEMINS}
    assert {chemin: autres.get(nom, nom) for chemin, nom in vus.items()} == CHEMINS


@pytest.mark.parametrize(
    ("chemin", "attendu"),
    [
        ("/api/catalogue", "/api/ddd/catalogue/"),
        ("/api/catalogue/rechercher/", "/api/ddd/catalogue/rechercher/"),
        ("/api/catalogue/swagger/", "/api/ddd/catalogue/swagger/"),
        ("/api/saga/api/saga/commandes/", "/api/saga/commandes/"),
        ("/api/saga/api/saga/swagger/", "/api/saga/swagger/"),
        ("/api/commandes/clients/x/checkout/", "/api/commandes/clients/x/checkout/"),
        ("/api/event-store/health", "/api/event-store/health"),
    ],
)
def test_paths_are_rewritten_as_the_contract_says(chemin: str, attendu: str) -> None:
    assert derriere(chemin)[1] == attendu
