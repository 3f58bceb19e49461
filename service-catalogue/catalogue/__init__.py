"""Products: what is sold, at which price. Calls nobody (contract, section 2)."""
