"""What every Django service shares: settings, views, error handler, health, metrics, documentation pages."""
