from django.db import connection


def charger() -> None:
    """One row, once."""
    with connection.cursor() as curseur:
        curseur.execute("INSERT INTO temoin (total) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM temoin)")
