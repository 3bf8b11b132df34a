"""How long a pause still lasts."""

from datetime import datetime, timedelta

from pipelines_portal.api_client.bounds import LONGEST_RETRY_AFTER

# For so long after a pause only sending goes on, when there was something to send.
SENDING_FIRST = timedelta(seconds=5)
# Who was kept from sending comes back within this, or not at all.
COMES_BACK = timedelta(seconds=30)
LONGEST = timedelta(seconds=LONGEST_RETRY_AFTER) + COMES_BACK
NONE = timedelta()


def time_left(until: datetime | None, now: datetime) -> timedelta:
    """None of it for what is over, and for what no pause lasts: it was noted before the clock was set back."""
    left = NONE if until is None else until - now
    return left if NONE < left <= LONGEST else NONE
