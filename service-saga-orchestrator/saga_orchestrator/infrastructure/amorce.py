"""Seed data."""


def charger() -> None:
    """The orchestrator begins empty: sagas are its only rows (contract, section 11, lists none for it)."""
