"""Answers every path with who it is, after asking its database."""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import django
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "temoin.settings")
django.setup()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """WSGI entry point; 503 without the database."""
    try:
        with connection.cursor() as curseur:
            curseur.execute("SELECT passages FROM temoin WHERE cle = 'amorce'")
            ligne = curseur.fetchone()
        statut, corps = "200 OK", {"instance": os.environ["INSTANCE_ID"], "passages": ligne[0]}
    except django.db.Error:
        connection.close()
        statut, corps = "503 Service Unavailable", {"instance": os.environ["INSTANCE_ID"]}
    octets = json.dumps(corps).encode()
    start_response(statut, [("Content-Type", "application/json"), ("Content-Length", str(len(octets)))])
    return [octets]
