"""A background process that only lives."""

import signal

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Runs until SIGTERM."""

    def handle(self, *args: object, **options: object) -> None:
        signal.sigwait({signal.SIGTERM})
