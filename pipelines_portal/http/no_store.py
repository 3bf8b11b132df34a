"""What people see who are signed in is kept by no cache: no proxy's, and no browser's for whoever comes next."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

View = Callable[[HttpRequest], HttpResponse]


class NoStoreMiddleware:
    """`no-store` on every answer to a session, and on the one that begins it."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        name = settings.SESSION_COOKIE_NAME
        if name in request.COOKIES or name in response.cookies:
            add_never_cache_headers(response)
        return response
