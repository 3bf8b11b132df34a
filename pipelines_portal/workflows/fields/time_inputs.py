"""Inputs for times. People enter them in their time zone; they are sent in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.forms.boundfield import BoundField
from django.utils import timezone

from pipelines_portal.core import notation
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.fields.inputs import EnteredField
from pipelines_portal.workflows.fields.reading.local_times import (
    NOWHERE,
    clock_text,
    local_clock,
    meanings,
    offset_of,
    on_clocks,
    place_of,
)
from pipelines_portal.workflows.fields.reading.times import readings, timestamp_in

OFFSET = "offset-"


class LocalTimeInput(forms.TextInput):
    """An input for a time in `zone`, as people type it. If a time occurs twice there, a second input has the offset.

    Words such as "now" mean the time at `typed_at`, by default the current time.
    """

    zone = NOWHERE
    typed_at: datetime | None = None
    typed_in: Notation | None = None

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        text, offset = data.get(name), data.get(OFFSET + name)
        if text and timestamp_in(text) is None:
            typed_at = (self.typed_at or timezone.now()).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
            read = readings(text, typed_at, (self.typed_in or notation.current()).is_day_first)
            text = read[0].isoformat() if len(read) == 1 else text
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
    """A local time in `zone`."""

    zone = NOWHERE
    bound_field_class = ClockTime

    def set_zone(self, zone: str) -> None:
        self.zone = zone
        self.widget.zone = zone
        if zone != NOWHERE:
            self.help_text = f"{place_of(zone)} time: 27 Nov 10:15, mon 9:00, yesterday 4pm"

    def prepare_value(self, value: Any) -> Any:
        """Return the local time in the zone."""
        timestamp = timestamp_in(value)
        if timestamp is None or not timestamp.tzinfo:
            return super().prepare_value(value)
        try:
            return on_clocks(timestamp, self.zone)
        except OverflowError:
            return super().prepare_value(value)


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
    try:
        clock = local_clock(timestamp, zone) if timestamp.tzinfo else timestamp
        meant = [timestamp] if timestamp.tzinfo else meanings(clock, zone)
        shown = f"{clock.day} {clock:%b %Y %H:%M}"
        if zone == NOWHERE:
            return f"{shown} UTC"
        return f"{shown}, {place_of(zone)} time ({clock_text(meant[0], clock)})" if len(meant) == 1 else ""
    except OverflowError:
        return ""
