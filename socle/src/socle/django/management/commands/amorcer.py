"""`amorcer`: migrate, then load the service's seed data. Idempotent; loading twice changes nothing."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.core.management.base import BaseCommand

_DROITS = {"is_active": True, "is_staff": True, "is_superuser": True}


class Command(BaseCommand):
    help = "Applique les migrations puis charge les données d'amorce (idempotent)."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=int(options["verbosity"]) - 1)
        import_module(f"{settings.SOCLE['app']}.infrastructure.amorce").charger()
        nom, mot_de_passe = settings.SOCLE["admin"]
        if nom:
            _compte_d_administration(nom, mot_de_passe)
        self.stdout.write(f"{settings.SOCLE['app']} : base à jour, données d'amorce présentes.")


def _compte_d_administration(nom: str, mot_de_passe: str) -> None:
    """The admin account that was asked for, with the password of now. Nobody has one unless somebody chose it."""
    comptes = get_user_model().objects
    existant = comptes.filter(username=nom).first()
    if existant is None or not existant.check_password(mot_de_passe):
        comptes.update_or_create(username=nom, defaults={"password": make_password(mot_de_passe), **_DROITS})
