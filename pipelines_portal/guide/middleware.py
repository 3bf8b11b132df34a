"""The guide is answered before anything looks at who asks: it is there too when the database is not."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

from .pages import files_known

View = Callable[[HttpRequest], HttpResponse]
BEGINNING = "/help/"


class GuideMiddleware:
    """Answers the guide's pages; an address below them that is none goes on, to the portal's own 404."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not (path.startswith(BEGINNING) and path.endswith("/") and _is_page(path)):
            return self.get_response(request)
        request.resolver_match = match = resolve(path)
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer


def _is_page(path: str) -> bool:
    return path.removeprefix(BEGINNING).rstrip("/") in files_known()
