"""Middleware that serves the guide before sessions are read, so that it works without the database."""

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

from pipelines_portal.guide.pages import files_known

View = Callable[[HttpRequest], HttpResponse]


class GuideMiddleware:
    """Serves the guide's pages. Unknown addresses below /help/ continue to the portal's own 404."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in _pages():
            return self.get_response(request)
        request.resolver_match = match = resolve(request.path_info)
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer


@cache
def _pages() -> frozenset[str]:
    return frozenset(["/help/search/", *(f"/help/{where}/" if where else "/help/" for where in files_known())])
