"""What a product is and may become. Plain Python: no Django, no I/O."""
