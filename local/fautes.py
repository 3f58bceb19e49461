"""`./labo faute`: the fault switches of running programs, over their own HTTP."""

from __future__ import annotations

from typing import Any

import requests

from local.composants import Fond
from local.plateforme import Plateforme
from local.processus import ErreurLabo


def porteur(plateforme: Plateforme, programme: str) -> str:
    """The program that serves the switches of `programme`: itself, or the replica its recovery belongs to.

    Raises `ErreurLabo` for a program without any.
    """
    instances = {
        p.nom: p.instance if isinstance(p, Fond) and p.port is None else p.nom
        for service in plateforme.services
        for p in service.programmes
    }
    nom = instances.get(programme, "")
    if nom not in plateforme.urls:
        connus = sorted(n for n, instance in instances.items() if instance in plateforme.urls)
        raise ErreurLabo(f"« {programme} » n'a pas d'interrupteurs. En ont : {', '.join(connus)}.")
    return nom


def lire(plateforme: Plateforme, programme: str) -> Any:
    """Switches, catalogue and points met."""
    return _demander(plateforme, programme, "GET", None)


def armer(plateforme: Plateforme, programme: str, point: str, genre: str, *, nombre: int, secondes: float) -> Any:
    """Switch one point on, beside those that are. Raises `ErreurLabo` with what the program answers otherwise."""
    autres = [f for f in lire(plateforme, programme)["fautes"] if f["point"] != point]
    faute = {"point": point, "genre": genre, "nombre": nombre, "secondes": secondes}
    return _demander(plateforme, programme, "PUT", {"fautes": [*autres, faute]})


def eteindre(plateforme: Plateforme, programme: str) -> None:
    """Every switch of the program off. Idempotent."""
    _demander(plateforme, programme, "PUT", {"fautes": []})


def _demander(plateforme: Plateforme, programme: str, methode: str, corps: object) -> Any:
    url = f"{plateforme.urls[porteur(plateforme, programme)]}/labo/fautes/"
    entetes = {"X-Internal-Token": plateforme.secrets["INTERNAL_TOKEN"]}
    try:
        recue = requests.request(methode, url, json=corps, headers=entetes, timeout=5)
    except requests.RequestException as erreur:
        raise ErreurLabo(f"{programme} ne répond pas ({type(erreur).__name__}).") from erreur
    if recue.status_code != 200:
        details = recue.json().get("details", "")
        raise ErreurLabo(f"{programme} : {details[0] if isinstance(details, list) else details}")
    return recue.json()
