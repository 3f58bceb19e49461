"""A PostgreSQL connection that survives its server, for relays and consumers (with or without Django)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from socle.traces_sql import options_de_connexion

_OPTIONS = "-c statement_timeout=10000 -c idle_in_transaction_session_timeout=10000"


class Base:
    """One lazily opened connection of one thread. A broken connection is dropped and reopened at the next use."""

    def __init__(self, *, nom: str, **parametres: Any) -> None:
        self._parametres = {
            "connect_timeout": 2,
            "application_name": nom,
            "options": _OPTIONS,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 10_000,
            **options_de_connexion(),
            **parametres,
        }
        self._connexion: Any = None

    def connexion(self) -> Any:
        """The open connection; raises `psycopg2.OperationalError` when the server does not answer."""
        if self._connexion is None or self._connexion.closed:
            self._connexion = psycopg2.connect(**self._parametres)
        return self._connexion

    def fermer(self) -> None:
        """Close the connection. Idempotent."""
        if self._connexion is not None:
            self._connexion.close()
            self._connexion = None

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor in one transaction: commits at the end of the block, rolls back on any exception."""
        connexion = self.connexion()
        try:
            with connexion, connexion.cursor() as curseur:
                yield curseur
        except psycopg2.Error:
            if connexion.closed:
                self.fermer()
            raise
