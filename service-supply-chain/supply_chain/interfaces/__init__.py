"""REST and admin."""
