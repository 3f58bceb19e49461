"""The documents of the running services, once for the run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.commun import lettres
from tests.commun.monde import Monde
from tests.contrats.documents import Documents


@pytest.fixture(scope="session")
def documents(monde: Monde) -> Documents:
    """Every documented operation."""
    return Documents(monde)


@pytest.fixture(scope="session", autouse=True)
def sans_lettres(monde: Monde) -> Iterator[None]:
    """The dead letters that rows prepare do not outlive the run."""
    yield
    lettres.vider(monde)
