"""Dates with times, in ISO 8601."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import EnteredField, FieldType
from pipelines_portal.workflows.fields.local_times import (
    NOWHERE,
    clock_text,
    meanings,
    offset_of,
    on_clocks,
    place_of,
    utc_text,
)

OFFSET = "offset-"


class LocalTimeInput(forms.DateTimeInput):
    """Of `zone`. Where its clocks show one time twice, the offset that was chosen comes along in a second input."""

    input_type = "datetime-local"
    zone = NOWHERE

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        text, offset = data.get(name), data.get(OFFSET + name)
        return text + offset if offset and offset in map(offset_of, both_meanings(text, self.zone)) else text

    def format_value(self, value: Any) -> Any:
        """Inputs for a time know no offset."""
        moment = moment_in(value)
        return value if moment is None or not moment.tzinfo else value[: -len(offset_of(moment))]


@dataclass(frozen=True)
class Meaning:
    """One of two moments that a clock shows alike; `offset` is what says which."""

    offset: str
    words: str
    is_chosen: bool


class ClockTime(BoundField):
    """A time on a page, and what it means."""

    field: "LocalTimeField"

    @property
    def zone(self) -> str:
        return self.field.zone

    @property
    def in_utc(self) -> str:
        return in_utc(self.value(), self.zone)

    @property
    def meanings(self) -> list[Meaning]:
        """Both, where clocks were put back and show the time twice."""
        text = str(self.value() or "")
        return [
            Meaning(offset_of(moment), f"The {nth}, {clock_text(moment, moment)}", text.endswith(offset_of(moment)))
            for nth, moment in zip(("first", "second"), both_meanings(text, self.zone), strict=False)
        ]


class LocalTimeField(EnteredField):
    """A time as the clocks of `zone` show it, cleaned to UTC; one that says its own offset is sent as it stands."""

    zone = NOWHERE
    bound_field_class = ClockTime

    def be_in(self, zone: str) -> None:
        self.zone = zone
        self.widget.zone = zone
        if zone != NOWHERE:
            self.help_text = f"Your time, {place_of(zone)}. It is sent in UTC."

    def clean(self, value: Any) -> Any:
        clock = moment_in(value)
        if clock is not None and clock.tzinfo and self._is_chosen(clock):
            return utc_text(clock)
        if self.zone == NOWHERE or clock is None or clock.tzinfo:
            return super().clean(value)
        return utc_text(self._the_one(clock))

    def prepare_value(self, value: Any) -> Any:
        """On the clocks of the zone."""
        moment = moment_in(value)
        if moment is None or not moment.tzinfo:
            return super().prepare_value(value)
        try:
            return on_clocks(moment, self.zone)
        except OverflowError:
            return super().prepare_value(value)

    def _is_chosen(self, moment: datetime) -> bool:
        """Whether it is one of two that the clocks show alike, and so of this form, not pasted."""
        both = both_meanings(moment.replace(tzinfo=None).isoformat(), self.zone)
        return offset_of(moment) in map(offset_of, both)

    def _the_one(self, clock: datetime) -> datetime:
        try:
            meant = meanings(clock, self.zone)
        except OverflowError:
            raise ValidationError("This must be a date and time of our age.") from None
        if len(meant) != 1:
            raise ValidationError(_not_one(clock, self.zone, is_twice=bool(meant)))
        return meant[0]


class DateTime(FieldType):
    """Entered in UTC, unless the form is told of a zone."""

    def widget(self, field: Field) -> forms.Widget:
        return LocalTimeInput(attrs={"data-check": "time", "data-wrong": "Enter a whole date and time."})

    def help(self, field: Field) -> str:
        return "In UTC."

    def form_field(self, field: Field) -> forms.Field:
        return LocalTimeField(self, field, widget=self.widget(field), **self.labels(field))

    def read_cell(self, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    def read_text(self, text: str) -> Any:
        text = text.strip()
        moment = moment_in(text)
        return text if moment is None or moment.tzinfo else f"{moment.replace(microsecond=0).isoformat()}Z"

    def objection(self, field: Field, value: Any) -> str:
        """Whatever form of ISO 8601 the API reads."""
        return "" if moment_in(value) else "must be a date and time such as 2026-03-30T12:00:00Z"


def moment_in(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except (ValueError, TypeError, AttributeError):
        return None


def both_meanings(text: Any, zone: str) -> list[datetime]:
    """The two moments that a typed time can mean; empty when it means one, or none."""
    clock = moment_in(text)
    try:
        meant = meanings(clock.replace(tzinfo=None), zone) if clock else []
    except OverflowError:
        return []
    return meant if len(meant) == 2 else []


def in_utc(text: Any, zone: str) -> str:
    """What is sent for a typed time, in words: "10:30 in Vienna is 09:30 UTC"; "" where that is not one moment."""
    moment = moment_in(text)
    if moment is None or zone == NOWHERE:
        return ""
    clock = moment.replace(tzinfo=None)
    try:
        meant = [moment] if moment.tzinfo else meanings(clock, zone)
        return f"{clock:%H:%M} in {place_of(zone)} is {clock_text(meant[0], clock)}" if len(meant) == 1 else ""
    except OverflowError:
        return ""


def _not_one(clock: datetime, zone: str, *, is_twice: bool) -> str:
    when = f"{clock:%H:%M} on {clock.day} {clock:%B %Y}"
    if is_twice:
        return f"{when} came twice in {place_of(zone)}: the clocks were put back. Choose which one."
    return f"{when} never came in {place_of(zone)}: the clocks were put forward over it. Enter another time."
