"""Base of the services' admin pages: they show, and change only through actions that call a use case."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest


class AdminLecture(ModelAdmin):
    """A table to look at. Writing rows by hand would go round the domain's rules and the barriers."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
