from socle.django.apps import ServiceConfig


class InventaireConfig(ServiceConfig):
    """Stocks, reservations, replenishment requests."""

    name = "inventaire"
    label = "inventaire"
    verbose_name = "Inventaire"
