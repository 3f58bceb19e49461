"""`reprise`: the background program of commandes. Safe to run any number of times; SIGTERM ends it after its turn."""

from typing import Any

from django.core.management.base import BaseCommand

from commandes import bootstrap
from commandes.settings import CONFIG
from socle.django.boucle import arret_demande, exposer_les_metriques, tourner


class Command(BaseCommand):
    help = "Conclut les ventes et annulations restées en suspens, et oublie les vieilles clés."
    # The checks load every view: half the time of a restart, for nothing this program uses.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        arret = arret_demande()
        exposer_les_metriques()
        tourner(bootstrap.reprendre, arret, intervalle_s=CONFIG.reprise_intervalle_s, menage=bootstrap.purger)
