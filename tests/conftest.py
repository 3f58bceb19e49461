"""The running platform that the contract and end-to-end tests share: one for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from local.compose import PlateformeCompose, Projet
from local.essais import PLATEFORME_EXISTANTE
from local.lieux import depuis_environnement
from local.plateforme import Plateforme
from tests.commun.monde import Monde

COMPOSE = "compose"
"""Value of `LABO_PLATEFORME_EXISTANTE` for the project of `./labo compose-test`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is about plain processes is not asked of containers."""
    if os.environ.get(PLATEFORME_EXISTANTE) == COMPOSE:
        for item in items:
            if marque := item.get_closest_marker("natif"):
                item.add_marker(pytest.mark.skip(reason=f"natif : {marque.kwargs['raison']}"))


@pytest.fixture(scope="session")
def monde() -> Iterator[Monde]:
    """A platform on free ports, or the one that runs already when `LABO_PLATEFORME_EXISTANTE` says so."""
    if existante := os.environ.get(PLATEFORME_EXISTANTE):
        yield Monde(PlateformeCompose(Projet(depuis_environnement())) if existante == COMPOSE else Plateforme())
        return
    with Plateforme.ephemere() as plateforme:
        yield Monde(plateforme)
