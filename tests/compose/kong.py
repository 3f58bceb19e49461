"""Checks a kong.yml against the facts of `kong_3_9.yml`: every deviation as one line, none when Kong would take it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

FAITS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("kong_3_9.yml").read_text(encoding="utf-8"))
_TYPES: dict[str, type | tuple[type, ...]] = {
    "chaine": str,
    "booleen": bool,
    "entier": int,
    "nombre": (int, float),
    "liste": list,
    "fiche": dict,
    "table": dict,
}
# Rust's regular expressions, which route since Kong 3, have no look-around and no back-reference.
_INTERDIT_EN_RUST = re.compile(r"\(\?<?[=!]|\\[1-9]")


def ecarts(document: Mapping[str, Any]) -> list[str]:
    """Everything in a rendered kong.yml that Kong 3.9 would refuse, or that points nowhere."""
    return [*_entite("racine", document, "kong.yml"), *_formes(document), *_liens(document)]


def _formes(document: Mapping[str, Any]) -> Iterator[str]:
    for nom in ("consumers", "services", "upstreams"):
        for une in document.get(nom, ()):
            yield from _entite(nom, une, f"{nom} {une.get('username') or une.get('name')}")
    for consommateur in document["consumers"]:
        for cle in consommateur.get("keyauth_credentials", ()):
            yield from _entite("keyauth_credentials", cle, f"clé de {consommateur['username']}")
        yield from _greffons(consommateur, f"consommateur {consommateur['username']}", consommateur=True)
    for amont in document["upstreams"]:
        for cible in amont["targets"]:
            yield from _entite("targets", cible, f"cible de {amont['name']}")
    for service in document["services"]:
        for route in service["routes"]:
            ou = f"route {route.get('name')}"
            yield from _entite("routes", route, ou)
            yield from _greffons(route, ou)
            yield from (
                f"{ou} : {c} : expression inconnue de Rust" for c in route["paths"] if _INTERDIT_EN_RUST.search(c)
            )
    yield from _greffons(document, "kong.yml")


def _liens(document: Mapping[str, Any]) -> Iterator[str]:
    """Names are unique, keys too; an anonymous consumer exists."""
    routes = [route for service in document["services"] for route in service["routes"]]
    cles = [cle["key"] for c in document["consumers"] for cle in c.get("keyauth_credentials", ())]
    for quoi, noms in {
        "services": [s["name"] for s in document["services"]],
        "routes": [r["name"] for r in routes],
        "upstreams": [u["name"] for u in document["upstreams"]],
        "consumers": [c["username"] for c in document["consumers"]],
        "clés": cles,
    }.items():
        yield from (f"{quoi} : une valeur y est deux fois" for nom in sorted(set(noms)) if noms.count(nom) > 1)
    connus = {c["username"] for c in document["consumers"]}
    for route in routes:
        for greffon in route.get("plugins", ()):
            anonyme = greffon.get("config", {}).get("anonymous")
            if anonyme and anonyme not in connus:
                yield f"route {route['name']} : consommateur anonyme inconnu {anonyme}"


def _entite(genre: str, valeurs: Mapping[str, Any], ou: str) -> Iterator[str]:
    yield from _fiche(FAITS["entites"][genre], valeurs, ou)


def _greffons(porteur: Mapping[str, Any], ou: str, *, consommateur: bool = False) -> Iterator[str]:
    for greffon in porteur.get("plugins", ()):
        faits = FAITS["greffons"].get(greffon["name"])
        if faits is None:
            yield f"{ou} : greffon inconnu {greffon['name']}"
            continue
        if consommateur and faits.get("sans_consommateur"):
            yield f"{ou} : {greffon['name']} ne se pose pas sur un consommateur"
        yield from _fiche(faits["config"], greffon.get("config", {}), f"{ou}, {greffon['name']}")


def _fiche(champs: Mapping[str, Any], valeurs: Mapping[str, Any], ou: str) -> Iterator[str]:
    yield from (f"{ou} : champ inconnu {nom}" for nom in valeurs if nom not in champs)
    for nom, regle in champs.items():
        if nom in valeurs:
            yield from _valeur(regle, valeurs[nom], f"{ou}.{nom}")
        elif regle.get("requis"):
            yield f"{ou} : {nom} manque"


def _valeur(regle: Mapping[str, Any], valeur: Any, ou: str) -> Iterator[str]:
    attendu = _TYPES[regle["type"]]
    if not isinstance(valeur, attendu) or (isinstance(valeur, bool) and attendu is not bool):
        yield f"{ou} : {regle['type']} attendu"
        return
    if "parmi" in regle and valeur not in regle["parmi"]:
        yield f"{ou} : {valeur} n'est pas permis"
    if "entre" in regle and not regle["entre"][0] <= valeur <= regle["entre"][1]:
        yield f"{ou} : {valeur} hors de {regle['entre']}"
    if "motif" in regle and not re.fullmatch(regle["motif"], valeur):
        yield f"{ou} : {valeur} n'a pas la forme voulue"
    if "champs" in regle:
        yield from _fiche(regle["champs"], valeur, ou)
    if "de" in regle:
        for un in valeur.values() if isinstance(valeur, dict) else valeur:
            yield from _valeur(regle["de"], un, ou)
