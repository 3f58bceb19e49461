"""What a sale is, and when it may be cancelled. Plain Python: no Django, no I/O."""
