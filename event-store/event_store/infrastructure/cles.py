"""`Idempotency-Key` for the POST routes of this service.

Every one of them is idempotent by nature (event ids, states, folds), so the answer may be kept after the effect: a
crash between the two makes the retry do nothing twice. Keys live `CONSERVATION_JOURS`, then make room.
"""

import hashlib
from dataclasses import dataclass

from event_store.infrastructure.base import Base
from socle.erreurs import CleReutilisee

CONSERVATION_JOURS = 30


@dataclass(frozen=True, slots=True)
class ReponseGardee:
    """An answer as it was sent the first time."""

    statut: int
    corps: bytes


class ClesPostgres:
    """Answers by consumer and key."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def retrouver(self, consommateur: str, cle: str, demande: bytes) -> ReponseGardee | None:
        """The kept answer to the same request. Raises `CleReutilisee` when the key belongs to another one."""
        with self._base.curseur() as curseur:
            curseur.execute(
                "SELECT demande, statut, corps FROM cles_idempotence WHERE consommateur = %s AND cle = %s",
                [consommateur, cle],
            )
            ligne = curseur.fetchone()
        if ligne is None:
            return None
        if bytes(ligne[0]) != _resume(demande):
            raise CleReutilisee("Cette clé a déjà servi à une autre requête.")
        return ReponseGardee(ligne[1], bytes(ligne[2]))

    def garder(self, consommateur: str, cle: str, demande: bytes, reponse: ReponseGardee) -> ReponseGardee:
        """Keep an answer and return it, or the one that a simultaneous request kept first."""
        with self._base.curseur() as curseur:
            curseur.execute(
                "WITH anciennes AS (DELETE FROM cles_idempotence WHERE cree_le < now() - make_interval(days => %s))"
                " INSERT INTO cles_idempotence (consommateur, cle, demande, statut, corps) VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                [CONSERVATION_JOURS, consommateur, cle, _resume(demande), reponse.statut, reponse.corps],
            )
        return self.retrouver(consommateur, cle, demande) or reponse


def _resume(demande: bytes) -> bytes:
    return hashlib.sha256(demande).digest()
