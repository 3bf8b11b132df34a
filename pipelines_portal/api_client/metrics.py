"""Metrics of the calls to the API."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import Counter, Gauge, Histogram

from pipelines_portal.api_client.errors import (
    ApiError,
    ConnectionFailed,
    Held,
    NotSent,
    PipelinesError,
    RateLimited,
    UnexpectedResponse,
)

CALLS = Counter(
    "pipelines_upstream_calls",
    "Calls to the API and their retries: ok, refused, rate_limited, failed, timed_out, unreachable, invalid_response, "
    "or circuit_open if it was not called.",
    ["call", "outcome"],
)
SECONDS = Histogram(
    "pipelines_upstream_seconds", "Seconds that a call took.", ["call"], buckets=(0.05, 0.1, 0.25, 1, 5, 10)
)
GATE_WAITS = Counter("pipelines_gate_waits", "Calls that the rate limiter of their API key delayed.", ["call"])
GATE_SECONDS = Counter("pipelines_gate_wait_seconds", "Seconds by which these calls were delayed.", ["call"])
CLOCK_OFFSET = Gauge(
    "pipelines_clock_offset_seconds",
    "Seconds by which the clock of Pipelines is ahead of this server’s, by the Date of its last response.",
    multiprocess_mode="mostrecent",
)
_IDS = re.compile(r"/(\d+|[0-9a-f]{8}-[0-9a-f-]{27})(?=/|$)")


def kind_of(method: str, path: str) -> str:
    """Return the label of an endpoint, without IDs."""
    return f"{method} {_IDS.sub('/:id', path)}"


@contextmanager
def counted(call: str) -> Iterator[None]:
    """Count and time one try during the block."""
    began, outcome = perf_counter(), "ok"
    try:
        yield
    except PipelinesError as error:
        outcome = outcome_of(error)
        raise
    finally:
        CALLS.labels(call, outcome).inc()
        if outcome != "circuit_open":
            SECONDS.labels(call).observe(perf_counter() - began)


def count_wait(call: str, error: PipelinesError) -> None:
    if isinstance(error, Held):
        GATE_WAITS.labels(call).inc()
        GATE_SECONDS.labels(call).inc(error.retry_after or 0)


def outcome_of(error: PipelinesError) -> str:
    if isinstance(error, ConnectionFailed):
        return "timed_out" if error.timed_out else "unreachable"
    if isinstance(error, RateLimited):
        return "rate_limited"
    if isinstance(error, ApiError):
        return "refused" if error.status < 500 else "failed"
    return {NotSent: "circuit_open", UnexpectedResponse: "invalid_response"}.get(type(error), "failed")
