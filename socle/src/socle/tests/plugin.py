"""pytest plugin (`-p socle.tests.plugin`): what makes the tests of a Django service cheap, and changes nothing else.

1. After a test with real commits every table is emptied in one statement. Django's flush truncates each table (a file
   of its own each time), then writes all content types and permissions again: a third of a second, more than most of
   the tests. It also leaves the tables that have no model, such as the outbox.
2. Passwords are hashed fast: the slowness that protects real ones protects nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import TransactionTestCase, override_settings

GARDEES = ("django_migrations", "django_content_type", "auth_permission")
"""What `migrate` writes, and no test changes."""

_VIDER = """
DO $$
DECLARE noms text[] := array(
  SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ({}) ORDER BY 1
);
DECLARE nom text;
BEGIN
  SET LOCAL session_replication_role = replica; -- neither foreign keys nor triggers: everything goes
  -- What another session is still writing is waited for, and goes as well.
  EXECUTE 'LOCK TABLE ' || array_to_string(noms, ', ') || ' IN SHARE ROW EXCLUSIVE MODE';
  FOREACH nom IN ARRAY noms LOOP EXECUTE 'DELETE FROM ' || nom; END LOOP;
END $$
"""


def vider() -> None:
    """Empty every table of the default database but `GARDEES`. The tests' role is a superuser."""
    with connection.cursor() as curseur:
        curseur.execute(_VIDER.format(", ".join(f"'{nom}'" for nom in GARDEES)))


@pytest.fixture(scope="session", autouse=True)
def _vidage_rapide() -> Iterator[None]:
    """Whatever asks pytest-django for a database with real commits gets this in the place of the flush."""
    with patch.object(TransactionTestCase, "_fixture_teardown", lambda _: vider()):
        yield


@pytest.fixture(scope="session", autouse=True)
def _mots_de_passe_rapides() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield
