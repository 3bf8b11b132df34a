"""Times in words, by the clock around the request.

Plain strings: localized numbers make templates collapse under threads.
"""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from pipelines_portal.core.clocks import local, place

MINUTE, HOUR = 60, 3600


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`, within an hour; past it, day and hour: "12 s ago", "3 min ago", "Today 11:02"."""
    seconds = (now - moment).total_seconds()
    if not is_recent(moment, now):
        return day_and_hour(moment, now)
    if seconds < 5:
        return "just now"
    return f"{int(seconds)} s ago" if seconds < MINUTE else f"{int(seconds // MINUTE)} min ago"


def is_recent(moment: datetime, now: datetime) -> bool:
    """Whether it is told by how long ago. A clock that runs a minute ahead of ours is no reason to name a day."""
    return -MINUTE < (now - moment).total_seconds() < HOUR


def day_and_hour(moment: datetime, now: datetime) -> str:
    """ "Today 11:02", "Yesterday 17:20", "Nov 3, 09:15", "Nov 3, 2024, 09:15"."""
    there = local(moment)
    word = day(moment, now)
    return f"{word} {there:%H:%M}" if word in ("Today", "Yesterday") else f"{word}, {there:%H:%M}"


def day(moment: datetime, now: datetime) -> str:
    """ "Today", "Yesterday", "Nov 3", "Nov 3, 2024"."""
    there, here = local(moment), local(now)
    days = (here.date() - there.date()) // timedelta(days=1)
    if days in (0, 1):
        return ("Today", "Yesterday")[days]
    return f"{there:%b} {there.day}" if there.year == here.year else f"{there:%b} {there.day}, {there.year}"


def clock(moment: datetime) -> str:
    """The hour alone: "14:05"."""
    return f"{local(moment):%H:%M}"


def exact(moment: datetime) -> str:
    """For a title: by the person's clock, and in UTC beside it."""
    universal = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    zone = timezone.get_current_timezone()
    there = place(zone)
    return universal if there == "UTC" else f"{local(moment):%Y-%m-%d %H:%M:%S} in {there}, {universal}"


def machine(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
