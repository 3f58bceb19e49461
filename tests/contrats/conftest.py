"""The documents of the running services, once for the run."""

from __future__ import annotations

import pytest

from tests.commun.monde import Monde
from tests.contrats.documents import Documents


@pytest.fixture(scope="session")
def documents(monde: Monde) -> Documents:
    """Every documented operation."""
    return Documents(monde)
