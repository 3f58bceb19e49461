"""The platform's middleware, for a program whose answers are pages."""

from django.http import HttpRequest, HttpResponse

from magasin.interfaces import erreurs
from socle.django.middleware import SocleMiddleware

_JSON = ("/health/", "/metrics", "/labo/")
_POLITIQUE = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Nothing comes from another host, and no script or style stands in a page."""


class PagesMiddleware(SocleMiddleware):
    """Errors are pages, except on the routes that programs read."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reponse = super().__call__(request)
        reponse.setdefault("Content-Security-Policy", _POLITIQUE)
        return reponse

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if super().rend_une_page(request):
            return None
        return (
            erreurs.de(request, exception)
            if self.rend_une_page(request)
            else super().process_exception(request, exception)
        )

    def rend_une_page(self, request: HttpRequest) -> bool:
        return not request.path_info.startswith(_JSON)
