"""What a clock on the wall says, and the moments that it can mean."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipelines_portal.core.clocks import UTC_NAME, name_of, place, zone_named

NOWHERE = UTC_NAME


def known_zone(name: str) -> str:
    """`name` when it is a time zone's, such as Europe/Vienna; else UTC."""
    return name_of(zone_named(name) or UTC)


def place_of(zone: str) -> str:
    """As people call it: Vienna, New York."""
    return place(ZoneInfo(zone))


def meanings(clock: datetime, zone: str) -> list[datetime]:
    """The moments at which clocks there show `clock`: none where they were put forward over it, two where put back.

    Raises OverflowError at the ends of all time.
    """
    both = [clock.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1)]
    real = [moment for moment in both if _on_clocks(moment.astimezone(UTC), zone) == clock]
    return real if len({moment.utcoffset() for moment in real}) > 1 else real[:1]


def on_clocks(moment: datetime, zone: str) -> str:
    """`moment` as an input for a time shows it; with its offset where the clock alone could mean two moments."""
    clock = _on_clocks(moment, zone)
    text = _written(clock)
    is_double = len(meanings(clock, zone)) > 1
    return f"{text}{_offset(moment.astimezone(ZoneInfo(zone)))}" if is_double else text


def offset_of(moment: datetime) -> str:
    """Such as +01:00: tells two moments apart at which clocks show the same."""
    return _offset(moment)


def utc_text(moment: datetime) -> str:
    """As the API wants it."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"


def clock_text(moment: datetime, clock: datetime) -> str:
    """`moment` in UTC, with its day where that is another than the one on the clock: "22:30 UTC on 23 Nov"."""
    in_utc = moment.astimezone(UTC)
    day = "" if in_utc.date() == clock.date() else f" on {in_utc.day} {in_utc:%b}"
    return f"{in_utc:%H:%M} UTC{day}"


def _on_clocks(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def _offset(moment: datetime) -> str:
    return moment.isoformat()[-6:]


def _written(clock: datetime) -> str:
    """Without seconds when there are none."""
    if clock.microsecond:
        return clock.isoformat(timespec="milliseconds")
    return clock.isoformat(timespec="seconds" if clock.second else "minutes")
