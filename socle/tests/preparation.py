"""What a service may do once per program, before gunicorn loads it (`SOCLE_AVANT_DEMARRAGE`)."""

import os
from pathlib import Path

import django
from django.apps import apps


def preparer() -> None:
    """Note that nothing was loaded yet, and leave a database connection open, as a careless service would."""
    avant = f"{os.getpid()} {apps.ready}\n"
    django.setup()
    from django.db import connection

    with connection.cursor() as curseur:
        curseur.execute("SELECT 1")
    with Path(os.environ["TEMOIN_PREPARATION"]).open("a") as sortie:
        sortie.write(avant)
