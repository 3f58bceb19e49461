"""Inbox: what each group has taken effect of. The row commits with the effect."""

from collections.abc import Iterable
from typing import Any

CONSERVATION_JOURS = 40
PERIMEES = "SELECT groupe, event_id FROM inbox WHERE recu_le < now() - make_interval(days => %s) LIMIT %s"
"""The rows to forget. By `now()`, as in `outbox`: a volatile clock would have the whole table read."""


def deja_traites(curseur: Any, groupe: str, event_ids: Iterable[str]) -> set[str]:
    """Which of these events have already taken effect in the group."""
    ids = list(event_ids)
    if not ids:
        return set()
    curseur.execute("SELECT event_id::text FROM inbox WHERE groupe = %s AND event_id = ANY(%s::uuid[])", [groupe, ids])
    return {ligne[0] for ligne in curseur.fetchall()}


def inscrire(curseur: Any, groupe: str, event_ids: Iterable[str]) -> set[str]:
    """Claim events for this transaction; returns those that are ours. Waits for another open claim of the same one."""
    ids = sorted(set(event_ids))
    if not ids:
        return set()
    curseur.execute(
        "INSERT INTO inbox (groupe, event_id) SELECT %s, unnest(%s::uuid[]) ON CONFLICT DO NOTHING "
        "RETURNING event_id::text",
        [groupe, ids],
    )
    return {ligne[0] for ligne in curseur.fetchall()}


def purger(curseur: Any, *, nombre: int = 5000) -> int:
    """Forget rows older than anything Redis or an outbox could still bring back, `nombre` at most. Idempotent."""
    curseur.execute(
        f"DELETE FROM inbox WHERE (groupe, event_id) IN ({PERIMEES})",  # noqa: S608 -- the text above
        [CONSERVATION_JOURS, nombre],
    )
    return int(curseur.rowcount)
