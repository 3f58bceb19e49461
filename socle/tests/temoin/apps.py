from socle.django.apps import ServiceConfig


class TemoinConfig(ServiceConfig):
    """The smallest service on the plumbing: one counter table, used by the tests of socle."""

    name = "tests.temoin"
    label = "temoin"
