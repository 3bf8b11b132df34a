"""How the numbers and dates of a file are written. A text that can be read in two ways is not read at all."""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipelines_portal.matching import texts
from pipelines_portal.matching.columns import Matching
from pipelines_portal.values.dates import suggest_day_first, timestamp_text
from pipelines_portal.values.local_times import meanings, offset_of
from pipelines_portal.values.numbers import is_percentage, number_readings, suggest_decimal
from pipelines_portal.workflows.fields.dates import timestamp_in

NUMBERS = ("numeric", "rating")
# The decimal mark of typed rows: a comma or a point, as each number shows. A point alone is the decimal mark.
AS_TYPED = "typed"
DOUBTS = (texts.TWO_NUMBERS, texts.TWO_DAYS, texts.NO_ZONE)
# A date that has the month first for sure, and a time zone far from UTC: if they change nothing, all is certain.
MONTH_FIRST, OTHER_ZONE = "01/13/2020", "Asia/Tokyo"


def read_number(text: str, matching: Matching) -> tuple[str, str]:
    """Return a number as the API takes it, and the doubt about it. Any other text stays as it is."""
    is_typed = matching.decimal == AS_TYPED
    read = number_readings(text, "" if is_typed else matching.decimal)
    if not read:
        return text, ""
    if is_percentage(text):
        return text, texts.PERCENTAGE
    if len(read) == 1:
        return read[0], ""
    return text, texts.TWO_TYPED if is_typed else texts.TWO_NUMBERS


def read_timestamp(text: str, matching: Matching) -> tuple[str, str]:
    """Return a date or time in UTC, and the doubt about it. Any other text stays as it is."""
    is_day_first, zone = matching.day_first is not False, matching.zone or "UTC"
    read = timestamp_text(text, is_day_first, zone)
    if matching.day_first is None and timestamp_text(text, not is_day_first, zone) != read:
        return read, texts.TWO_TYPED_DAYS if matching.decimal == AS_TYPED else texts.TWO_DAYS
    if matching.zone:
        return read, _clock_doubt(text, is_day_first, zone)
    return read, "" if timestamp_text(text, is_day_first, OTHER_ZONE) == read else texts.NO_ZONE


def _clock_doubt(text: str, is_day_first: bool, zone: str) -> str:
    """Return what to write for a local time that the clocks of the zone showed twice or never, or ""."""
    read = timestamp_text(text, is_day_first, "UTC")
    timestamp = timestamp_in(read)
    # A day is its first moment, which exists on all days.
    if read == text or not timestamp or (":" not in text and not timestamp.time()):
        return ""
    clock = timestamp.replace(tzinfo=None)
    try:
        meant = meanings(clock, zone)
        both = [clock.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1)]
        if len(meant) == 2:
            first, second = (f"{clock:%Y-%m-%d %H:%M}{offset_of(each)}" for each in both)
            return texts.TWICE.format(first=first, second=second)
        if not meant:
            timestamps = sorted(each.astimezone(UTC).astimezone(ZoneInfo(zone)) for each in both)
            return texts.NEVER.format(first=f"{timestamps[0]:%Y-%m-%d %H:%M}", second=f"{timestamps[1]:%Y-%m-%d %H:%M}")
    except (ValueError, OverflowError, KeyError):  # KeyError: an unknown time zone
        pass
    return ""


def clock_in(text: str, matching: Matching) -> datetime | None:
    """Return a day or time as the file's clock shows it, or None if it is none or can be read in two ways."""
    if read_timestamp(text, matching)[1] == texts.TWO_DAYS:
        return None
    timestamp = timestamp_in(timestamp_text(text, matching.day_first is not False, "UTC"))
    return timestamp.replace(tzinfo=None) if timestamp else None


def settle_notation(matching: Matching, numbers: Iterable[str], dates: Iterable[str]) -> None:
    """Set how numbers and dates are written if it is not known yet and these texts show it."""
    matching.decimal = matching.decimal or suggest_decimal(numbers)
    if matching.day_first is None:
        matching.day_first = _order_of(list(dates))


def _order_of(dates: list[str]) -> bool | None:
    """Return whether the dates write the day before the month, or None if they do not show it."""
    if suggest_day_first([*dates, MONTH_FIRST]):
        return True
    return None if suggest_day_first(dates) else False


def has_doubts(numbers: Iterable[str], dates: Iterable[str], matching: Matching) -> bool:
    """Return whether a person has to say how numbers or dates are written."""
    read = [*(read_number(text, matching) for text in numbers), *(read_timestamp(text, matching) for text in dates)]
    return any(doubt in DOUBTS for _, doubt in read)
