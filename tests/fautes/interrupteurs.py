"""The fault switches of every program of a platform, through the files the programs read.

A program that has just died still has a file; HTTP (`Monde.fautes`) needs it alive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from local.composants import Fond
from local.plateforme import Plateforme
from socle.fautes import Faute, Tableau

Fautes = Mapping[str, Iterable[Faute]]
"""Switches by owner: a program; `saga` for both replicas with their recovery programs; `workers` for all six, each of
which may publish what another one left."""


class Interrupteurs:
    """Reads and writes the switches of programs."""

    def __init__(self, plateforme: Plateforme) -> None:
        self._dossier = plateforme.lieux.run / "fautes"
        self._instances = {
            p.nom: p.instance if isinstance(p, Fond) else p.nom for s in plateforme.services for p in s.programmes
        }

    def porteurs(self) -> list[str]:
        """Everyone who has switches of its own."""
        return sorted({"saga" if nom.startswith("saga") else nom for nom in self._instances.values()})

    def _tableaux(self, porteur: str) -> list[Tableau]:
        groupes = {"saga": ["saga-1", "saga-2"], "workers": [n for n in self._instances if n.startswith("worker-")]}
        instances = groupes.get(porteur) or [self._instances[porteur]]
        return [Tableau(self._dossier / f"{instance}.json") for instance in instances]

    def armer(self, fautes: Fautes) -> None:
        """Replace the switches of these owners."""
        for porteur, siennes in fautes.items():
            liste = list(siennes)
            for tableau in self._tableaux(porteur):
                tableau.ecrire(liste)

    def eteindre(self) -> None:
        """Every switch of everyone off."""
        for porteur in self.porteurs():
            for tableau in self._tableaux(porteur):
                tableau.ecrire([])

    def tires(self, porteur: str, points: Iterable[str]) -> set[str]:
        """Those of `points`, armed once before, that fired at one of the owner's programs."""
        return {p for p in points if any(p not in tableau.lire() for tableau in self._tableaux(porteur))}
