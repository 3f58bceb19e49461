"""`fond`: the background process of ecommerce. Safe to run any number of times; SIGTERM drains.

Three loops in one process, which end together: the tracker (this thread), the relay of the outbox, and the member of
the group `choreo-suivi`.
"""

import logging
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

from ecommerce import bootstrap
from ecommerce.settings import CONFIG
from socle.django.boucle import arret_demande, tourner
from socle.fils import Fils

journal = logging.getLogger("ecommerce.fond")

_DRAINAGE_S = 15.0


class Command(BaseCommand):
    help = "Publie les événements, conclut les checkouts restés ouverts et oublie les vieilles clés."
    # The checks load every view: half the time of a restart, for nothing this program uses.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        arret = arret_demande()
        bootstrap.exposer_les_metriques()
        consommateur = bootstrap.consommateur()
        fils = Fils(arret)
        fils.lancer("relais", partial(bootstrap.relayer, arret))
        fils.lancer("choreo-suivi", consommateur.tourner)
        journal.info("fond démarré")
        tourner(
            # A full batch is followed by the next at once.
            lambda: bootstrap.suivre(arret.is_set) >= CONFIG.suivi_lot,
            arret,
            intervalle_s=CONFIG.suivi_intervalle_s,
            menage=bootstrap.purger,
        )
        consommateur.arreter()
        fils.finir(_DRAINAGE_S)
        journal.info("fond arrêté")
