"""The expiry of keys. The API does not tell when a key expires, so its owner says it, and the portal reminds people."""

from datetime import UTC, date, datetime, timedelta

from django.db import models
from django.utils import timezone

# People are reminded this many days before a key expires.
REMINDER_DAYS = (14, 7, 1, 0)


class Expiry(models.TextChoices):
    """The lifetimes that the API offers for a new key."""

    UNKNOWN = "", "Not known"
    NEVER = "never", "No expiry"
    DAYS_30 = "30", "30 days"
    DAYS_90 = "90", "90 days"
    YEAR = "365", "1 year"


def expiry_date(expiry: str, made_on: date | None = None) -> datetime | None:
    """Return when a key with this lifetime expires, counted from `made_on` or from now."""
    if expiry in (Expiry.UNKNOWN, Expiry.NEVER):
        return None
    start = datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC) if made_on else timezone.now()
    return start + timedelta(days=int(expiry))


def due_reminder(days_left: int | None) -> int | None:
    """Return the reminder that is due, as one of REMINDER_DAYS, or None if none is due yet."""
    if days_left is None:
        return None
    return min((reminder for reminder in REMINDER_DAYS if days_left <= reminder), default=None)


def first_reminder_limit() -> datetime:
    """Return the time before which a key must expire for a reminder to be due now."""
    return timezone.now() + timedelta(days=max(REMINDER_DAYS) + 1)


def in_days(days: int) -> str:
    """Return the number of days in words, such as "tomorrow"."""
    if days == 0:
        return "today"
    return "tomorrow" if days == 1 else f"in {days} days"
