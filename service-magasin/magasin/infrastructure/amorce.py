"""Roles, and the accounts that the environment names."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User

from magasin.settings import CONFIG

ROLES = ("lecteur", "operateur", "gestionnaire")


def charger() -> None:
    """One group per role; one account per entry of COMPTES, named after its role, with the password of now.

    Idempotent. Without COMPTES nobody has an account (outside the laboratory: `createsuperuser`, then the admin).
    """
    groupes = {nom: Group.objects.get_or_create(name=nom)[0] for nom in ROLES}
    for nom, mot_de_passe in CONFIG.comptes.items():
        compte, _ = User.objects.get_or_create(username=nom)
        if not compte.check_password(mot_de_passe.get_secret_value()):
            User.objects.filter(pk=compte.pk).update(password=make_password(mot_de_passe.get_secret_value()))
        compte.groups.set([groupes[nom]])
