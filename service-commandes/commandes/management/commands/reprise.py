"""`reprise`: the background program of commandes. Safe to run any number of times; SIGTERM ends it after its turn."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from commandes import bootstrap
from commandes.settings import CONFIG
from socle.django.boucle import tourner

_PURGE_S = 3600.0


class Command(BaseCommand):
    help = "Conclut les ventes et annulations restées en suspens, et oublie les vieilles clés."
    # The checks load every view: half the time of a restart, for nothing this program uses.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        tourner(_Tour(), intervalle_s=CONFIG.reprise_intervalle_s)


class _Tour:
    def __init__(self) -> None:
        self._prochaine_purge = 0.0

    def __call__(self) -> bool:
        encore = bootstrap.reprendre()
        if time.monotonic() >= self._prochaine_purge:
            self._prochaine_purge = time.monotonic() + _PURGE_S
            bootstrap.purger_les_cles()
        return encore
