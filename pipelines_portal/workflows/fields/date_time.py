"""Dates with times. They are typed in the time zone of a person or a file, and sent in UTC."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from pipelines_portal.core import times
from pipelines_portal.core.notation import Notation
from pipelines_portal.core.unicode_forms import without_invisible
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.circumstances import Circumstances
from pipelines_portal.workflows.fields.conditions import Condition, time_condition
from pipelines_portal.workflows.fields.reading.days import DAYS
from pipelines_portal.workflows.fields.reading.local_times import (
    first_of_day,
    is_midnight,
    meanings,
    offset_of,
    place_of,
    utc_text,
)
from pipelines_portal.workflows.fields.reading.times import day_in_words, readings, timestamp_in, unambiguous_text
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.time_inputs import LocalTimeField, LocalTimeInput
from pipelines_portal.workflows.fields.verdicts import NO_ZONE, SERIAL, TWO_DAYS, TWO_TIMES, Answer, Wrong

NO_DATE = "Enter a date that exists, like 27 Nov 10:15, mon 9:00 or yesterday 4pm."
# A date as a spreadsheet stores it, in days: 1954 to 2119.
SERIAL_DAY = re.compile(r"([2-7][0-9]{4})(?:[.,]([0-9]{1,12}))?")
SERIAL_BEGINNING = datetime(1899, 12, 30)


class DateTime(FieldType):
    api_name, label_in_portal, label_in_files = "datetime", "Date and time", "Date and time"
    accepted = "A date, or a date and time, for example 2026-03-30 14:00"
    hint_for_programs, hint = "ISO 8601 date-time", "For example 2026-03-30 12:00"
    help = "UTC"
    example = "today"
    is_time = is_short = takes_values = True
    has_text_cells = has_words = False
    editor, room = "time", (13, 18)
    rules = (Kind.COMPARE,)

    def read(self, entered: Any, about: Circumstances) -> Any:
        """Return the time in UTC. A number is one only if it may be a day as spreadsheets count them."""
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

    def stored(self, text: str, notation: Notation, zone: str, now: datetime) -> str:
        """Return a time in UTC. A text that has two meanings stays as it is: its row gets a question."""
        if not text.strip() or (stored := timestamp_in(text)) and stored.tzinfo:
            return text
        found = readings(text, _clock(now, zone), notation.is_day_first)
        if len(found) != 1:
            return text
        try:
            meant = meanings(found[0], zone)
            if is_midnight(found[0]):
                meant = [first_of_day(found[0], zone)]
        except OverflowError:
            return text
        # A time that occurs twice or never when the clocks change is ambiguous, too.
        return utc_text(meant[0]) if len(meant) == 1 else _written(found[0])

    def stored_in_file(self, text: str, notation: Notation, zone: str, now: datetime) -> str:
        """Return a time by its clock. Words such as "today" mean days now."""
        if readings(text, None, notation.is_day_first) or timestamp_in(text):
            return text
        found = readings(text, _clock(now, zone), notation.is_day_first)
        return _written(found[0]) if len(found) == 1 else text

    def shown(self, text: str) -> str:
        time = timestamp_in(text)
        return clock_texts(time)[0] if time else text

    def shown_and_edited(self, text: str, notation: Notation, *, is_wrong: bool) -> tuple[str, str]:
        if time := timestamp_in(text):
            return clock_texts(time)
        time = None if is_wrong else time_of(text, notation)
        return (clock_texts(time)[0] if time else text), text

    def in_message(self, value: Any) -> str:
        """Return "": a time is sent as nobody reads it."""
        return ""

    def differs(self, value: Any, listed: str) -> bool:
        """Return False: nobody keeps times in a list."""
        return False

    def widget(self) -> forms.Widget:
        return LocalTimeInput(attrs={"autocomplete": "off"})

    def form_field(self) -> forms.Field:
        return LocalTimeField(widget=self.widget(), **self.labels())

    def input(self, zone: str, typed_in: Notation) -> forms.Field:
        form_field = LocalTimeField(widget=self.widget(), **self.labels())
        form_field.set_zone(zone)
        form_field.widget.typed_in = typed_in
        return form_field

    def condition(self, name: str, sign: str, text: str) -> Condition:
        return time_condition(sign, text)

    @property
    def condition_offers(self) -> Sequence[str]:
        return DAYS


def time_of(text: str, notation: Notation) -> datetime | None:
    """Return the time that a text certainly means, or None."""
    if time := timestamp_in(text):
        return time
    days = [day_of_serial(text)] if notation.has_serials and is_serial(text) else []
    days = days or readings(text, None, notation.is_day_first)
    return days[0] if len(days) == 1 else None


def clock_texts(time: datetime) -> tuple[str, str]:
    """Return a time as it is shown and as it is edited: in the person's time zone, or as it stands without one."""
    try:
        here = times.local(time) if time.tzinfo else time
    except OverflowError:
        return time.isoformat(), time.isoformat()
    year = "" if here.year == times.local(timezone.now()).year else f" {here.year}"
    return f"{here.day} {here:%b}{year} {here:%H:%M}", _written(here)


def _clock(now: datetime, zone: str) -> datetime:
    return now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


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
