"""When a failed call may be tried again, and after how long. Pure rules; `client.py` does the waiting."""

import random
from dataclasses import dataclass
from enum import Enum

from pipelines_portal.api_client.errors import (
    ApiError,
    ConnectionFailed,
    PipelinesError,
    RateLimited,
    ServerError,
    ServiceUnavailable,
)

TRIES = 3
FIRST_DELAY = 0.5


class Repeat(Enum):
    """What a call does to the API, which decides what may be repeated."""

    READ = "read"  # GET: always safe
    CREATE = "create"  # POST tasks, POST upload: never once it may have been acted on
    CONFIRM = "confirm"  # POST confirm: the API itself lets only one through


@dataclass(frozen=True)
class RetryPolicy:
    """`longest_wait`: the longest Retry-After obeyed, in seconds. `budget`: no new try after so many seconds."""

    longest_wait: float
    budget: float


IN_A_PAGE = RetryPolicy(longest_wait=2, budget=8)
NOT_AGAIN = RetryPolicy(longest_wait=-1, budget=-1)


def delay_before_retry(repeat: Repeat, error: PipelinesError, tries: int, policy: RetryPolicy) -> float | None:
    """Seconds to wait before the next try, or None to give up. `tries` have been made."""
    if isinstance(error, RateLimited):
        return _wait_as_told(error, tries, policy)
    if tries >= TRIES or not may_repeat(repeat, error):
        return None
    return float(FIRST_DELAY * 2 ** (tries - 1) * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret


def may_repeat(repeat: Repeat, error: PipelinesError) -> bool:
    if isinstance(error, ConnectionFailed):
        return repeat is not Repeat.CREATE or not error.maybe_processed
    if isinstance(error, ServiceUnavailable):
        return repeat is not Repeat.CREATE or not error.maybe_processed
    return repeat is Repeat.READ and isinstance(error, ServerError) and error.status in (502, 504)


def _wait_as_told(error: ApiError, tries: int, policy: RetryPolicy) -> float | None:
    wait = error.retry_after if error.retry_after is not None else FIRST_DELAY * 2
    return float(wait) if tries < TRIES and wait <= policy.longest_wait else None
