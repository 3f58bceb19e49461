"""`amorcer`: migrate, then load the service's seed data. Idempotent; loading twice changes nothing."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Applique les migrations puis charge les données d'amorce (idempotent)."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=int(options["verbosity"]) - 1)
        import_module(f"{settings.SOCLE['app']}.infrastructure.amorce").charger()
        self.stdout.write(f"{settings.SOCLE['app']} : base à jour, données d'amorce présentes.")
