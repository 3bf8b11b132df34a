"""Clocks that people live by: time zones by name, and the one that stands around the present request."""

from datetime import UTC, datetime, tzinfo
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
