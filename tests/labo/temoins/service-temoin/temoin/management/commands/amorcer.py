"""Creates the witness table and its only row; each run is counted."""

from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    """Idempotent: the row is created once."""

    def handle(self, *args: object, **options: object) -> None:
        with connection.cursor() as curseur:
            curseur.execute("CREATE TABLE IF NOT EXISTS temoin (cle text PRIMARY KEY, passages integer NOT NULL)")
            curseur.execute(
                "INSERT INTO temoin VALUES ('amorce', 1) ON CONFLICT (cle) DO UPDATE SET passages = temoin.passages + 1"
            )
