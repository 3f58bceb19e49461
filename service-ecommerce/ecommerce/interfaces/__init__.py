"""REST routes and the admin."""
