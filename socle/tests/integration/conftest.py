import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.integration.outils import Fil


@pytest.fixture
def client() -> Client:
    """A client of the smallest service, on empty tables."""
    with connection.cursor() as curseur:
        curseur.execute("INSERT INTO temoin VALUES (0)")
    return Client(raise_request_exception=False)


@pytest.fixture
def en_parallele() -> Iterator[Callable[[Callable[[], Any]], Fil]]:
    """Start a function in a thread with its own database connection; all have ended when the test has."""
    fils: list[Fil] = []

    def lancer(fonction: Callable[[], Any]) -> Fil:
        fil = Fil(fonction)
        fils.append(fil)
        fil.start()
        return fil

    yield lancer
    for fil in fils:
        fil.join(15)
    assert not [f for f in fils if f.is_alive()], threading.enumerate()
