"""What docker-compose.yml must be: its form, and the rules every service of it keeps. Each deviation is one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

# The part of the Compose specification (compose-spec.io) that the file may use: field -> type of its value.
_SERVICE: dict[str, type | tuple[type, ...]] = {
    "image": str, "build": dict, "command": list, "entrypoint": list, "environment": dict, "ports": list,
    "volumes": list, "depends_on": dict, "healthcheck": dict, "deploy": dict, "restart": str, "profiles": list,
    "networks": dict,
    "logging": dict, "read_only": bool, "tmpfs": list, "cap_drop": list, "security_opt": list, "init": bool,
    "stop_signal": str, "stop_grace_period": str, "cpu_shares": int, "shm_size": str, "pull_policy": str, "user": str,
}  # fmt: skip
_SANTE = {"test", "interval", "timeout", "retries", "start_period", "start_interval"}
_CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
_DUREE = re.compile(r"\d+(ms|s|m)")
_PORT = re.compile(r"(127\.0\.0\.1|\$\{FACADE:-127\.0\.0\.1\}):\d+:\d+")
_SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|MOT_DE_PASSE|KEY|COMPTES")
_VARIABLE = re.compile(r"\$\{([A-Z_]+)(?:(:[-?])([^}]*))?\}")

# Published for people; everything else stays on loopback.
FACADES = ("kong", "magasin")


def ponctuel(service: Mapping[str, Any]) -> bool:
    """A one-shot: it does its work and ends."""
    return not str(service.get("restart", "")).startswith("unless")


def variables(noeud: Any) -> Iterator[tuple[str, str, str]]:
    """(name, operator, rest) of every variable of .env that a part of the file asks for."""
    if isinstance(noeud, str):
        yield from _VARIABLE.findall(noeud)
    elif isinstance(noeud, dict):
        for valeur in noeud.values():
            yield from variables(valeur)
    elif isinstance(noeud, list):
        for valeur in noeud:
            yield from variables(valeur)


def ecarts(document: Mapping[str, Any]) -> list[str]:
    """Everything that breaks a rule."""
    trouves = [f"racine : {nom}" for nom in document if nom not in ("name", "services", "volumes") and nom[:2] != "x-"]
    services = document["services"]
    for nom, service in services.items():
        trouves += [f"{nom} : {texte}" for texte in _service(nom, service, document)]
    attentes = [attente for service in services.values() for attente in service.get("depends_on", {}).items()]
    attendus = {nom for nom, comment in attentes if comment["condition"] == "service_completed_successfully"}
    # `up --wait` takes the end of a container for a failure, unless another one waits for that end.
    ponctuels = {nom for nom, service in services.items() if ponctuel(service)}
    trouves += [f"{nom} : personne n'attend sa fin" for nom in sorted(ponctuels - attendus)]
    return trouves


def _service(nom: str, service: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    for champ, valeur in service.items():
        if champ not in _SERVICE:
            yield f"champ inconnu {champ}"
        elif not isinstance(valeur, _SERVICE[champ]):
            yield f"{champ} a le mauvais type"
    image = service.get("image", "")
    if ":" not in image or image.endswith(":latest"):
        yield "image sans version"
    yield from _cycle_de_vie(service)
    yield from _publication(nom, service)
    for voisin, comment in service.get("depends_on", {}).items():
        if voisin not in document["services"] or comment["condition"] not in _CONDITIONS:
            yield f"dépend mal de {voisin}"
    for volume in service.get("volumes", ()):
        if volume.split(":")[0] not in document["volumes"]:
            yield f"{volume} n'est pas un volume nommé"
    for variable, valeur in service.get("environment", {}).items():
        if not isinstance(valeur, str):
            yield f"{variable} n'est pas un texte"
        elif _SECRET.search(variable) and not _vient_de_env(valeur):
            yield f"{variable} est écrit en clair"


def _vient_de_env(valeur: str) -> bool:
    """Empty, or made of variables of .env without which nothing starts."""
    return valeur == "" or any(operateur == ":?" for _, operateur, _ in _VARIABLE.findall(valeur))


def _cycle_de_vie(service: Mapping[str, Any]) -> Iterator[str]:
    limites = service.get("deploy", {}).get("resources", {}).get("limits", {})
    if not {"cpus", "memory"} <= set(limites):
        yield "sans limites de ressources"
    if "restart" not in service:
        yield "sans politique de redémarrage"
    if "max-size" not in service.get("logging", {}).get("options", {}):
        yield "journal sans borne"
    sante = service.get("healthcheck")
    if ponctuel(service):
        return
    if not sante:
        yield "sans contrôle de santé"
        return
    yield from (f"contrôle de santé : champ inconnu {champ}" for champ in set(sante) - _SANTE)
    if sante.get("test", [""])[0] != "CMD":
        yield "contrôle de santé qui n'est pas une commande"
    for champ in ("interval", "timeout", "start_period"):
        if not _DUREE.fullmatch(str(sante.get(champ))):
            yield f"contrôle de santé sans {champ}"


def _publication(nom: str, service: Mapping[str, Any]) -> Iterator[str]:
    for port in service.get("ports", ()):
        if not _PORT.fullmatch(port):
            yield f"{port} n'est pas sur la boucle locale"
        elif "FACADE" in port and nom not in FACADES:
            yield f"{port} n'est pas destiné au public"
