"""Three buckets: per key, per address without a key, and per address for failed authentication."""

import math
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from limits import RateLimitItem

from pipelines_portal.core.http.client_address import client_address
from pipelines_portal.core.metrics.counted import CALLERS_HELD
from pipelines_portal.external_api.http.errors import too_many_requests
from pipelines_portal.external_api.http.middleware import API_PREFIX
from pipelines_portal.external_api.organizations.counters import counters
from pipelines_portal.external_api.organizations.presented_keys import authenticating_key, presents_a_dead_key

View = Callable[[HttpRequest], HttpResponse]
OPEN_PATHS = {f"{API_PREFIX}{name}" for name in ("health", "docs", "redoc", "openapi.json")}
KEY_FAILURE = "auth-failure"
# Redis returns moments rounded to a tenth of a millisecond.
ROUNDING = 0.0001


class RateLimitMiddleware:
    """429 for whoever has used up a bucket, before anything else is looked at."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response
        # Now, and not by the first requests: of several at once, all but one would find the library half loaded.
        counters()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wait = seconds_to_wait(request) if request.path.startswith(API_PREFIX) else 0
        if not wait:
            return self.get_response(request)
        CALLERS_HELD.labels("key" if authenticating_key(request) else "address").inc()
        return too_many_requests(wait)


def seconds_to_wait(request: HttpRequest) -> int:
    """Count this request; 0 when it may go on, else for how many seconds it must not come again.

    A live key pays for its requests and is never shut out; all else is counted by address.
    """
    key = authenticating_key(request)
    if key is None:
        return _shut_out(request) or _spend(settings.EXTERNAL_API_IP_LIMIT, "address", client_address(request))
    if presents_a_dead_key(request):
        count_key_failure(request)
    return _spend(settings.EXTERNAL_API_KEY_LIMIT, "key", key.sha256)


def _shut_out(request: HttpRequest) -> int:
    """For how many seconds this address must not try keys, after too many that were not live."""
    if request.path in OPEN_PATHS:
        return 0
    bucket = (KEY_FAILURE, client_address(request))
    limit = settings.EXTERNAL_API_AUTH_FAILURE_LIMIT
    return 0 if counters().count(lambda limiter: limiter.test(limit, *bucket)) else _wait(limit, *bucket)


def count_key_failure(request: HttpRequest) -> None:
    """A key was no live key, or missing."""
    limit, bucket = settings.EXTERNAL_API_AUTH_FAILURE_LIMIT, (KEY_FAILURE, client_address(request))
    counters().count(lambda limiter: limiter.hit(limit, *bucket))


def _spend(limit: RateLimitItem, *bucket: str) -> int:
    return 0 if counters().count(lambda limiter: limiter.hit(limit, *bucket)) else _wait(limit, *bucket)


def _wait(limit: RateLimitItem, *bucket: str) -> int:
    """Until the oldest hit leaves the window, and with it the bucket has room again."""
    reset_at = counters().count(lambda limiter: limiter.get_window_stats(limit, *bucket)).reset_time
    wait = math.ceil(reset_at - time.time() + ROUNDING)
    return max(1, min(wait, limit.get_expiry()))


def counters_answer() -> bool:
    """Whether the storage of the counters can be asked."""
    return counters().answer()
