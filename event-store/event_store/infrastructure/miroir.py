"""Redis copy of orders-by-client, for readers that look at `cqrs:orders_by_client:{client_id}` (a hash).

Guarantee: never in the way. Redis down, slow or empty costs a request a bounded fraction of a second at most, and
its content comes back by itself.

1. `cqrs:orders_by_client_miroir` holds the generation and position the copy has reached. It is written after the rows
   it speaks for, so whatever Redis loses (its last second, or everything) takes that mark back with it, and the next
   step copies all that changed since.
2. Two processes may copy at once; a Lua script keeps the row of the higher generation, then position.
3. After a failure Redis is left alone for `PAUSE_S`.
"""

import itertools
import logging
import time
from typing import Any

import redis

from event_store.application.ports import Projections

journal = logging.getLogger("event_store.miroir")

CLE = "cqrs:orders_by_client:{}"
MARQUE = "cqrs:orders_by_client_miroir"
PAUSE_S = 2.0
_LOT = 500

_ECRIRE = """
local avant = redis.call('HMGET', KEYS[1], '_generation', '_position')
if avant[1] then
  local ecart = tonumber(avant[1]) - tonumber(ARGV[1])
  if ecart > 0 or (ecart == 0 and tonumber(avant[2]) > tonumber(ARGV[2])) then return 0 end
end
redis.call('HSET', KEYS[1], '_generation', ARGV[1], '_position', ARGV[2], unpack(ARGV, 3))
return 1
"""


class MiroirRedis:
    """Port `Miroir`."""

    def __init__(self, url: str, projections: Projections) -> None:
        self._redis: Any = redis.Redis.from_url(
            url, decode_responses=True, socket_connect_timeout=0.2, socket_timeout=0.5
        )
        self._ecrire = self._redis.register_script(_ECRIRE)
        self._projections = projections
        self._reprendre_a = 0.0

    def synchroniser(self) -> bool:
        if time.monotonic() < self._reprendre_a:
            return False
        try:
            self._copier()
        except redis.RedisError as cause:
            self._reprendre_a = time.monotonic() + PAUSE_S
            journal.warning("le miroir Redis ne répond pas : %s", type(cause).__name__)
            return False
        return True

    def _copier(self) -> None:
        # The mark first, the rows second: another process may only have moved both forward in between.
        marque = self._redis.hgetall(MARQUE)
        copie, depuis = int(marque.get("_generation", 0)), int(marque.get("_position", 0))
        generation, position, lignes = self._projections.commandes_depuis(depuis)
        if (copie, depuis) == (generation, position):
            return
        if copie > generation or (copie == generation and depuis > position):
            self._vider()  # the copy of another database's life
        if depuis and (copie != generation or depuis > position):
            generation, position, lignes = self._projections.commandes_depuis(0)
        for debut in range(0, len(lignes), _LOT):
            with self._redis.pipeline(transaction=False) as lot:
                for ligne in lignes[debut : debut + _LOT]:
                    textes = {nom: "" if valeur is None else str(valeur) for nom, valeur in ligne.items()}
                    arguments: list[int | str] = [generation, position, *itertools.chain.from_iterable(textes.items())]
                    self._ecrire(keys=[CLE.format(ligne["client_id"])], args=arguments, client=lot)
                lot.execute()
        self._ecrire(keys=[MARQUE], args=[generation, position, "lignes", len(lignes)])

    def _vider(self) -> None:
        for cle in self._redis.scan_iter(CLE.format("*"), count=1000):
            self._redis.delete(cle)
        self._redis.delete(MARQUE)
