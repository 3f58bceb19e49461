from django.apps import AppConfig


class EvenementsConfig(AppConfig):
    """Outbox, inbox, checkpoint and dead-letter tables, for a Django service."""

    name = "socle.evenements"
    label = "socle_evenements"
