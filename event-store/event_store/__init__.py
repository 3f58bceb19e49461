"""The history of every checkout: append-only, verifiable, replayable, and the read models folded from it."""
