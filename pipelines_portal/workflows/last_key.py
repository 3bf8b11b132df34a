"""Which organization key a person used last: pages of no key show its workflows."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from pipelines_portal.web.rendering import htmx_of


class LastKeyMiddleware:
    """Remembers the key of each page that was shown. One that the person may not see is a 404, and not remembered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        key_id = request.resolver_match.kwargs.get("key_id") if request.resolver_match else None
        if key_id and response.status_code == 200 and not htmx_of(request) and request.user.is_authenticated:
            self._remember(request, key_id)
        return response

    def _remember(self, request: HttpRequest, key_id: int) -> None:
        if request.session.get("last_key") != key_id:
            request.session["last_key"] = key_id
