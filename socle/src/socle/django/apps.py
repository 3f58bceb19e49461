"""Application configurations: the plumbing's own, and the base of the services'."""

import logging
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig
from django.core.cache import close_caches
from django.core.signals import got_request_exception, request_finished, request_started
from django.utils.module_loading import module_has_submodule

journal = logging.getLogger("socle.erreurs")


class SocleDjangoConfig(AppConfig):
    """Brings the management commands and, in the lab profile, the fault switches."""

    name = "socle.django"
    label = "socle_django"

    def ready(self) -> None:
        from django.conf import settings

        from socle import fautes
        from socle.django.base import fermer_les_coupees

        request_started.connect(fermer_les_coupees, dispatch_uid="socle.base")
        request_finished.disconnect(close_caches)  # no service has a cache
        got_request_exception.connect(_consigner, dispatch_uid="socle.erreurs")
        if settings.SOCLE["fautes_fichier"]:
            fautes.activer(settings.SOCLE["fautes_fichier"])


def _consigner(**_: Any) -> None:
    """What escaped from a middleware or the admin: Django's own request logger is off, see `socle.journaux`."""
    journal.exception("erreur imprévue hors des vues")


class ServiceConfig(AppConfig):
    """A service laid out in layers: models in `infrastructure/models.py`, admin in `interfaces/admin.py`, its fault
    points in `points.py`."""

    # Django gives up choosing when a service's `apps.py` shows it two candidates, this one being imported there.
    default = False

    def __init_subclass__(cls) -> None:
        cls.default = True

    def import_models(self) -> None:
        self.models = self.apps.all_models[self.label]
        infrastructure = import_module(f"{self.name}.infrastructure")
        if module_has_submodule(infrastructure, "models"):
            self.models_module = import_module(f"{self.name}.infrastructure.models")

    def ready(self) -> None:
        for module in ("interfaces.admin", "points"):
            if find_spec(f"{self.name}.{module}"):
                import_module(f"{self.name}.{module}")
