"""Forgetting old keys."""

from django.db import connection

CONSERVATION_JOURS = 8
"""A day more than the seven promised, so that no clock difference shortens the promise."""


def purger() -> int:
    """Delete the keys older than `CONSERVATION_JOURS` days of database time; returns how many. Idempotent."""
    with connection.cursor() as curseur:
        curseur.execute(
            "DELETE FROM idempotence_cles WHERE cree_le < now() - make_interval(days => %s)",
            [CONSERVATION_JOURS],
        )
        return int(curseur.rowcount)
