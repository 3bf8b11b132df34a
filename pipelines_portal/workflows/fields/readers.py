"""The readers of the types of fields: what a text, or a value of a spreadsheet, means in a field.

A reader returns the value that is sent, or raises Wrong. `READERS` is the table of types.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pipelines_portal.api_client import Field
from pipelines_portal.core.notation import Notation
from pipelines_portal.core.unicode_forms import without_invisible
from pipelines_portal.workflows.fields.choices_read import BOOLEAN_WORDS, Meanings
from pipelines_portal.workflows.fields.rankings_read import is_no_order_of, items_of, ranked_items
from pipelines_portal.workflows.fields.reading.json_lists import json_in
from pipelines_portal.workflows.fields.reading.limits import bounds, enter_number, from_to, is_within
from pipelines_portal.workflows.fields.reading.local_times import (
    first_of_day,
    is_midnight,
    meanings,
    offset_of,
    place_of,
    utc_text,
)
from pipelines_portal.workflows.fields.reading.numbers import (
    EXACT_DIGITS,
    LONGEST_NUMBER,
    clear_number,
    json_number,
    number_meanings,
)
from pipelines_portal.workflows.fields.reading.times import day_in_words, readings, timestamp_in, unambiguous_text
from pipelines_portal.workflows.fields.verdicts import (
    NO_ZONE,
    OPTION,
    SERIAL,
    TWO_DAYS,
    TWO_NUMBERS,
    TWO_TIMES,
    Answer,
    Wrong,
)

NO_DATE = "Enter a date that exists, like 27 Nov 10:15, mon 9:00 or yesterday 4pm."
MOST_LISTED = 20
# A date as a spreadsheet stores it, in days: 1954 to 2119.
SERIAL_DAY = re.compile(r"([2-7][0-9]{4})(?:[.,]([0-9]{1,12}))?")
SERIAL_BEGINNING = datetime(1899, 12, 30)


@dataclass(frozen=True)
class Circumstances:
    """How texts are meant: the notation, the time zone, "" if it is not known, and the learned words of a file.

    Words such as "yesterday" mean days before or after `now`; without it they are no dates.
    """

    notation: Notation
    zone: str
    now: datetime | None = None
    meanings: Meanings | None = None


def read_text(known: Field, entered: Any, about: Circumstances) -> Any:
    text = _as_text(entered)
    if not isinstance(text, str):
        raise Wrong("text", "Not text", "Enter a text.")
    return text


def read_path(known: Field, entered: Any, about: Circumstances) -> Any:
    path = _as_text(entered)
    if not isinstance(path, str):
        raise Wrong("path", "Not a path", "Enter a path in the ZIP file.")
    return path


def read_unknown(known: Field, entered: Any, about: Circumstances) -> Any:
    """Read a type that the portal does not know: a text, or a JSON object or list."""
    text = _as_text(entered)
    if not isinstance(text, str) or not text.lstrip().startswith(("{", "[")):
        return text
    parsed = json_in(text)
    return text if parsed is None else parsed


def _as_text(value: Any) -> Any:
    """Return a number of JSON as its text, where a text is wanted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


def read_boolean(known: Field, entered: Any, about: Circumstances) -> Any:
    if isinstance(entered, (bool, int, float)) and entered in (0, 1):
        return bool(entered)
    word = entered.strip() if isinstance(entered, str) else ""
    word = (about.meanings or _NO_WORDS).choice(known, word) or word
    if (value := BOOLEAN_WORDS.get(word.lower())) is None:
        raise Wrong(OPTION, "Not an option", "Choose Yes or No.")
    return value


def read_choice(known: Field, entered: Any, about: Circumstances) -> Any:
    """Read one of the options, or any text if the schema names none."""
    choices, value = known.choices, _as_text(entered)
    if not choices:
        return read_text(known, value, about)
    value = ((about.meanings or _NO_WORDS).choice(known, value) if isinstance(value, str) else "") or value
    if value not in choices:
        more = f" and {len(choices) - MOST_LISTED} more" if len(choices) > MOST_LISTED else ""
        listed = ", ".join(choices[:MOST_LISTED])
        raise Wrong(OPTION, "Not an option", f"Choose one of the options: {listed}{more}.")
    return value


def read_number(known: Field, entered: Any, about: Circumstances) -> Any:
    """Read a number, or its text if it has more digits than readers of JSON agree on. The API accepts both."""
    value = _number(known, entered, about) if isinstance(entered, str) else _plain(entered)
    number = _finite(value)
    if number is None:
        raise Wrong("number", "Not a number", enter_number(known))
    _check_limits(known, number)
    return value


def read_rating(known: Field, entered: Any, about: Circumstances) -> Any:
    value = _number(known, entered, about) if isinstance(entered, str) else entered
    number = _finite(value)
    if number is None:
        raise Wrong("number", "Not a number", enter_number(known))
    _check_limits(known, number)
    exact = Decimal(value) if isinstance(value, str) else Decimal(number)
    if exact != exact.to_integral_value():
        raise Wrong("whole", "Not whole", enter_number(known))
    return value if isinstance(value, int) else int(exact)


def _number(known: Field, text: str, about: Circumstances) -> Any:
    numbers = number_meanings(text, about.notation.decimal)
    if len(numbers) == 1:
        return json_number(numbers[0])
    if len(numbers) > 2:
        raise Wrong("sign", "Without %", "Enter the number without %.")
    if not numbers:
        return None
    one, other = numbers
    answers = tuple(Answer(number, clear_number(number)) for number in numbers)
    raise Wrong(TWO_NUMBERS, f"{one} or {other}?", f"Is it {one} or {other}?", answers)


