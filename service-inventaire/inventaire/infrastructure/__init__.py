"""PostgreSQL and HTTP adapters, seed data."""
