"""Replenishment requests validated by a workflow that is undone when it fails (contract, section 5)."""
