"""Strict JSON in, exact JSON out, for Django REST framework."""

from collections.abc import Mapping, Sequence
from typing import IO, Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from socle import jsons


class LectureJson(BaseParser):
    """`socle.jsons.lire` as a DRF parser: raises `JsonRefuse`, answered as a 400 by the one handler."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        # Not `stream.read()`: only `body` knows the limit of a request's size.
        return jsons.lire(parser_context["request"].body if parser_context else stream.read())


class RenduJson(BaseRenderer):
    """`socle.jsons.ecrire` as a DRF renderer: Decimal as a JSON number, UTF-8, compact."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else jsons.ecrire(data)


class ToujoursJson(BaseContentNegotiation):
    """JSON whatever `Accept` and `Content-Type` say: the documented answer or a 400, never a 406 or 415."""

    def select_parser(self, request: Any, parsers: Sequence[BaseParser]) -> BaseParser:
        return parsers[0]

    def select_renderer(
        self, request: Any, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type
