"""Metrics in Prometheus' text format: counts of all processes of a program, and what its database holds now."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils import timezone
from django.utils.module_loading import import_string
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

ROWS_SENT = Counter("pipelines_rows_sent", "Rows sent to the API: created, rejected or unconfirmed.", ["outcome"])
UPLOADS_ENDED = Counter("pipelines_uploads_ended", "Finished ZIP uploads, by their last status.", ["end"])
CALLERS_HELD = Counter("pipelines_callers_held", "Requests answered with 429, by key or address.", ["caller"])
REQUESTS = Counter("pipelines_requests", "Requests, by view, method and class of status.", ["view", "method", "status"])
# Alerts use these bounds; a value between two of them is not known.
BUCKETS = (0.05, 0.1, 0.25, 1, 2, 5)
SECONDS = Histogram(
    "pipelines_request_seconds", "Seconds from a request to the start of its response.", ["view", "method"],
    buckets=BUCKETS,
)  # fmt: skip
# Requests without a view: static files and unknown addresses.
UNMATCHED = "unmatched"
METHODS = ("GET", "HEAD", "POST", "PUT")
LONGEST_PATH = 254
# If more rows wait, an exact count would not matter.
MOST_COUNTED = 1000
Waiting = QuerySet[Any, Any]
request_logger = logging.getLogger("pipelines_portal.requests")
logger = logging.getLogger(__name__)


def view_name(request: HttpRequest, match: ResolverMatch) -> str:
    """Return the name by which requests are counted. A setting can name another function."""
    return match.view_name


class MetricsMiddleware:
    """Counts every request by its view, never by its address. It is outermost, so that refused requests count too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._writes_lines = settings.LOG_FORMAT == "json"
        self._view_name: Callable[[HttpRequest, ResolverMatch], str] = import_string(settings.METRICS_VIEW_NAME)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        view = self._view_name(request, request.resolver_match) if request.resolver_match else UNMATCHED
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, f"{response.status_code // 100}xx").inc()
        SECONDS.labels(view, method).observe(seconds)
        if self._writes_lines:
            _write_line(request, response, view, seconds)
        return response


def _write_line(request: HttpRequest, response: HttpResponse, view: str, seconds: float) -> None:
    """Log the request without its query and without an email. The user is logged only if the view loaded it."""
    person = getattr(request, "_cached_user", None)
    facts = {"view": view, "status": response.status_code, "seconds": round(seconds, 4)}
    if person is not None and person.pk is not None:
        facts["user"] = person.pk
    request_logger.info("%s %s", request.method, request.path[:LONGEST_PATH], extra=facts)


def render_metrics(checks: Mapping[str, str]) -> bytes:
    """Render all metrics. `checks` has OK or what is wrong for each check."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_DatabaseMetrics(checks))
    return generate_latest(registry)


class _DatabaseMetrics(Collector):
    """Queue lengths and other values that the database holds now. Without a database, only the states of the checks."""

    def __init__(self, checks: Mapping[str, str]) -> None:
        self._checks = checks

    def collect(self) -> Iterator[Metric]:
        states = GaugeMetricFamily("pipelines_check_ok", "1 if a check of /ready is ok, else 0.", labels=["check"])
        for name, state in self._checks.items():
            states.add_metric([name], state == "ok")
        yield states
        if self._checks.get("database") != "ok":
            return
        for path in settings.METRICS_SOURCES:
            try:
                yield from list(import_string(path)())
            except Exception:
                logger.exception("The metrics of %s could not be read", path)


def queue_metrics(queues: Iterable[tuple[str, Waiting]]) -> Iterator[Metric]:
    """Yield length and age of each queue. A queue lists when its items started to wait, the oldest first."""
    waiting = GaugeMetricFamily("pipelines_queue_waiting", "Waiting jobs, counted up to 1,000.", labels=["queue"])
    oldest = GaugeMetricFamily("pipelines_queue_oldest_seconds", "Age of the oldest job in seconds.", labels=["queue"])
    for name, queue in queues:
        since = list(queue[:MOST_COUNTED])
        waiting.add_metric([name], len(since))
        oldest.add_metric([name], seconds_since(since[0]) if since else 0)
    yield from (waiting, oldest)


def seconds_since(start: datetime) -> float:
    return max((timezone.now() - start).total_seconds(), 0)
