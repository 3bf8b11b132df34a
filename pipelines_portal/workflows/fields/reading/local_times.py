"""Local times, and the moments that they can mean."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipelines_portal.core.times import UTC_NAME, name_of, place, zone_named

NOWHERE = UTC_NAME


def known_zone(name: str) -> str:
    """Return `name` if it is a time zone such as Europe/Vienna, else UTC."""
    return name_of(zone_named(name) or UTC)


def place_of(zone: str) -> str:
    """Return the place of a zone as people call it: Vienna, New York."""
    return place(ZoneInfo(zone))


def meanings(clock: datetime, zone: str) -> list[datetime]:
    """Return the moments with this local time: none if clocks were set forward over it, two if they were set back.

    Raise OverflowError near the first and the last possible date.
    """
    both = [clock.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1)]
    real = [timestamp for timestamp in both if local_clock(timestamp.astimezone(UTC), zone) == clock]
    return real if len({timestamp.utcoffset() for timestamp in real}) > 1 else real[:1]


def is_midnight(clock: datetime) -> bool:
    return clock.time() == datetime.min.time()


def first_of_day(midnight: datetime, zone: str) -> datetime:
    """Return the first moment of a day, in UTC. On some days the clocks of some zones never show midnight."""
    return midnight.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def on_clocks(timestamp: datetime, zone: str) -> str:
    """Return the local time as an input shows it, with its offset if the local time occurs twice."""
    clock = local_clock(timestamp, zone)
    text = _written(clock)
    is_double = len(meanings(clock, zone)) > 1
    return f"{text}{_offset(timestamp.astimezone(ZoneInfo(zone)))}" if is_double else text


def offset_of(timestamp: datetime) -> str:
    """Return the offset, such as +01:00."""
    return _offset(timestamp)


def utc_text(timestamp: datetime) -> str:
    """Return the moment in UTC as the API expects it."""
    return f"{timestamp.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"


def clock_text(timestamp: datetime, clock: datetime) -> str:
    """Return the moment in UTC, with the day if it differs from the local one: "22:30 UTC on 23 Nov"."""
    in_utc = timestamp.astimezone(UTC)
    day = "" if in_utc.date() == clock.date() else f" on {in_utc.day} {in_utc:%b}"
    return f"{in_utc:%H:%M} UTC{day}"


def local_clock(timestamp: datetime, zone: str) -> datetime:
    return timestamp.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def _offset(timestamp: datetime) -> str:
    return timestamp.isoformat()[-6:]


def _written(clock: datetime) -> str:
    """Return the time in ISO 8601, without zero seconds."""
    if clock.microsecond:
        return clock.isoformat(timespec="milliseconds")
    return clock.isoformat(timespec="seconds" if clock.second else "minutes")
