"""Rules for repeating failed calls. `client.py` does the waiting."""

import random
from dataclasses import dataclass
from enum import Enum

from pipelines_portal.api_client.errors import (
    ApiError,
    ConnectionFailed,
    KeyNotReceived,
    PipelinesError,
    RateLimited,
    ServerError,
    ServiceUnavailable,
)

TRIES = 3
FIRST_DELAY = 0.5


class Repeat(Enum):
    """The effect of a call, which decides whether it may be repeated."""

    READ = "read"  # GET: always safe
    CREATE = "create"  # POST tasks, POST upload: not if it may have been processed
    CONFIRM = "confirm"  # POST confirm: the API accepts only one


@dataclass(frozen=True)
class RetryPolicy:
    """Limits of retries in seconds: the longest Retry-After to wait for, and the time after which no try begins."""

    longest_wait: float
    budget: float


IN_A_PAGE = RetryPolicy(longest_wait=2, budget=8)
NOT_AGAIN = RetryPolicy(longest_wait=-1, budget=-1)


def delay_before_retry(repeat: Repeat, error: PipelinesError, tries: int, policy: RetryPolicy) -> float | None:
    """Return the seconds to wait before the next try, or None to give up after `tries` tries."""
    if isinstance(error, RateLimited):
        return _requested_wait(error, tries, policy)
    if tries >= TRIES or not may_repeat(repeat, error):
        return None
    return float(FIRST_DELAY * 2 ** (tries - 1) * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret


def may_repeat(repeat: Repeat, error: PipelinesError) -> bool:
    if isinstance(error, KeyNotReceived):  # the API counts these against our address
        return False
    if isinstance(error, ConnectionFailed):
        return repeat is not Repeat.CREATE or not error.maybe_processed
    if isinstance(error, ServiceUnavailable):
        return repeat is not Repeat.CREATE or not error.maybe_processed
    return repeat is Repeat.READ and isinstance(error, ServerError) and error.status in (502, 504)


def _requested_wait(error: ApiError, tries: int, policy: RetryPolicy) -> float | None:
    wait = error.retry_after if error.retry_after is not None else FIRST_DELAY * 2
    return float(wait) if tries < TRIES and wait <= policy.longest_wait else None
