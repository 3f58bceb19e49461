"""Sessions, authentication, messages and CSRF for `/admin/` alone; API requests do not pay for them."""

from collections.abc import Callable

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware

Suite = Callable[[HttpRequest], HttpResponse]


class AdminMiddleware:
    """Route `/admin/` through the session chain, everything else straight on."""

    def __init__(self, get_response: Suite) -> None:
        self._api = get_response
        self._csrf = CsrfViewMiddleware(get_response)
        self._admin: Suite = SessionMiddleware(
            CsrfViewMiddleware(AuthenticationMiddleware(MessageMiddleware(XFrameOptionsMiddleware(get_response))))
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._admin(request) if request.path_info.startswith("/admin/") else self._api(request)

    def process_view(self, request: HttpRequest, vue: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        """CSRF decides once the view is known."""
        if request.path_info.startswith("/admin/"):
            return self._csrf.process_view(request, vue, args, kwargs)
        return None
