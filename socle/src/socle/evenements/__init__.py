"""Events: outbox, inbox, Redis Streams bus, consumers, dead letters.

Guarantee: an event that was committed with its business row is delivered to every group at least once and takes
effect in each group exactly once, in order per key (checkout), whatever dies: producer, relay, consumer or Redis.

1. PostgreSQL is the truth. An outbox row is kept until every group has acknowledged its entry (`acquis`) and a day
   longer; when Redis turns out to have lost something (another run, or the identity key gone), the rows that are not
   `acquis` are published again. Consumers absorb what they have seen (inbox).
2. The id of an event is permanent and derived (`uuid5` of cause and type): a handler that runs twice writes the same
   outbox row once.
3. Groups are created at the beginning of the stream, or at their stored checkpoint; never at its end.
4. A batch is: remote calls, outside any transaction; one transaction (inbox and outbox); one MULTI (XADD and
   XACK). Dying between any two of them is absorbed by the next delivery and by the relay.
5. A neighbour that is down is not a poison event: `AReessayer` keeps the entry pending, with back-off, for ever.
   Anything else that fails `essais_max` times is a dead letter; later events of its key wait behind it, others flow.
6. The relay publishes by the state of the rows, not by a position: a row that commits late is never skipped. A row
   whose entry the stream has lost is published again.
7. Order per key holds across the members of a group: an event waits while an earlier one of its key is pending with
   another member. An event met again publishes first what its predecessor left unpublished.
8. Reactions run in threads: one that uses Django closes broken connections itself (`socle.django.base`).
"""
