import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client, TransactionTestCase

from tests.integration.outils import Fil


@pytest.fixture(scope="package", autouse=True)
def sans_vidage() -> Iterator[None]:
    """`client` empties our few tables before a test; flushing every table after each, and writing content types and
    permissions again, costs more than most of the tests."""
    with patch.object(TransactionTestCase, "_fixture_teardown", lambda _: None):
        yield


@pytest.fixture
def client() -> Client:
    """A client of the smallest service, on empty tables."""
    with connection.cursor() as curseur:
        curseur.execute("TRUNCATE temoin, idempotence_cles, barriere; INSERT INTO temoin VALUES (0)")
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
