"""Store typed texts with one meaning, which later choices of a person and later days do not change."""

from datetime import datetime
from zoneinfo import ZoneInfo

from pipelines_portal.api_client import Field
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.fields.reading.limits import NUMBERS
from pipelines_portal.workflows.fields.reading.local_times import first_of_day, is_midnight, meanings, utc_text
from pipelines_portal.workflows.fields.reading.numbers import clear_number, is_percentage, number_readings, plain_number
from pipelines_portal.workflows.fields.reading.times import readings, timestamp_in


def settled_text(known: Field, text: str, notation: Notation, zone: str, now: datetime) -> str:
    """Return a typed text as it is stored: times in UTC, and a number as the notation reads it.

    A text that has two meanings all the same stays as it is: its row gets a question.
    """
    if known.type == "datetime":
        return _settled_time(text, notation, zone, now)
    if known.type in NUMBERS and notation.decimal and not is_percentage(text) and len(number_readings(text)) > 1:
        return clear_number(plain_number(number_readings(text, notation.decimal)[0]))
    return text


def time_of_file(text: str, notation: Notation, zone: str, now: datetime) -> str:
    """Return a time typed over a cell of a file, by its clock. Words such as "today" mean days now."""
    if readings(text, None, notation.is_day_first) or timestamp_in(text):
        return text
    found = readings(text, now.astimezone(ZoneInfo(zone)).replace(tzinfo=None), notation.is_day_first)
    return f"{found[0]:%Y-%m-%d %H:%M:%S}".removesuffix(":00") if len(found) == 1 else text


def _settled_time(text: str, notation: Notation, zone: str, now: datetime) -> str:
    if not text.strip() or (stored := timestamp_in(text)) and stored.tzinfo:
        return text
    found = readings(text, now.astimezone(ZoneInfo(zone)).replace(tzinfo=None), notation.is_day_first)
    if len(found) != 1:
        return text
    try:
        meant = meanings(found[0], zone)
        if is_midnight(found[0]):
            meant = [first_of_day(found[0], zone)]
    except OverflowError:
        return text
    # A time that occurs twice or never when the clocks change is ambiguous, too.
    return utc_text(meant[0]) if len(meant) == 1 else f"{found[0]:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
