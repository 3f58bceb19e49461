"""Participant barrier: what a service needs so that a saga may repeat, reorder and undo its calls.

Guarantee: for one (espace, reference), the action has at most one effect and one answer, and the compensation gives
back exactly that effect, at most once; the barrier row commits with the business rows.

1. Deduplicate first, decide second: a repeated action gets its first answer, even when today's answer would differ.
2. A compensation that comes before its action succeeds, does nothing and is recorded; the late action is refused.
3. A compensation that meets its action's open transaction waits for it (unique index), then undoes it: net zero.
4. A refusal is an answer: it is stored and repeated. The business transaction is rolled back first; the refusal's
   row is written in a second one, so an action may raise a refusal at any moment without leaving anything behind.
5. An answer is what JSON says of it: the first caller gets identifiers and dates as text too, exactly like the
   repeated one. A repeated refusal has its meaning (`RefusMetier`, `Introuvable` or `Conflit`), texts, code and extra
   members, not its own subclass.
6. A refusal raised by `defaire` is not stored: nothing was undone, the next compensation decides anew.
7. What is neither an answer nor a refusal (a database error, a crash) leaves no row: the retry runs the action.
"""

from socle.barriere.barriere import Barriere

__all__ = ["Barriere"]
