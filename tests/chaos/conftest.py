"""What the tests of the checker share."""

from __future__ import annotations

import pytest

from tests.chaos.constats import Releve
from tests.chaos.histoires import histoires


@pytest.fixture
def sain() -> Releve:
    """A sound story, of this test alone."""
    return histoires()
