"""Every test finds the whole platform running and leaves it so."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from local.superviseur import TOURNE
from tests.commun.monde import Monde, attendre


def remettre_en_etat(monde: Monde) -> None:
    """Continue what is frozen, start what is stopped, switch every fault off, wait until all is ready."""
    plateforme = monde.plateforme
    for nom, info in plateforme.superviseur.etats().items():
        if info["statename"] in TOURNE:
            plateforme.signal(nom, signal.SIGCONT)
        else:
            plateforme.demarrer(nom)
            plateforme.attendre_pret(nom)
    for programme in list(monde.armes):
        plateforme.attendre_pret(programme)
        monde.fautes(programme)


def attendre_le_calme(monde: Monde) -> None:
    """Wait until the gateway reaches every service again, all replicas, and no circuit is open in front of one."""
    for service in (s for s in monde.plateforme.services if s.route):
        attendre(lambda s=service: monde.plateforme.route_prete(s), f"{service.nom} derrière la passerelle", 30)  # type: ignore[misc]
    produit = monde.nouveau_produit(en_ligne=8)
    for programme in ("saga-1", "saga-2"):
        corps = {
            "client_id": "11111111-1111-1111-1111-111111111111",
            "lignes": [{"produit_id": produit, "quantite": 1}],
        }

        def passe(programme: str = programme, corps: object = corps) -> bool:
            return monde.appeler("POST", "/api/saga/commandes/", corps, programme=programme).statut == 201

        attendre(passe, f"une saga réussie par {programme}", 30)


@pytest.fixture
def casse(monde: Monde) -> Iterator[Monde]:
    """For the tests that break something: whatever they did is undone."""
    yield monde
    remettre_en_etat(monde)
    attendre_le_calme(monde)
