"""Plumbing the services stand on. No business noun, no service URL lives here."""
