from socle.django.apps import ServiceConfig


class ConsoleConfig(ServiceConfig):
    """The saga console: every saga of both styles, and what an operator may do about one."""

    name = "console"
    label = "console"
    verbose_name = "Console des sagas"
