from socle.django.apps import ServiceConfig


class EcommerceConfig(ServiceConfig):
    """Clients, carts, checkouts, and the gauges read from their tables."""

    name = "ecommerce"
    label = "ecommerce"
    verbose_name = "E-commerce"

    def ready(self) -> None:
        super().ready()
        from ecommerce.infrastructure.jauges import enregistrer

        enregistrer()
