from django.apps import AppConfig


class SagaConfig(AppConfig):
    """Brings the `reprise` command; the tables are the service's own models."""

    name = "socle.saga"
    label = "socle_saga"
