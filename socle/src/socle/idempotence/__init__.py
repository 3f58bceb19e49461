"""`Idempotency-Key` on the server side.

Guarantee: a keyed request and its stored answer commit in one transaction, so a key never outlives a lost effect
and an effect never exists without its answer.

1. The view runs inside that transaction. A view that calls other services must not: it sets `idempotence = "metier"`
   and derives the identity of what it creates from the key.
2. A body with `reference` has its own key: no row is written here.
3. The second of two simultaneous requests waits on the first one's row, `ATTENTE_MS` at most, then gets 409 with
   `Retry-After`. If the first dies, its row vanishes with its transaction and the second proceeds: no eternal 409.
4. Stored: 2xx and business refusals. Never stored: 5xx, 408, 425, 429, 401, 403, an in-progress 409, a schema 400.
5. Remembered are the status, the content type and the body; not the other headers.
6. A view that catches a database error and goes on must put the failing statement in a savepoint
   (`transaction.atomic()`), as in any transaction. Never `atomic(durable=True)`.
7. Keys are scoped by consumer (as authenticated by the gateway) and live `CONSERVATION_JOURS` days at least. Each
   answer that is stored makes a bounded number of older ones leave, in the same statement: no program has to run for
   that, and there are never many more of them than were stored in that time.
"""

CONSERVATION_JOURS = 8
"""A day more than the seven promised, so that no clock difference shortens the promise."""
