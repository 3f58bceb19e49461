"""Clients, carts and checkouts: where a purchase begins and where its outcome is kept (contract, section 6)."""
