"""The consumer groups of the event stream as an operator sees them: how far each one is, and what it could not process.

Redis knows what was delivered; each group's own database holds its dead letters. What does not answer is said once, and
the rest is told all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg2
import redis

from local.composants import Service
from local.plateforme import Plateforme
from local.processus import ADRESSE
from socle.evenements import lettres_mortes
from socle.evenements.bus import Bus, ouvrir
from socle.evenements.flux import FLUX

_REDIS_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Groupe:
    """One group: entries not delivered yet, delivered but not acknowledged, dead letters still open; None: unknown.

    Without `programme`, nobody here consumes it any more; its letters are there all the same.
    """

    nom: str
    programme: str
    retard: int | None
    attente: int | None
    lettres: int | None

    @property
    def au_repos(self) -> bool:
        """Nothing left to read or to finish."""
        return self.retard == 0 and self.attente == 0


def observer(plateforme: Plateforme) -> tuple[list[Groupe], list[str]]:
    """(the groups of the table of components and any other that has letters, one sentence for what is unknown)."""
    programmes = {fond.groupe: fond.nom for service in plateforme.services for fond in service.fonds if fond.groupe}
    if not programmes:
        return [], []
    flux, avis_flux = _du_flux(plateforme, programmes)
    lettres, avis_lettres = _des_bases(plateforme, (s for s in plateforme.services if s.groupes))
    noms = [*programmes, *sorted(set(lettres or ()) - set(programmes))]
    groupes = [
        Groupe(
            nom=nom,
            programme=programmes.get(nom, ""),
            retard=flux[nom][0] if nom in flux else None,
            attente=flux[nom][1] if nom in flux else None,
            lettres=None if lettres is None else lettres.get(nom, 0),
        )
        for nom in noms
    ]
    return groupes, [*avis_flux, *avis_lettres]


def _du_flux(plateforme: Plateforme, attendus: Iterable[str]) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """(lag, pending) of each group that Redis knows."""
    client = ouvrir(f"redis://{ADRESSE}:{plateforme.ports['redis']}/0", lecture_s=_REDIS_S)
    bus = Bus(client, FLUX)
    try:
        etats = bus.etat_des_groupes()
        lus = {nom: (bus.retard(etat), int(etat["pending"])) for nom, etat in etats.items()}
    except redis.RedisError:
        return {}, ["Redis ne répond pas : retards et attentes inconnus."]
    finally:
        client.close()
    absents = [nom for nom in attendus if nom not in lus]
    return lus, [f"Redis ne connaît pas encore : {', '.join(absents)}."] if absents else []


def _des_bases(plateforme: Plateforme, services: Iterable[Service]) -> tuple[dict[str, int] | None, list[str]]:
    """Open dead letters by group; None when a database does not tell."""
    lettres: dict[str, int] = {}
    try:
        for service in services:
            with plateforme.transaction(service.nom) as curseur:
                lettres |= lettres_mortes.compter_par_groupe(curseur)
    except psycopg2.Error:
        return None, ["PostgreSQL ne répond pas : lettres mortes inconnues."]
    return lettres, []
