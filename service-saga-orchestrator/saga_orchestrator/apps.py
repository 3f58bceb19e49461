from socle.django.apps import ServiceConfig


class SagaOrchestratorConfig(ServiceConfig):
    """The orchestrated checkout: one durable saga over inventaire, catalogue and commandes."""

    name = "saga_orchestrator"
    label = "saga_orchestrator"
    verbose_name = "Orchestrateur de sagas"

    def ready(self) -> None:
        from saga_orchestrator.infrastructure import metriques

        super().ready()
        metriques.enregistrer_jauges()
