"""Time zones, and times in words by the clock of the current request.

The words are plain strings: localized numbers make templates collapse under threads.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

# Written by static/js/every-page/times.js: what the browser says of where it is.
COOKIE = "zone"
UTC_NAME = "UTC"


@cache
def zones() -> frozenset[str]:
    """Names of places, such as "Europe/Vienna", and "UTC"."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))}
    return frozenset(places | {UTC_NAME})


def zone_named(name: str) -> tzinfo | None:
    """None where it is no zone's name, whoever sent it."""
    if name == UTC_NAME:
        return UTC
    return ZoneInfo(name) if name in zones() else None


@cache
def zone_choices() -> list[tuple[str, str]]:
    """For a select: UTC, then places by name."""
    return [(UTC_NAME, UTC_NAME), *((name, name.replace("_", " ")) for name in sorted(zones() - {UTC_NAME}))]


def place(zone: tzinfo) -> str:
    """As people say it: "Europe/Vienna" → "Vienna"."""
    return name_of(zone).rpartition("/")[2].replace("_", " ")


def name_of(zone: tzinfo) -> str:
    return getattr(zone, "key", UTC_NAME)


def current_place() -> str:
    """Where the clock of the present request hangs."""
    return place(timezone.get_current_timezone())


def local(moment: datetime) -> datetime:
    """The same moment, by the clock of the present request."""
    return moment.astimezone(timezone.get_current_timezone())


MINUTE, HOUR, DAY = 60, 3600, 86400


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


def duration(seconds: float) -> str:
    """Return a span of time with one or two units: "42 s", "12 min", "1 h 52 min", "46 h", "5 d 3 h"."""
    whole = int(seconds)
    if whole < MINUTE:
        return f"{max(whole, 0)} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < 10 * HOUR:
        return _two_units(whole // HOUR, "h", whole % HOUR // MINUTE, "min")
    if whole < 3 * DAY:
        return f"{whole // HOUR} h"
    return _two_units(whole // DAY, "d", whole % DAY // HOUR, "h") if whole < 30 * DAY else f"{whole // DAY:,} d"


def _two_units(large: int, unit: str, small: int, smaller_unit: str) -> str:
    return f"{large} {unit} {small} {smaller_unit}" if small else f"{large} {unit}"
