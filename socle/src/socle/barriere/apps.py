from django.apps import AppConfig


class BarriereConfig(AppConfig):
    """Table of the participant barrier."""

    name = "socle.barriere"
    label = "socle_barriere"
