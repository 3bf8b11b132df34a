"""Answers watchers before anything else looks at their requests.

They come by any host name or address, in the clear, without a session; none of that is looked at, and nothing is kept.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from . import pages

View = Callable[[HttpRequest], HttpResponse]
PAGES: dict[str, View] = {"/health": pages.health, "/ready": pages.ready, "/metrics": pages.metrics}


class ProbesMiddleware:
    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        page = PAGES.get(request.path)
        return answer(page, request) if page else self.get_response(request)


def answer(page: View, request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    response = page(request)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Length"] = str(len(response.content))
    return response
