from socle.django.apps import ServiceConfig


class SagaOrchestratorConfig(ServiceConfig):
    """The orchestrated checkout: one durable saga over inventaire, catalogue and commandes."""

    name = "saga_orchestrator"
    label = "saga_orchestrator"
    verbose_name = "Orchestrateur de sagas"

    def ready(self) -> None:
        from saga_orchestrator.infrastructure import metriques
        from saga_orchestrator.settings import CONFIG

        super().ready()
        metriques.enregistrer_jauges(CONFIG.saga_timeout + CONFIG.saga_attente_s)
