"""The six reactive workers of the choreographed checkout: one module each, a table of reactions."""
