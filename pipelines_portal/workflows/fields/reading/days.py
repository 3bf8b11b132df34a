"""The days that people mean with a text such as "today", "7d" or "2026-11-01..2026-11-27"."""

import re
from datetime import date, time, timedelta

from django.utils import timezone

from pipelines_portal.workflows.fields.reading.times import NOW, reading

# What a condition on days is offered.
DAYS = ("today", "yesterday", "7d", "30d", "monday")
DAY_EXAMPLES = "Use today, monday, 27.11.2026 or 2026-11-01..2026-11-27."
_LAST_DAYS = re.compile(r"(\d{1,4})\s?(?:d|days?)", re.IGNORECASE)


def days_in(text: str) -> tuple[date, date] | None:
    """Return the first and the last day that the text means, or None if it means none. "7d" are today and 6 before."""
    if found := last_days(text):
        today = timezone.localdate()
        return today - timedelta(days=found - 1), today
    # German days may end with a dot: 1.11...27.11.
    first, *last = re.split(r"\.\.(?!\.)", text, maxsplit=1)
    days = _day_in(first), _day_in((last or [""])[0] or first)
    return (days[0], days[1]) if days[0] and days[1] and days[0] <= days[1] else None


def last_days(text: str) -> int:
    """Return how many days "7d" or "7 days" means, or 0."""
    found = _LAST_DAYS.fullmatch(text.strip())
    return int(found[1]) if found else 0


def _day_in(text: str) -> date | None:
    at = reading(text, timezone.localtime().replace(tzinfo=None))
    return at.date() if at and at.time() == time() and text.lower() not in NOW else None
