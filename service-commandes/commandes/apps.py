from socle.django.apps import ServiceConfig


class CommandesConfig(ServiceConfig):
    """Magasins, sales, and the sales and cancellations under way."""

    name = "commandes"
    label = "commandes"
    verbose_name = "Commandes"
