"""When a key ends. The API tells nobody, so its owner says; the portal reminds of it."""

from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from pipelines_portal.keys.models import Expiry, SavedKey

# How many days before the end people are reminded.
STEPS = (14, 7, 1, 0)


def end_of(expiry: str, made_on: date | None) -> datetime | None:
    """The API counts from when the key was made; here from today, unless someone says better."""
    if expiry in (Expiry.UNKNOWN, Expiry.NEVER):
        return None
    start = datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC) if made_on else timezone.now()
    return start + timedelta(days=int(expiry))


def days_left(key: SavedKey, now: datetime | None = None) -> int | None:
    """Whole days; 0 on the last one, less when it is over, None where nobody said."""
    return None if key.expires_at is None else (key.expires_at - (now or timezone.now())).days


def step_of(days: int | None) -> int | None:
    """The reminder that is due with so many days left: the smallest that covers them."""
    return None if days is None else min((step for step in STEPS if days <= step), default=None)


def soonest_end() -> datetime:
    """Keys that end before are to be reminded of."""
    return timezone.now() + timedelta(days=max(STEPS) + 1)
