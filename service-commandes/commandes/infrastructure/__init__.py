"""PostgreSQL and the neighbours behind the ports."""
