import pytest
from django.test import Client

from catalogue.infrastructure.amorce import charger


@pytest.fixture
def amorce(db: None) -> None:
    """The seed data of the contract, section 11."""
    charger()


@pytest.fixture
def client(amorce: None) -> Client:
    return Client(raise_request_exception=False)
