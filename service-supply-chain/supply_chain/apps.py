from socle.django.apps import ServiceConfig


class SupplyChainConfig(ServiceConfig):
    """Replenishment requests and the workflows that validate them."""

    name = "supply_chain"
    label = "supply_chain"
    verbose_name = "Supply chain"

    def ready(self) -> None:
        from supply_chain.infrastructure import metriques
        from supply_chain.settings import CONFIG

        super().ready()
        metriques.enregistrer_jauges(CONFIG.saga_timeout + CONFIG.saga_attente_s)
