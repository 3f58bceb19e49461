"""Stock levels, reservations, replenishment requests: plain Python."""
