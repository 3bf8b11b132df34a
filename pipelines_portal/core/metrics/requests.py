"""Counts every request: by the view that answered, never by its address, so that strangers make no figures."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils.module_loading import import_string
from prometheus_client import Counter, Histogram

REQUESTS = Counter("pipelines_requests", "Requests by view and class of status.", ["view", "method", "status"])
# One of them is what alerts ask for: what is in between is not known.
BUCKETS = (0.05, 0.1, 0.25, 1, 2, 5)
SECONDS = Histogram(
    "pipelines_request_seconds", "From a request's coming to its answer's beginning.", ["view", "method"],
    buckets=BUCKETS,
)  # fmt: skip
# What no view answered: static files, and addresses that there are not.
UNMATCHED = "unmatched"
METHODS = ("GET", "HEAD", "POST", "PUT")
LONGEST_PATH = 254
logger = logging.getLogger("pipelines_portal.requests")


def view_name(request: HttpRequest, match: ResolverMatch) -> str:
    """Where a view is all that answers at an address."""
    return match.view_name


class FiguresMiddleware:
    """Outside of all that may refuse a request: what was refused is counted too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._writes_lines = settings.LOG_FORMAT == "json"
        self._name_of: Callable[[HttpRequest, ResolverMatch], str] = import_string(settings.FIGURES_VIEW_NAME)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        view = self._name_of(request, request.resolver_match) if request.resolver_match else UNMATCHED
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, f"{response.status_code // 100}xx").inc()
        SECONDS.labels(view, method).observe(seconds)
        if self._writes_lines:
            _write_line(request, response, view, seconds)
        return response


def _write_line(request: HttpRequest, response: HttpResponse, view: str, seconds: float) -> None:
    """Without what is behind a question mark, and without an email. Of who was not asked for, nothing is said."""
    person = getattr(request, "_cached_user", None)
    facts = {"view": view, "status": response.status_code, "seconds": round(seconds, 4)}
    if person is not None and person.pk is not None:
        facts["user"] = person.pk
    logger.info("%s %s", request.method, request.path[:LONGEST_PATH], extra=facts)
