"""Application configurations: the plumbing's own, and the base of the services'."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.utils.module_loading import module_has_submodule


class SocleDjangoConfig(AppConfig):
    """Brings the management commands and, in the lab profile, the fault switches."""

    name = "socle.django"
    label = "socle_django"

    def ready(self) -> None:
        from django.conf import settings

        from socle import fautes

        if settings.SOCLE["fautes_fichier"]:
            fautes.activer(settings.SOCLE["fautes_fichier"])


class ServiceConfig(AppConfig):
    """A service laid out in layers: models in `infrastructure/models.py`, admin in `interfaces/admin.py`."""

    def import_models(self) -> None:
        self.models = self.apps.all_models[self.label]  # type: ignore[union-attr]
        infrastructure = import_module(f"{self.name}.infrastructure")
        if module_has_submodule(infrastructure, "models"):
            self.models_module = import_module(f"{self.name}.infrastructure.models")

    def ready(self) -> None:
        if find_spec(f"{self.name}.interfaces.admin"):
            import_module(f"{self.name}.interfaces.admin")