def _plain(value: Any) -> Any:
    """Return a number of a spreadsheet or of JSON as the same number is sent if it is typed."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**LONGEST_NUMBER:
        return json_number(str(value))
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 10**EXACT_DIGITS
    return int(value) if is_whole else value


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _check_limits(known: Field, number: float) -> None:
    limits = bounds(known.format_hint)
    if not is_within(limits, number):
        raise Wrong("limits", from_to(limits, low="At least", high="At most"), enter_number(known))


def read_time(known: Field, entered: Any, about: Circumstances) -> Any:
    """Read a day or time, and return it in UTC. A number is one only if it may be a day as spreadsheets count them."""
    text = without_invisible(str(entered)).strip() if isinstance(entered, (str, int, float)) else ""
    if isinstance(entered, str) and (own := timestamp_in(text)) and own.tzinfo:
        return _of_offset(own, text, about.zone)
    if is_serial(text):
        found = [day_of_serial(text)] if about.notation.has_serials else []
    else:
        now = about.now.astimezone(ZoneInfo(about.zone or "UTC")).replace(tzinfo=None) if about.now else None
        found = readings(text, now, about.notation.is_day_first) if isinstance(entered, str) else []
    if not found:
        _ask_about_serial(text, has_serials=about.notation.has_serials)
        raise Wrong("date", "Not a date", NO_DATE)
    if len(found) > 1:
        days = [day_in_words(each) for each in found]
        answers = tuple(Answer(day, unambiguous_text(each)) for day, each in zip(days, found, strict=True))
        short = " or ".join(f"{each.day} {each:%b}" for each in found)
        raise Wrong(TWO_DAYS, f"{short}?", f"Is it {days[0]} or {days[1]}?", answers)
    if not about.zone:
        raise Wrong(NO_ZONE, "No time zone", "Choose a time zone.")
    return utc_text(_time_in_utc(found[0], about.zone))


def _time_in_utc(clock: datetime, zone: str) -> datetime:
    """Return the moment with this local time. Midnight is the first moment of its day, which exists on all days."""
    try:
        if is_midnight(clock):
            return first_of_day(clock, zone)
        meant = meanings(clock, zone)
        both = [clock.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1)]
    except (ValueError, OverflowError, KeyError):  # KeyError: an unknown time zone
        raise Wrong("date", "Not a date", NO_DATE) from None
    if len(meant) == 1:
        return meant[0]
    when = f"{clock:%H:%M} on {clock.day} {clock:%B %Y}"
    if meant:
        texts = [f"{_written(clock)}{offset_of(each)}" for each in both]
        answers = (Answer(f"The first, {texts[0]}", texts[0]), Answer(f"The second, {texts[1]}", texts[1]))
        said = f"{when} came twice in {place_of(zone)}: the clocks were set back. Write {texts[0]} or {texts[1]}."
        raise Wrong(TWO_TIMES, "Came twice", said, answers)
    times = sorted(each.astimezone(UTC).astimezone(ZoneInfo(zone)) for each in both)
    texts = [_written(each) for each in times]
    said = f"{when} never came in {place_of(zone)}: the clocks were put forward. Write {texts[0]} or {texts[1]}."
    raise Wrong("never", "Never came", said, tuple(Answer(text, text) for text in texts))


def _of_offset(timestamp: datetime, text: str, zone: str) -> str:
    """Return a time with an offset of its own as it is written, or in UTC if it says which of two times is meant."""
    try:
        both = meanings(timestamp.replace(tzinfo=None), zone or "UTC")
    except OverflowError:
        return text
    return utc_text(timestamp) if len(both) > 1 and offset_of(timestamp) in map(offset_of, both) else text


def _written(clock: datetime) -> str:
    return f"{clock:%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def is_serial(text: str) -> bool:
    """Return whether a text may be a date as spreadsheets store it."""
    return bool(SERIAL_DAY.fullmatch(text.strip()))


def day_of_serial(text: str) -> datetime:
    """Return the time that a number means as spreadsheets count days."""
    day, _, fraction = text.replace(",", ".").partition(".")
    seconds = round(float(f"0.{fraction or 0}") * 86_400)
    return SERIAL_BEGINNING + timedelta(days=int(day), seconds=seconds)


def _ask_about_serial(text: str, *, has_serials: bool | None) -> None:
    if has_serials is None and is_serial(text):
        day = day_of_serial(text)
        words = f"{day.day} {day:%B %Y}" + (f" {day:%H:%M}" if day.time() != datetime.min.time() else "")
        said = f"Is it Excel’s number of {words}?"
        raise Wrong(SERIAL, "Excel date?", said, (Answer(words, unambiguous_text(day)),))


def read_ranking(known: Field, entered: Any, about: Circumstances) -> Any:
    ranked = ranked_items(known, entered) if isinstance(entered, str) else entered
    if not isinstance(ranked, list):
        raise Wrong("ranking", "Not a list", "Enter the items in order, the first one highest.")
    items = items_of(known)
    if is_no_order_of(items, ranked):
        numbered = ", ".join(f"{number} {item}" for number, item in enumerate(items[:MOST_LISTED], 1))
        raise Wrong("ranking", "Not all items", f"Rank all {len(items)}, each once: {numbered}.")
    return ranked


_NO_WORDS = Meanings({})
Reader = Callable[[Field, Any, Circumstances], Any]
READERS: dict[str, Reader] = {
    "short_text": read_text,
    "long_text": read_text,
    "code": read_text,
    "boolean": read_boolean,
    "numeric": read_number,
    "datetime": read_time,
    "select": read_choice,
    "rating": read_rating,
    "ranking": read_ranking,
    "pairwise": read_text,
    "criteria": read_text,
    "file_upload": read_path,
}


def reader_of(known: Field) -> Reader:
    return READERS.get(known.type, read_unknown)
