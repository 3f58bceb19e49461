"""The running platform that the contract and end-to-end tests share: one for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from local.essais import PLATEFORME_EXISTANTE
from local.plateforme import Plateforme
from tests.commun.monde import Monde


@pytest.fixture(scope="session")
def monde() -> Iterator[Monde]:
    """A platform on free ports, or the one that runs already when `LABO_PLATEFORME_EXISTANTE` says so."""
    if PLATEFORME_EXISTANTE in os.environ:
        yield Monde(Plateforme())
        return
    with Plateforme.ephemere() as plateforme:
        yield Monde(plateforme)
