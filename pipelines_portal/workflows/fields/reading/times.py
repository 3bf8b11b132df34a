"""Read days and times as people of many countries write them: "now", "mon 9:00", "27.11. 10:15", "3 Mar 2026 5pm"."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import Any

from pipelines_portal.core.unicode_forms import normalize, without_invisible

LONGEST = 60
# Two-digit years up to this one belong to this century.
LAST_SHORT_YEAR = 68
# Spreadsheets show their day 0, of an empty cell, as one of these. A year before is mostly a time of day: 27 Nov 1630.
FIRST_YEAR, DAYS_ZERO = 1800, ("1899-12-30", "1899-12-31")
NOW = {"now", "jetzt"}
DAYS = {
    "today": 0, "yesterday": -1, "tomorrow": 1,
    "heute": 0, "gestern": -1, "morgen": 1,
}  # fmt: skip
MIDNIGHT = {"", "midnight", "mitternacht"}
# The names of the days of a week, in English and German, from Monday on; and those of months. Other words are none.
_WEEKDAY_NAMES = (
    "monday mon montag mo",
    "tuesday tues tue dienstag di",
    "wednesday wed mittwoch mi",
    "thursday thurs thur thu donnerstag do",
    "friday fri freitag fr",
    "saturday sat samstag sonnabend sa",
    "sunday sun sonntag so",
)
_MONTH_NAMES = (
    "january jan jänner januar jän",
    "february feb februar feber",
    "march mar märz mär mrz",
    "april apr",
    "may mai",
    "june jun juni",
    "july jul juli",
    "august aug",
    "september sep sept",
    "october oct oktober okt",
    "november nov",
    "december dec dezember dez",
)
WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAY_NAMES) for name in names.split()}
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
# Longer names come first, so that a name is matched as a whole.
_NAME = rf"(?P<name>{'|'.join(sorted(MONTHS, key=len, reverse=True))})(?![a-zäöü])\.?"
# Python would take any letter between day and time, also the sign of an offset.
ISO_TIME = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})(?:[Tt ].*)?", re.DOTALL)
# As the form sends a time. A text that happens to look so is shown as a time, with its own words in the title.
_SENT_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?Z")
# Days near now, whose year may be missing.
_NEAR = (
    re.compile(r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.?(?:\s?(?P<year>\d{4}))?"),
    re.compile(rf"(?P<day>\d{{1,2}})\.?\s{_NAME}(?:\s(?P<year>\d{{4}}))?", re.ASCII),
    re.compile(rf"{_NAME}\s(?P<day>\d{{1,2}})(?:,?\s(?P<year>\d{{4}}))?", re.ASCII),
)
# Days with a year. Where `first` and `second` are not named, their order depends on the country.
NUMERIC_DAY = re.compile(
    r"(?P<first>\d{1,2})(?P<between>[./-]) ?(?P<second>\d{1,2})(?P=between) ?(?P<year>\d{4}|\d{2})"
)
_WHOLE = (
    NUMERIC_DAY,
    re.compile(r"(?P<year>\d{4})(?P<between>[./-])(?P<month>\d{1,2})(?P=between)(?P<day>\d{1,2})"),
    re.compile(rf"(?P<day>\d{{1,2}})[ .-]*{_NAME}[ .,-]*(?P<year>\d{{4}}|\d{{2}})", re.ASCII),
    re.compile(rf"{_NAME} *(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? +(?P<year>\d{{4}})", re.ASCII),
)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?\s*(?:(?P<half>[ap])\.?(?P<m>m)?\.?)?"
)


def suggest_day_first(texts: Iterable[str]) -> bool:
    """Return whether most texts write the day before the month, which is also the default."""
    balance = 0
    for text in texts:
        found = NUMERIC_DAY.match(text.strip()[:LONGEST])
        if found and found["between"] != ".":
            balance += (int(found["first"]) > 12) - (int(found["second"]) > 12)
    return balance >= 0


def readings(text: str, now: datetime | None, is_day_first: bool | None) -> list[datetime]:
    """Return the local times that a text without an offset can mean: two for 3/5/2026 if the order is not known.

    Words such as "yesterday" and "Monday", and days without a year, mean those near `now`, a local time. Without it
    they mean none. A day without a time is its midnight, a time without a day is of today. Without a year, the nearest
    one is meant. A weekday is the last such day, today included.
    """
    if len(text) > LONGEST:
        return []
    text = without_invisible(normalize("NFC", text)).strip()
    if stored := timestamp_in(text):
        found: list[datetime | None] = [stored]
    else:
        orders, words = (True, False) if is_day_first is None else (is_day_first,), " ".join(text.lower().split())
        found = [_read(words, now, order) for order in orders]
    days = dict.fromkeys(each for each in found if each and not each.tzinfo)
    return [each for each in days if each.year >= FIRST_YEAR and f"{each:%Y-%m-%d}" not in DAYS_ZERO]


def reading(text: str, now: datetime) -> datetime | None:
    """Return the local time that a text means, if it means one."""
    found = readings(text, now, None)
    return found[0] if len(found) == 1 else None


def timestamp_in(text: Any) -> datetime | None:
    """Return a time in ISO 8601."""
    if not isinstance(text, str) or not ISO_TIME.fullmatch(text.strip()[:LONGEST]):
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def day_in_words(day: datetime) -> str:
    return f"{day.day} {day:%B}"


def unambiguous_text(clock: datetime) -> str:
    """Return a local time as a text with one meaning: "3 May 2026 09:00"."""
    time = f" {clock:%H:%M:%S}".removesuffix(":00") if clock.time() != datetime.min.time() else ""
    return f"{clock.day} {clock:%b} {clock.year}{time}"


def full_year(short: int) -> int:
    """Return the year that two digits mean."""
    return short + (2000 if short <= LAST_SHORT_YEAR else 1900)


def _read(words: str, now: datetime | None, is_day_first: bool) -> datetime | None:
    if now and words in NOW:
        return now.replace(second=0, microsecond=0)
    for day, rest in _days_in(words, now, is_day_first):
        if (clock := _clock(rest)) is not None:
            return datetime.combine(day, clock)
    # A point separates hours and minutes only behind a day: 7.17 alone may be a day that was mistyped.
    if now is None or not words or ("." in words and not words.endswith(("m", "m.", "uhr"))):
        return None
    clock = _clock(words)
    return None if clock is None else datetime.combine(now, clock)


def _days_in(words: str, now: datetime | None, is_day_first: bool) -> Iterator[tuple[datetime, str]]:
    """Yield the days with which a text may begin, each with the rest of the text."""
    if now:
        word, _, rest = words.partition(" ")
        word = word.rstrip(".,")
        if word in DAYS or word in WEEKDAYS:
            yield now + timedelta(days=DAYS[word] if word in DAYS else -((now.weekday() - WEEKDAYS[word]) % 7)), rest
    for pattern in (*(_NEAR if now else ()), *_WHOLE):
        # "10.5" alone may be a number, "10.5." and "10.5. 9:00" are days.
        if (found := pattern.match(words)) and not (found[0] == words and re.fullmatch(r"\d+\.\d+", words)):
            day = _day_of(found.groupdict(), now, is_day_first)
            if day:
                yield day, words[found.end() :]


def _day_of(parts: dict[str, str | None], now: datetime | None, is_day_first: bool) -> datetime | None:
    day, month = parts.get("day") or "", parts.get("month") or ""
    if first := parts.get("first"):
        second = parts["second"] or ""
        # With dots, the day is first in all countries. If only one order makes a valid day, it is that one.
        is_first = parts["between"] == "." or ((is_day_first or int(first) > 12) and int(second) <= 12)
        day, month = (first, second) if is_first else (second, first)
    number = MONTHS[name] if (name := parts.get("name")) else int(month)
    if year := parts["year"]:
        return _date(int(year) if len(year) > 2 else full_year(int(year)), number, int(day))
    near = [_date(now.year + by, number, int(day)) for by in (-1, 0, 1)] if now else []
    return min((each for each in near if each), key=lambda each: abs(each - now) if now else each, default=None)


def _date(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day)
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    """Return the time of day behind a day, midnight if there is none, or None if the text is no time."""
    text = text.lstrip(" ,").removeprefix("t").removeprefix("at ").removeprefix("um ").strip()
    if text in MIDNIGHT:
        return time()
    is_whole, text = text.endswith("uhr"), text.removesuffix("uhr").strip()
    found = _CLOCK.fullmatch(text)
    if not found or not (found["minute"] or found["m"] or is_whole):
        return None
    hour = int(found["hour"])
    if half := found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        return None


def time_or_value(value: Any) -> Any:
    """Return a datetime if the value is a time, else the value."""
    if isinstance(value, str) and _SENT_TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    return value
