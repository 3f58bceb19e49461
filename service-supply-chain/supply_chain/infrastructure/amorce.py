"""Seed data."""


def charger() -> None:
    """The service begins empty: workflows are its only rows (contract, section 11, lists none for it)."""
