from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from magasin import bootstrap


@pytest.fixture(autouse=True)
def _circuits_fermes() -> None:
    """One test's broken service is not the next one's."""
    for client in (
        bootstrap.catalogue,
        bootstrap.inventaire,
        bootstrap.commandes,
        bootstrap.supply_chain,
        bootstrap.ecommerce,
        bootstrap.saga,
    ):
        client.refermer()


@pytest.fixture
def connecter(db: None) -> Callable[..., Client]:
    """A browser signed in with a role; without one, a visitor. CSRF checks are off unless asked for."""

    def _connecter(role: str = "", *, csrf: bool = False) -> Client:
        client = Client(enforce_csrf_checks=csrf)
        if role:
            compte, _ = User.objects.get_or_create(username=role)
            compte.groups.add(Group.objects.get_or_create(name=role)[0])
            client.force_login(compte)
        return client

    return _connecter
