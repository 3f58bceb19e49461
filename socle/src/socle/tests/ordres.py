"""Statements counted where they leave, whoever runs them: Django knows only those of its own cursors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from psycopg2.extensions import cursor as CurseurPsycopg  # noqa: N812 - the driver's class has a function's name


@contextmanager
def ordres() -> Iterator[list[str]]:
    """The statements of the block on Django's connection, which must be open, in order.

    On a connection that commits by itself, each is one commit; a transaction block shows its BEGIN and COMMIT.
    """
    notes: list[str] = []

    class CurseurNote(CurseurPsycopg):
        def execute(self, query: Any, vars: Any = None) -> None:
            notes.append(query.decode() if isinstance(query, bytes) else str(query))
            super().execute(query, vars)

    lien = connection.connection
    avant, lien.cursor_factory = lien.cursor_factory, CurseurNote
    try:
        yield notes
    finally:
        lien.cursor_factory = avant
