"""What a client, a cart and a checkout are and may become. Plain Python: no Django, no I/O."""
