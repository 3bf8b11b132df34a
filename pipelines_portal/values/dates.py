"""Parse days and times as people of many countries write them."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pipelines_portal.core.unicode_forms import normalize, without_invisible
from pipelines_portal.values.months import MONTH, MONTHS
from pipelines_portal.values.typed_times import read_typed_time

LONGEST = 60
# Two-digit years up to this one belong to this century.
LAST_SHORT_YEAR = 68
NAME = rf"({MONTH})(?![a-zäöü])\.?"
# Python would take any letter between day and time, also the sign of an offset.
ISO_TIME = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})(?:[Tt ].*)?", re.DOTALL)
# Spreadsheets show their day 0, of an empty cell, as one of these. A year before is mostly a time of day: 27 Nov 1630.
FIRST_YEAR, DAYS_ZERO = 1800, ("1899-12-30", "1899-12-31")
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap])?\.?(m)?\.?", re.IGNORECASE)
HOUR = re.compile(r"(\d{1,2})\s*(?:([ap])\.?m\.?|uhr)", re.IGNORECASE)
# Patterns of a day, and the order of its parts. `?` depends on `day_first`.
DAYS = (
    (re.compile(r"(\d{1,2})([./-]) ?(\d{1,2})\2 ?(\d{4}|\d{2})"), "?"),
    (re.compile(r"(\d{4})([./-])(\d{1,2})\2(\d{1,2})"), "ymd"),
    (re.compile(rf"(\d{{1,2}})([ .-]*){NAME}[ .,-]*(\d{{4}}|\d{{2}})", re.IGNORECASE | re.ASCII), "dmy"),
    (re.compile(rf"{NAME}( *)(\d{{1,2}})(?:st|nd|rd|th)?,? +(\d{{4}})", re.IGNORECASE | re.ASCII), "mdy"),
)


def suggest_day_first(texts: Iterable[str]) -> bool:
    """Return whether most texts write the day before the month, which is also the default."""
    balance = 0
    for text in texts:
        found = DAYS[0][0].match(text.strip()[:LONGEST])
        if found and found[2] != ".":
            first, second = int(found[1]), int(found[3])
            balance += (first > 12) - (second > 12)
    return balance >= 0


def readings(text: str, now: datetime | None, is_day_first: bool | None) -> list[datetime]:
    """Return the local times that a text without an offset can mean: two for 3/5/2026 if the order is not known.

    Words such as "yesterday" and "Monday", and days without a year, mean those near `now`, a local time. Without it
    they mean none.
    """
    if len(text) > LONGEST:
        return []
    text = without_invisible(normalize("NFC", text))
    orders = (True, False) if is_day_first is None else (is_day_first,)
    found = [read_typed_time(text, now)] if now else []
    if not any(found):
        found = [_timestamp(text.strip(), order) for order in orders]
    days = dict.fromkeys(each for each in found if each and not each.tzinfo)
    return [each for each in days if each.year >= FIRST_YEAR and f"{each:%Y-%m-%d}" not in DAYS_ZERO]


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


def _timestamp(text: str, day_first: bool) -> datetime | None:
    return timestamp_in(text) or _written(text, day_first)


def _written(text: str, day_first: bool) -> datetime | None:
    text = text.lower()
    for pattern, order in DAYS:
        if found := pattern.match(text):
            clock = _clock(text[found.end() :])
            parts = _ordered(found, order, day_first)
            try:
                return datetime(*parts, *clock) if clock else None
            except ValueError:
                return None
    return None


def _ordered(found: re.Match[str], order: str, day_first: bool) -> tuple[int, int, int]:
    """Return year, month and day. If only one order makes a valid day, it is that one."""
    first, second, third = (_number(found[place]) for place in (1, 3, 4))
    if order == "ymd":
        return first, second, third
    year = third if len(found[4]) == 4 else full_year(third)
    # With dots, the day is first in all countries.
    is_first = found[2] == "." or ((day_first or first > 12) and second <= 12)
    is_day_first = order == "dmy" or (order == "?" and is_first)
    return (year, second, first) if is_day_first else (year, first, second)


def full_year(short: int) -> int:
    """Return the year that two digits mean."""
    return short + (2000 if short <= LAST_SHORT_YEAR else 1900)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else MONTHS[text.lower()]


def _clock(text: str) -> tuple[int, int, int] | None:
    """Return hour, minute and second, or None if the text is no time."""
    text = text.strip(" ,T\u00a0\u202f")
    if not text:
        return 0, 0, 0
    if whole := HOUR.fullmatch(text):
        text = f"{whole[1]}:00" + (f" {whole[2]}m" if whole[2] else "")
    found = CLOCK.fullmatch(text.removesuffix("uhr").strip())
    if not found:
        return None
    hour = int(found[1])
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4] in "pP" else 0)
    return hour, int(found[2]), int(found[3] or 0)
