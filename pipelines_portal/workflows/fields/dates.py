"""Dates with times. People enter them in their time zone; they are sent in UTC."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils import timezone

from pipelines_portal.api_client import Field
from pipelines_portal.core import notation
from pipelines_portal.values.dates import clock_time, full_year
from pipelines_portal.values.local_times import (
    NOWHERE,
    clock_text,
    meanings,
    offset_of,
    on_clocks,
    place_of,
    utc_text,
)
from pipelines_portal.values.typed_times import read_typed_time
from pipelines_portal.workflows.fields.base import EnteredField, FieldType

OFFSET = "offset-"
# The time of day behind a date: 10:15, 10:15:30, 4 pm
CLOCK = re.compile(r"[0-9]{1,2}(?::[0-9]{2}){1,2}(?: ?[ap]\.?m\b\.?)?|[0-9]{1,2} ?[ap]\.?m\b\.?", re.IGNORECASE)
TWO_DAYS = re.compile(r"([0-9]{1,2})([/-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?![0-9])(.*)")
LONGEST_DATE = 60


class LocalTimeInput(forms.TextInput):
    """An input for a time in `zone`, as people type it. If a time occurs twice there, a second input has the offset.

    Words such as "now" mean the time at `typed_at`, by default the current time.
    """

    zone = NOWHERE
    typed_at: datetime | None = None

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        text, offset = data.get(name), data.get(OFFSET + name)
        if text and timestamp_in(text) is None:
            typed_at = (self.typed_at or timezone.now()).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
            read = read_typed_time(text, typed_at) or clock_time(text, notation.current().is_day_first)
            text = read.isoformat() if read else text
        return text + offset if offset and offset in map(offset_of, both_meanings(text, self.zone)) else text

    def format_value(self, value: Any) -> Any:
        """Return the time as people write it: without its offset, and without the T of ISO 8601."""
        timestamp = timestamp_in(value)
        if timestamp is None:
            return value
        shown = value[: -len(offset_of(timestamp))] if timestamp.tzinfo else value
        return shown.replace("T", " ").removesuffix(":00") if shown.count(":") > 1 else shown.replace("T", " ")


@dataclass(frozen=True)
class Meaning:
    """One of two moments with the same local time. `offset` tells them apart."""

    offset: str
    words: str
    is_chosen: bool


class ClockTime(BoundField):
    """A time of a form with its meaning in UTC."""

    field: "LocalTimeField"

    @property
    def zone(self) -> str:
        return self.field.zone

    @property
    def shown(self) -> Any:
        """Return the text of the input."""
        return self.field.widget.format_value(self.value())

    @property
    def meaning(self) -> str:
        return meaning_of(self.value(), self.zone)

    @property
    def meanings(self) -> list[Meaning]:
        """Return both moments if the time occurs twice because clocks were set back."""
        text = str(self.value() or "")
        return [
            Meaning(
                offset_of(timestamp),
                f"The {nth}, {clock_text(timestamp, timestamp)}",
                text.endswith(offset_of(timestamp)),
            )
            for nth, timestamp in zip(("first", "second"), both_meanings(text, self.zone), strict=False)
        ]


class LocalTimeField(EnteredField):
    """A local time in `zone`, which is cleaned to UTC. A time with an offset of its own is sent unchanged."""

    zone = NOWHERE
    bound_field_class = ClockTime

    def set_zone(self, zone: str) -> None:
        self.zone = zone
        self.widget.zone = zone
        if zone != NOWHERE:
            self.help_text = f"{place_of(zone)} time, like 27 Nov 10:15 or yesterday 4pm"

    def clean(self, value: Any) -> Any:
        clock = timestamp_in(value)
        if clock is not None and clock.tzinfo and self._is_chosen(clock):
            return utc_text(clock)
        if self.zone == NOWHERE or clock is None or clock.tzinfo:
            return super().clean(value)
        return utc_text(self._single_timestamp(clock))

    def prepare_value(self, value: Any) -> Any:
        """Return the local time in the zone."""
        timestamp = timestamp_in(value)
        if timestamp is None or not timestamp.tzinfo:
            return super().prepare_value(value)
        try:
            return on_clocks(timestamp, self.zone)
        except OverflowError:
            return super().prepare_value(value)

    def _is_chosen(self, timestamp: datetime) -> bool:
        """Return whether it is one of two moments with the same local time: then the form added the offset."""
        both = both_meanings(timestamp.replace(tzinfo=None).isoformat(), self.zone)
        return offset_of(timestamp) in map(offset_of, both)

    def _single_timestamp(self, clock: datetime) -> datetime:
        try:
            meant = meanings(clock, self.zone)
        except OverflowError:
            raise ValidationError("Enter a date between the years 1 and 9999.") from None
        if len(meant) != 1:
            raise ValidationError(_not_one(clock, self.zone, is_twice=bool(meant)))
        return meant[0]


class DateTime(FieldType):
    """A date with a time. It is entered in UTC, unless the form has a time zone."""

    def widget(self, field: Field) -> forms.Widget:
        return LocalTimeInput(attrs={"autocomplete": "off"})

    def help(self, field: Field) -> str:
        return "UTC"

    def form_field(self, field: Field) -> forms.Field:
        return LocalTimeField(self, field, widget=self.widget(field), **self.labels(field))

    def read_cell(self, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    def read_text(self, text: str) -> Any:
        text = text.strip()
        timestamp = timestamp_in(text)
        return text if timestamp is None or timestamp.tzinfo else f"{timestamp.replace(microsecond=0).isoformat()}Z"

    def rejection(self, field: Field, value: Any) -> str:
        """Accept every form of ISO 8601."""
        return "" if timestamp_in(value) else "isn’t a date that exists, like 30 Mar 2026 12:00"

    def error_message(self, field: Field, value: Any) -> str:
        if not self.rejection(field, value):
            return ""
        return two_days(value) or "Enter a date that exists, like 27 Nov 10:15 or yesterday 4pm."


def two_days(text: Any) -> str:
    """Return the message for a date such as 03/04/2026, which has two meanings, or ""."""
    days = both_days(text)
    if not days:
        return ""
    first, second = days
    return f"Is it {first.day} {first:%B} or {second.day} {second:%B}? Write the month as a word."


def both_days(text: Any) -> list[datetime]:
    """Return the two days that a date such as 03/04/2026 can mean, day first, or []."""
    found = TWO_DAYS.match(text.strip()[:LONGEST_DATE]) if isinstance(text, str) else None
    if not found:
        return []
    one, other = int(found[1]), int(found[3])
    year = int(found[4]) if len(found[4]) == 4 else full_year(int(found[4]))
    if one == other or not (1 <= one <= 12 and 1 <= other <= 12 and year):
        return []
    return [datetime(year, other, one), datetime(year, one, other)]


def possible_times(text: str) -> list[tuple[str, str]]:
    """Return both meanings of such a date: the day in words, and a text with its time that has one meaning."""
    found = TWO_DAYS.match(text.strip()[:LONGEST_DATE])
    rest = found[5].strip(" ,T") if found else ""
    if rest and not CLOCK.fullmatch(rest):
        return []  # a button would drop what is not understood
    times = f" {rest}" if rest else ""
    return [(f"{day.day} {day:%B}", f"{day.day} {day:%b} {day.year}{times}") for day in both_days(text)]


def timestamp_in(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except (ValueError, TypeError, AttributeError):
        return None


def both_meanings(text: Any, zone: str) -> list[datetime]:
    """Return the two moments that a typed time can mean, or [] if it is unambiguous or invalid."""
    clock = timestamp_in(text)
    try:
        meant = meanings(clock.replace(tzinfo=None), zone) if clock else []
    except OverflowError:
        return []
    return meant if len(meant) == 2 else []


def meaning_of(text: Any, zone: str) -> str:
    """Return a typed time with its place and UTC: "27 Nov 17:00, Vienna time (16:00 UTC)", or "" if it is not one."""
    timestamp = timestamp_in(text)
    if timestamp is None:
        return ""
    clock = timestamp.replace(tzinfo=None)
    shown = f"{clock.day} {clock:%b %Y %H:%M}"
    if zone == NOWHERE:
        return f"{shown} UTC"
    try:
        meant = [timestamp] if timestamp.tzinfo else meanings(clock, zone)
        return f"{shown}, {place_of(zone)} time ({clock_text(meant[0], clock)})" if len(meant) == 1 else ""
    except OverflowError:
        return ""


def _not_one(clock: datetime, zone: str, *, is_twice: bool) -> str:
    when = f"{clock:%H:%M} on {clock.day} {clock:%B %Y}"
    if is_twice:
        return f"{when} came twice in {place_of(zone)}: the clocks were set back. Choose which one."
    return f"{when} never came in {place_of(zone)}: the clocks were put forward over it. Enter another time."
