"""`reprise`: the recovery loop of one replica. Safe to run any number of times; SIGTERM drains."""

import logging
import os
import signal
import threading
from functools import partial
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from socle.django.base import fermer_les_coupees
from socle.django.boucle import exposer_les_metriques
from socle.fils import Fils
from socle.saga.depot import Proprietaire
from socle.saga.proprietaire import nouvelle_epoque
from socle.saga.reprise import BoucleReprise

journal = logging.getLogger("socle.saga.reprise")

_COMPAGNONS_S = 5.0


class Command(BaseCommand):
    """`SAGA_COMPAGNONS` of the settings: functions of (stop event), run beside the loop in threads of their own."""

    help = "Reprend et termine les sagas que plus personne ne conduit."
    # The checks load every view: half the time of a restart, for nothing this program uses.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        arret = threading.Event()
        for numero in (signal.SIGTERM, signal.SIGINT):
            signal.signal(numero, lambda *_: arret.set())
        instance = os.environ.get("INSTANCE_ID", "local")
        nom = instance if "reprise" in instance else f"{instance}-reprise"
        moi = _annoncer(nom, arret)
        if moi is None:
            return
        exposer_les_metriques()
        executeur = import_string(settings.SAGA_EXECUTEUR)(lambda: moi)
        compagnons = Fils(arret)
        for chemin in getattr(settings, "SAGA_COMPAGNONS", ()):
            compagnons.lancer(chemin, partial(import_string(chemin), arret))
        journal.info("reprise %s, époque %s", moi.nom, moi.epoque)
        BoucleReprise(executeur, avant=fermer_les_coupees).tourner(arret)
        compagnons.finir(_COMPAGNONS_S)


def _annoncer(nom: str, arret: threading.Event) -> Proprietaire | None:
    """A new epoch as soon as the database answers; None when told to stop before."""
    recul_s = 0.1
    while not arret.is_set():
        try:
            return nouvelle_epoque(nom)
        except psycopg2.Error as erreur:
            journal.warning("reprise %s: époque non annoncée (%s)", nom, type(erreur).__name__)
            arret.wait(recul_s)
            recul_s = min(recul_s * 2, 2.0)
    return None
