from socle.django.apps import ServiceConfig


class CatalogueConfig(ServiceConfig):
    """Products and the history of their prices."""

    name = "catalogue"
    label = "catalogue"
    verbose_name = "Catalogue"
