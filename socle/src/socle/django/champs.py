"""Serializer fields that take the documented JSON type and nothing else (DRF's own coerce `"5"`, `5.0`, `true`)."""

import re
from decimal import Decimal
from typing import Any

from rest_framework import serializers


class EntierStrict(serializers.IntegerField):
    """A JSON integer: no text, no decimal point, no boolean."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            raise serializers.ValidationError("Un nombre entier est attendu.")
        return super().to_internal_value(data)


class MontantStrict(serializers.DecimalField):
    """A JSON number with two decimals at most, as an exact `Decimal`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 10, "decimal_places": 2, **kwargs})

    def to_internal_value(self, data: Any) -> Decimal:
        if type(data) not in (int, Decimal):
            raise serializers.ValidationError("Un nombre est attendu.")
        return super().to_internal_value(data)


class TexteStrict(serializers.CharField):
    """A JSON string without control characters (line feeds allowed with `multiligne`), trimmed."""

    _interdits = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

    def __init__(self, *, multiligne: bool = False, **kwargs: Any) -> None:
        self._multiligne = multiligne
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if type(data) is not str:
            raise serializers.ValidationError("Un texte est attendu.")
        texte: str = super().to_internal_value(data)
        if self._interdits.search(texte) or (not self._multiligne and ("\n" in texte or "\r" in texte)):
            raise serializers.ValidationError("Ce texte contient un caractère interdit.")
        return texte


class BooleenStrict(serializers.BooleanField):
    """JSON `true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        if type(data) is not bool:
            raise serializers.ValidationError("true ou false est attendu.")
        return data


class IdentifiantStrict(serializers.UUIDField):
    """A UUID as text, in its canonical form with hyphens."""

    _forme = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

    def to_internal_value(self, data: Any) -> Any:
        if type(data) is not str or not self._forme.fullmatch(data):
            raise serializers.ValidationError("Un identifiant UUID est attendu.")
        return super().to_internal_value(data)
