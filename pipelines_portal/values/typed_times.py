"""Times as people type them: "now", "today 5pm", "mon 9:00", "27.11. 10:15", "28/11/2026", "8 Uhr", ISO 8601."""

import re
from datetime import datetime, time, timedelta

from pipelines_portal.values.months import MONTHS

LONGEST = 60
DAYS = {
    "today": 0, "yesterday": -1, "tomorrow": 1,
    "heute": 0, "gestern": -1, "morgen": 1,
}  # fmt: skip
NOW = {"now", "jetzt"}
MIDNIGHT = {"", "midnight", "mitternacht"}
# The names of the days of a week, in English and German, from Monday on.
_WEEKDAY_NAMES = (
    "monday mon montag mo",
    "tuesday tues tue dienstag di",
    "wednesday wed mittwoch mi",
    "thursday thurs thur thu donnerstag do",
    "friday fri freitag fr",
    "saturday sat samstag sonnabend sa",
    "sunday sun sonntag so",
)
WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAY_NAMES) for name in names.split()}
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?(?:[:.](?P<second>\d{2}))?\s*(?P<half>[ap]\.?m\.?)?")
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.?(?:\s?(?P<year>\d{4}))?")
_NAMED_MONTH = re.compile(r"(?P<day>\d{1,2})\.?\s(?P<name>[a-zä]{3,9})\.?(?:\s(?P<year>\d{4}))?")
_MONTH_FIRST = re.compile(r"(?P<name>[a-zä]{3,9})\.?\s(?P<day>\d{1,2})(?:,?\s(?P<year>\d{4}))?")
_SLASHED_DAY = re.compile(r"(?P<first>\d{1,2})/(?P<second>\d{1,2})/(?P<year>\d{4})")
_ISO_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")


def read_typed_time(text: str, now: datetime) -> datetime | None:
    """Return the local time that the text means, or None. `now` is the local time; both are without a time zone.

    A day without a time is its midnight, a time without a day is of today. Without a year, the nearest one is meant.
    A weekday is the last such day, today included.
    """
    words = " ".join(text.strip().lower().split())
    if not words or len(words) > LONGEST:
        return None
    if words in NOW:
        return now.replace(second=0, microsecond=0)
    day, rest = _read_day(words, now)
    clock = _read_clock(rest)
    # A point separates hours and minutes only behind a day: 7.17 alone may be a day that was mistyped.
    if clock is None or (day is None and (not rest or ("." in rest and not rest.endswith(("m", "m.", "uhr"))))):
        return None
    return datetime.combine(day or now.date(), clock)


def _read_day(words: str, now: datetime) -> tuple[datetime | None, str]:
    """Return the day that the text begins with, if any, and the rest of the text."""
    first, _, rest = words.partition(" ")
    word = first.rstrip(".,")
    if word in DAYS or word in WEEKDAYS:
        days = DAYS[word] if word in DAYS else -((now.weekday() - WEEKDAYS[word]) % 7)
        return now + timedelta(days=days), rest.removeprefix("at ").removeprefix("um ")
    for pattern in (_ISO_DAY, _SLASHED_DAY, _DAY_FIRST, _NAMED_MONTH, _MONTH_FIRST):
        found = pattern.match(words)
        day = _day_of(_ordered(found.groupdict()), now) if found else None
        if found and day and not _is_number(found, words):
            return day, words[found.end() :].lstrip(", ").removeprefix("t").removeprefix("at ").removeprefix("um ")
    return None, words


def _is_number(found: re.Match[str], words: str) -> bool:
    """Return whether a day and a month without anything else may be a number: 10.5 and not 10.5. or 10.5. 9:00"""
    return found[0] == words and re.fullmatch(r"\d+\.\d+", words) is not None


def _ordered(parts: dict[str, str | None]) -> dict[str, str | None]:
    """Name the parts of a day with slashes if only one order is possible: 28/11/2026 and 11/28/2026."""
    first, second = parts.get("first"), parts.get("second")
    if not first or not second or (int(first) <= 12 and int(second) <= 12 and int(first) != int(second)):
        return parts
    day, month = (second, first) if int(second) > 12 else (first, second)
    return {**parts, "day": day, "month": month}


def _day_of(parts: dict[str, str | None], now: datetime) -> datetime | None:
    name = parts.get("name") or ""
    if name and name not in MONTHS:
        return None
    month = MONTHS[name] if name else int(parts.get("month") or 0)
    year = parts.get("year")
    years = [int(year)] if year else [now.year - 1, now.year, now.year + 1]
    days = [day for one in years if (day := _date(one, month, int(parts.get("day") or 0)))]
    return min(days, key=lambda day: abs(day - now), default=None)


def _date(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day)
    except ValueError:
        return None


def _read_clock(text: str) -> time | None:
    """Return the time of day, midnight for an empty text too, or None."""
    if text in MIDNIGHT:
        return time()
    found = _CLOCK.fullmatch(text.removesuffix("uhr").strip())
    if not found or not (found["minute"] or found["half"] or text.endswith("uhr")):
        return None
    hour = int(found["hour"])
    if half := found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    try:
        return time(hour, int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        return None
