"""Path converter for identifiers: `<identifiant:…>`, a UUID in either case, 404 for anything else."""

import uuid

from django.urls.converters import REGISTERED_CONVERTERS, register_converter


class ConvertisseurUuid:
    """A canonical UUID, upper or lower case (Django's own takes lower case only)."""

    regex = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> uuid.UUID:
        return uuid.UUID(value)

    def to_url(self, value: uuid.UUID) -> str:
        return str(value)


def enregistrer() -> None:
    """Make `<identifiant:…>` usable in URL patterns. Idempotent."""
    if "identifiant" not in REGISTERED_CONVERTERS:
        register_converter(ConvertisseurUuid, "identifiant")


enregistrer()
