"""The schedule of a chaos run: a pure function of the seed, the duration and the kinds of fault.

Guarantee: the same three give the same schedule, on any machine. Nothing here touches a platform.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.composants import SERVICES, Web, liens
from local.processus import ErreurLabo
from socle import points

BAIL_S = 3.0
"""Lease of a running saga: a freeze is longer, so that the owner wakes up to find itself replaced."""

_CALME_FINAL_S = 1.0
_INTERVALLE_S = (0.6, 2.8)


@dataclass(frozen=True, kw_only=True)
class Panne:
    """One fault: from `debut_s` after the start, during `duree_s`. `cible` is a program, a service or a link."""

    rang: int
    genre: str
    cible: str
    debut_s: float
    duree_s: float
    details: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        details = " ".join(f"{nom}={valeur}" for nom, valeur in self.details.items())
        return f"{self.debut_s:6.1f} s  {self.genre:<12} {self.cible:<28} {self.duree_s:4.1f} s  {details}".rstrip()


_WEBS = tuple(p.nom for s in SERVICES for p in s.programmes if isinstance(p, Web))
_TOUS = tuple(p.nom for s in SERVICES for p in s.programmes)
_WORKERS = tuple(nom for nom in _TOUS if nom.startswith("worker-"))
_SAGAS = ("saga-1", "saga-2")
_GROUPES = {
    "choreo-reservation": "worker-stock-reservation",
    "choreo-order": "worker-order-creation",
    "choreo-compensation": "worker-stock-compensation",
    "choreo-notification": "worker-notification",
    "choreo-audit": "worker-audit",
    "choreo-cqrs": "worker-cqrs-projection",
    "choreo-suivi": "ecommerce-fond",
}
_ETAPES = ("reservation_stock", "creation_commande")
_PORTEURS = {
    "saga": _SAGAS,
    "barriere": ("inventaire", "commandes"),
    "idempotence": ("inventaire", "commandes", "ecommerce"),
    "http": (*_SAGAS, "ecommerce", "ecommerce-fond", *_WORKERS),
    "outbox": (*_SAGAS, "ecommerce", *_WORKERS),
    "relais": (*_SAGAS, "ecommerce-fond", *_WORKERS),
}
_PROPRES = {
    "ecommerce": (
        "checkout.apres_cloture",
        "checkout.apres_reponse",
        "checkout.apres_conclusion",
        "choreo.apres_prix",
        "choreo.avant_commit",
        "choreo.apres_acceptation",
        "panier.avant_ecriture",
    ),
    "ecommerce-fond": (
        "suivi.apres_prise",
        "suivi.avant_conclusion",
        "suivi.avant_commit",
        "suivi.apres_fermeture",
        "suivi.apres_evenement",
    ),
    "event-store": ("event_store.avant_ajout", "event_store.projection.avant_position"),
}


def emplacements(*, doublables: bool = False) -> list[tuple[str, str]]:
    """Every (program, fault point) that a fault may be switched on at; only those whose effect can be repeated."""
    trouves = []
    for point in points.catalogue():
        if doublables and not point.double:
            continue
        if "{groupe}" in point.nom:
            trouves += [(porteur, point.nom.format(groupe=groupe)) for groupe, porteur in _GROUPES.items()]
            continue
        noms = [point.nom.format(etape=etape) for etape in _ETAPES] if "{etape}" in point.nom else [point.nom]
        trouves += [(porteur, nom) for porteur in _PORTEURS[point.nom.split(".")[0]] for nom in noms]
    if not doublables:
        trouves += [(porteur, nom) for porteur, noms in _PROPRES.items() for nom in noms]
    return trouves


FORMES_DE_POISON = ("illisible", "sans_panier", "type_inconnu", "version_future", "client_invalide")

Tirage = Callable[[random.Random], tuple[str, float, Mapping[str, Any]]]


def _au_point(
    genre: str,
    *,
    nombre: tuple[int, int],
    secondes: tuple[float, float] = (0.0, 0.0),
    duree: tuple[float, float] = (3.0, 6.0),
) -> Tirage:
    def tirer(hasard: random.Random) -> tuple[str, float, Mapping[str, Any]]:
        programme, point = hasard.choice(emplacements(doublables=genre == "double"))
        details = {"point": point, "genre": genre, "nombre": hasard.randint(*nombre)}
        if secondes[1]:
            details["secondes"] = _rond(hasard, *secondes)
        return programme, _rond(hasard, *duree), details

    return tirer


def _rond(hasard: random.Random, mini: float, maxi: float) -> float:
    return round(hasard.uniform(mini, maxi), 1)


def _reseau(hasard: random.Random) -> tuple[str, float, Mapping[str, Any]]:
    mode = hasard.choice(("retard", "coupe", "muet", "refuse"))
    details = {"mode": mode} | ({"retard_s": _rond(hasard, 0.1, 0.6)} if mode == "retard" else {})
    return hasard.choice(sorted(liens(SERVICES, 0))), _rond(hasard, 1, 5), details


# Each kind: what it does is in `chaos_pannes`, under the same name.
GENRES: dict[str, Tirage] = {
    "mort": lambda h: (h.choice(_TOUS), 0.0, {}),
    "absence": lambda h: (h.choice(_TOUS), _rond(h, 1, 5), {}),
    "gel": lambda h: (h.choice(_TOUS), _rond(h, BAIL_S + 0.5, BAIL_S + 3), {}),
    "roulant": lambda h: (h.choice([s.nom for s in SERVICES]), 0.0, {}),
    "postgres": lambda h: ("postgres", _rond(h, 0, 1.5), {"brutal": h.random() < 0.5}),
    "valkey": lambda h: ("redis", _rond(h, 0, 3), {"brutal": h.random() < 0.5}),
    "vidage": lambda _: ("redis", 0.0, {}),
    "passerelle": lambda h: ("gateway", _rond(h, 0, 1), {"brutal": h.random() < 0.5}),
    "reseau": _reseau,
    "lenteur": _au_point("delai", nombre=(1, 6), secondes=(0.3, 3.5)),
    "echec": _au_point("erreur", nombre=(1, 6)),
    "crash": _au_point("crash", nombre=(1, 1)),
    "double": _au_point("double", nombre=(1, 10)),
    "somme": _au_point("gel", nombre=(1, 1), duree=(BAIL_S + 0.5, BAIL_S + 3)),
    "horloge": lambda h: (h.choice(_TOUS), _rond(h, 3, 8), {"decalage_s": h.choice((-300, -60, 60, 300))}),
    "relais": lambda h: (h.choice(("ecommerce-fond", *_WORKERS)), _rond(h, 3, 8), {}),
    "poison": lambda h: ("redis", 0.0, {"forme": h.choice(FORMES_DE_POISON), "graine": h.getrandbits(32)}),
    "redelivrance": lambda h: ("redis", 0.0, {"nombre": h.randint(5, 60)}),
}
SEULEMENT_ISOLEE = frozenset({"reseau", "horloge"})
"""Kinds that need a platform started for them: its components must find each other through the proxy."""


def planifier(graine: int, duree_s: float, genres: Sequence[str] = ()) -> tuple[Panne, ...]:
    """The faults of a run, in order of time, all over by `duree_s`; every kind in turn, in a drawn order.

    Two faults never share a target at one time. Raises `ErreurLabo` for an unknown kind.
    """
    voulus = list(dict.fromkeys(genres)) or list(GENRES)
    if inconnus := [nom for nom in voulus if nom not in GENRES]:
        raise ErreurLabo(f"Genre de panne inconnu : {', '.join(inconnus)}. Connus : {', '.join(GENRES)}.")
    hasard = random.Random(f"{graine}/{duree_s:g}/{','.join(sorted(voulus))}")  # noqa: S311 - replayed, not secret
    fin, instant = duree_s - _CALME_FINAL_S, 0.5
    occupees: dict[str, float] = {}
    sac: list[str] = []
    pannes: list[Panne] = []
    while instant < fin:
        if not sac:
            sac = hasard.sample(sorted(voulus), len(voulus))
        genre = sac.pop()
        cible, duree, details = GENRES[genre](hasard)
        if instant >= occupees.get(cible, 0.0) and instant + duree <= fin:
            occupees[cible] = instant + duree + 1.0
            pannes.append(
                Panne(
                    rang=len(pannes),
                    genre=genre,
                    cible=cible,
                    debut_s=round(instant, 1),
                    duree_s=duree,
                    details=details,
                )
            )
        else:
            sac.insert(0, genre)  # its turn will come
        instant += hasard.uniform(*_INTERVALLE_S)
    return tuple(pannes)
