"""Persistent connections without a health check per request.

Asking PostgreSQL `SELECT 1` before every request costs more than many a request's own query. A connection that the
server has closed (restart, failover, terminated session) is known by its socket: an idle one has nothing to read.
Looking at it costs two microseconds and no round trip, so that after a restart of PostgreSQL the first request of
each connection succeeds as well.
"""

import select
from typing import Any

from django.db import connection, connections


def fermer_les_coupees(**_: Any) -> None:
    """Close this thread's idle connections that the server has closed; the next query opens a new one.

    Called at the start of every request; a loop without requests calls it before each turn. Idempotent. It misses a
    server that vanished without a word (cable, frozen machine): TCP keep-alive and `tcp_user_timeout` find that.
    """
    for connexion in connections.all(initialized_only=True):
        brute = connexion.connection
        if brute is not None and not connexion.in_atomic_block and (brute.closed or _a_quelque_chose_a_lire(brute)):
            connexion.close()


def acces() -> dict[str, Any]:
    """The service's own database as psycopg2 wants to hear of it: for the connections Django knows nothing of."""
    reglages = connection.settings_dict
    noms = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
    return {nom: reglages[reglage] for nom, reglage in noms.items()}


def _a_quelque_chose_a_lire(brute: Any) -> bool:
    # A notice of a settings reload shows up as well: then a new connection was not needed, and does no harm.
    veille = select.poll()
    veille.register(brute.fileno(), select.POLLIN)
    return bool(veille.poll(0))
