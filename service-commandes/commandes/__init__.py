"""Sales: recorded once per reference, cancelled once, and reported (contract, section 4)."""
