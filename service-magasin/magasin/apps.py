from socle.django.apps import ServiceConfig


class MagasinConfig(ServiceConfig):
    """The stores' web pages, the shop, sign-in and roles."""

    name = "magasin"
    label = "magasin"
    verbose_name = "Magasin"
