"""Rules, without any framework."""
