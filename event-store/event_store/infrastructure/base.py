"""Connections to PostgreSQL: one per thread and database, kept open, and errors said in the platform's terms."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg2
from psycopg2.extensions import connection, cursor

from socle.erreurs import DonneesInvalides
from socle.reponses import BaseIndisponible
from socle.traces_sql import options_de_connexion

journal = logging.getLogger("event_store.base")


@dataclass(frozen=True, kw_only=True)
class Acces:
    """Where a database is, and as whom to enter; `statement_timeout_ms` bounds every statement."""

    host: str
    port: int
    base: str
    role: str
    mot_de_passe: str = field(repr=False)
    application: str = "event-store"
    statement_timeout_ms: int = 5000

    def ouvrir(self) -> connection:
        """A new autocommit connection; `psycopg2.OperationalError` within two seconds if nobody answers."""
        delai = self.statement_timeout_ms
        lien = psycopg2.connect(
            host=self.host,
            port=self.port,
            dbname=self.base,
            user=self.role,
            password=self.mot_de_passe,
            connect_timeout=2,
            application_name=self.application,
            options=f"-c statement_timeout={delai} -c idle_in_transaction_session_timeout={max(2 * delai, 10_000)}",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=2,
            tcp_user_timeout=max(2 * delai, 10_000),
            **options_de_connexion(),
        )
        lien.autocommit = True
        return lien


class Base:
    """Hands each thread its own connection.

    A broken connection is thrown away and answered as `BaseIndisponible`; the next use opens a new one. A value that
    PostgreSQL refuses is `DonneesInvalides`.
    """

    def __init__(self, acces: Acces) -> None:
        self.acces = acces
        self._fil = threading.local()

    @contextmanager
    def curseur(self) -> Iterator[cursor]:
        """A cursor in autocommit: each statement is its own transaction."""
        try:
            lien: connection | None = getattr(self._fil, "lien", None)
            if lien is None or lien.closed:
                lien = self._fil.lien = self.acces.ouvrir()
            with lien.cursor() as curseur:
                yield curseur
        except (psycopg2.OperationalError, psycopg2.InterfaceError, psycopg2.InternalError) as cause:
            self.fermer()
            journal.warning("base %s : %s", self.acces.base, type(cause).__name__)
            raise BaseIndisponible("La base de données ne répond pas.") from cause
        except psycopg2.DataError as cause:
            raise DonneesInvalides("Une valeur est hors des limites permises.") from cause

    @contextmanager
    def transaction(self, *, delai_ms: int | None = None) -> Iterator[cursor]:
        """A cursor in one transaction, committed at the end of the block; `delai_ms` replaces the statement limit."""
        with self.curseur() as curseur:
            curseur.execute("BEGIN")
            try:
                if delai_ms is not None:
                    curseur.execute("SELECT set_config('statement_timeout', %s, true)", [str(delai_ms)])
                yield curseur
                curseur.execute("COMMIT")
            except BaseException:
                self._annuler(curseur)
                raise

    def _annuler(self, curseur: cursor) -> None:
        try:
            curseur.execute("ROLLBACK")
        except psycopg2.Error:
            self.fermer()  # the server has rolled back by itself

    def fermer(self) -> None:
        """Close this thread's connection, if any."""
        lien: connection | None = getattr(self._fil, "lien", None)
        if lien is not None:
            self._fil.lien = None
            lien.close()
