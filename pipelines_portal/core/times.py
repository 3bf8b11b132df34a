"""Time zones, and times in words by the clock of the current request.

The words are plain strings: localized numbers make templates collapse under threads.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

# The time zone of the browser, written by static/js/every-page/times.js.
COOKIE = "zone"
UTC_NAME = "UTC"


@cache
def zones() -> frozenset[str]:
    """Return the names of time zones that people can choose, such as "Europe/Vienna", and "UTC"."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))}
    return frozenset(places | {UTC_NAME})


def zone_named(name: str) -> tzinfo | None:
    """Return the time zone, or None for an unknown name."""
    if name == UTC_NAME:
        return UTC
    return ZoneInfo(name) if name in zones() else None


@cache
def zone_choices() -> list[tuple[str, str]]:
    """Return the choices of a select: UTC, then the zones by name."""
    return [(UTC_NAME, UTC_NAME), *((name, name.replace("_", " ")) for name in sorted(zones() - {UTC_NAME}))]


def have_same_clock(one: tzinfo, other: tzinfo) -> bool:
    """Return whether clocks in both zones read the same now and half a year ago."""
    now = timezone.now()
    at_both = (now, now - timedelta(days=182))
    return all(at.astimezone(one).utcoffset() == at.astimezone(other).utcoffset() for at in at_both)


def place(zone: tzinfo) -> str:
    """Return the city of a zone: "Europe/Vienna" → "Vienna"."""
    return name_of(zone).rpartition("/")[2].replace("_", " ")


def name_of(zone: tzinfo) -> str:
    return getattr(zone, "key", UTC_NAME)


def current_place() -> str:
    """Return the city of the current time zone."""
    return place(timezone.get_current_timezone())


def local(at: datetime) -> datetime:
    """Return the time in the current time zone, or in its own near the first or last day that Python knows."""
    try:
        return at.astimezone(timezone.get_current_timezone())
    except OverflowError:
        return at


def wall_clock(at: datetime, zone: tzinfo) -> datetime:
    """Return what a clock in the zone shows at a time: a time without a zone, to the second."""
    try:
        at = at.astimezone(zone)
    except OverflowError:  # near the first or last day that Python knows
        pass
    return at.replace(tzinfo=None, microsecond=0)


def in_zone(title: str) -> str:
    """Return the heading of a column of times, with the current time zone: "Sent (Europe/Vienna)"."""
    return f"{title} ({name_of(timezone.get_current_timezone())})"


MINUTE, HOUR, DAY = 60, 3600, 86400


def ago(at: datetime, now: datetime) -> str:
    """Return the age within the last hour, else the time: "12 s ago", "3 min ago", "11:02"."""
    seconds = (now - at).total_seconds()
    if not is_recent(at, now):
        return short(at, now)
    if seconds < 5:
        return "just now"
    return f"{int(seconds)} s ago" if seconds < MINUTE else f"{int(seconds // MINUTE)} min ago"


def is_recent(at: datetime, now: datetime) -> bool:
    """Return True within an hour before `now`. A clock that is up to a minute ahead of ours counts as now."""
    return -MINUTE < (now - at).total_seconds() < HOUR


def day(at: datetime, now: datetime) -> str:
    """Return "Today", "Yesterday", "3 Nov", or "3 Nov 2024"."""
    days = (local(now).date() - local(at).date()) // timedelta(days=1)
    return ("Today", "Yesterday")[days] if days in (0, 1) else short_day(at, now)


def short(at: datetime, now: datetime) -> str:
    """Return "17:04" for today, "Thu 17:31" for the last six days, "18 Nov 17:25", or "18 Nov 2025"."""
    there, here = local(at), local(now)
    days = (here.date() - there.date()).days
    if days == 0:
        return f"{there:%H:%M}"
    if 0 < days < 7:
        return f"{there:%a %H:%M}"
    return f"{there.day} {there:%b %H:%M}" if there.year == here.year else f"{there.day} {there:%b %Y}"


def full(at: datetime) -> str:
    """Return day, year and time of day: "18 Nov 2025 17:25"."""
    there = local(at)
    return f"{there.day} {there:%b} {there.year} {there:%H:%M}"


def short_day(at: datetime, now: datetime) -> str:
    """Return "18 Nov", or "18 Nov 2025" for another year."""
    there = local(at)
    return f"{there.day} {there:%b}" if there.year == local(now).year else f"{there.day} {there:%b %Y}"


def clock(at: datetime) -> str:
    """Return the time of day: "14:05"."""
    return f"{local(at):%H:%M}"


def exact(at: datetime) -> str:
    """Return the time in the current time zone and in UTC, for a title."""
    universal = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    zone = timezone.get_current_timezone()
    there = place(zone)
    return universal if there == "UTC" else f"{local(at):%Y-%m-%d %H:%M:%S} in {there}, {universal}"


def machine(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


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
