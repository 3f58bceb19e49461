from django.apps import AppConfig


class IdempotenceConfig(AppConfig):
    """Table of remembered answers."""

    name = "socle.idempotence"
    label = "socle_idempotence"
