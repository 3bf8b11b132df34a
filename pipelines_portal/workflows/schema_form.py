"""The schema of a workflow as a Django form."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils import timezone

from pipelines_portal.api_client import Schema
from pipelines_portal.core import notation
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.checking import check_row
from pipelines_portal.workflows.fields.field_values import FieldValues, is_blank
from pipelines_portal.workflows.fields.reading.local_times import NOWHERE, known_zone
from pipelines_portal.workflows.fields.time_inputs import LocalTimeField
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import Problem, Verdict
from pipelines_portal.workflows.rules.judge import MOST_RULES, Rule, Rules
from pipelines_portal.workflows.rules.once import Use, UsedValue, add_used

PREFIX = "field-"


class DescribedField(BoundField):
    """A field that its hint describes too, besides its help and errors."""

    @property
    def aria_describedby(self) -> str | None:
        has_hint = isinstance(self.form, SchemaForm) and self.name in map(PREFIX.__add__, self.form.hints)
        hint = f"{self.auto_id}_hint" if has_hint else ""
        return " ".join(filter(None, (hint, super().aria_describedby))) or None


class SchemaForm(forms.Form):
    """A form with a field `field-<name>` for each field of the schema, except file fields."""

    bound_field_class = DescribedField
    # The data of `as_typed`.
    typed: Any = None
    verdict: Verdict
    is_incomplete = False
    # The digest of the schema of this form, to notice when the fields have changed.
    schema = forms.CharField(widget=forms.HiddenInput, required=False)
    # The time zone of the times in this form, which stays even if the person has moved.
    zone = forms.CharField(widget=forms.HiddenInput, required=False)
    # How the numbers and dates in this form are written, even if the person has chosen other formats since.
    notation = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        remote: Schema,
        data: Any = None,
        *,
        values: FieldValues | None = None,
        zone: str = NOWHERE,
        rules: Sequence[Rule] = (),
        find_uses: Callable[[FieldValues], Mapping[UsedValue, Use]] | None = None,
    ) -> None:
        """Create the form. `values` are initial values as they were sent. `zone` is the time zone of the person.

        `find_uses` says where values that are used once were used.
        """
        self.remote, self.rules, self.find_uses = remote, rules, find_uses
        # What somebody wrote about the fields, by their names: see workflows/notes.py.
        self.hints: dict[str, str] = {}
        # What rules warn of, and what the person has accepted of that, by the names of the fields.
        self.warnings: dict[str, Problem] = {}
        self.accepted: dict[str, Problem] = {}
        entered = (field for field in remote.fields if not type_of(field).is_file)
        # Required fields come first.
        self.entered = sorted(entered, key=lambda field: not field.required)
        self.time_zone = known_zone(zone if data is None else data.get("zone", ""))
        mark = None if data is None else data.get("notation")
        self.typed_in = notation.current() if mark is None else Notation.of_mark(mark)
        super().__init__(data, initial=self._start_from(values or {}), label_suffix="")
        for field in self.entered:
            kind = type_of(field)
            self.fields[PREFIX + field.name] = kind.input(self.time_zone, self.typed_in)
            if kind.has_suggestions:
                self.fields[PREFIX + field.name].widget.attrs["data-offers"] = field.name
        if data is None:
            self._focus_first()

    @classmethod
    def as_typed(cls, remote: Schema, data: Any, typed_at: datetime | None = None) -> "SchemaForm":
        """Return a form with what was typed, without checking it. Words such as "now" mean the time at `typed_at`."""
        with notation.override(Notation.of_mark(data["notation"]) if "notation" in data else notation.current()):
            form = cls(remote, zone=data.get("zone", ""))
        form.typed = data
        for name, field in form.fields.items():
            if isinstance(field, LocalTimeField):
                field.widget.typed_at = typed_at
            if name.startswith(PREFIX):
                form.initial[name] = field.widget.value_from_datadict(data, {}, name)
        form._focus_first()
        return form

    def fill_in(self, values: FieldValues) -> None:
        """Put `values`, as they were sent, in place of what was typed. Call on a form `as_typed`."""
        for field in self.entered:
            if values.get(field.name) is not None:
                self.initial[PREFIX + field.name] = type_of(field).as_text(values[field.name])

    def clean(self) -> None:
        """Check what was entered as a row: a file or a row of the grid with the same texts has the same verdict."""
        typed = {field.name: self.cleaned_data[PREFIX + field.name] for field in self.entered}
        now, accepted = timezone.now(), self.accepted_reasons()
        self.verdict = check_row(self.entered, typed, self.typed_in, self.time_zone, now, self.rules, accepted)
        if self.find_uses:
            uses = self.find_uses(self.verdict.values)
            add_used(Rules(self.rules, self.remote.fields), self.verdict, uses)
        self.warnings = {problem.field: problem for problem in self.verdict.problems if problem.is_warning}
        self.accepted = {problem.field: problem for problem in self.verdict.accepted}
        for problem in self.verdict.problems:
            if not (self.is_incomplete and problem.is_missing):
                self.add_error(PREFIX + problem.field, problem.sentence)

    def accepted_reasons(self) -> dict[str, str]:
        """Return the reasons of the warnings that were ticked, by their marks."""
        ticked = self.data.getlist("accept") if hasattr(self.data, "getlist") else []
        return {mark: self.data.get(f"why-{mark}", "").strip() for mark in ticked[:MOST_RULES]}

    def payload(self) -> FieldValues:
        """Return the values to send by field name, without empty ones. Call on a form that was checked."""
        return self.verdict.values

    def values_so_far(self) -> FieldValues:
        """Return the valid values of an incomplete form. From then on, no field is required."""
        self.is_incomplete = True
        self.full_clean()
        return self.verdict.values

    def fields_changed(self) -> bool:
        """Return whether the workflow's fields have changed since the form was opened."""
        return self.is_bound and bool(self.data.get("schema")) and self.data["schema"] != self.remote.digest

    def lost_values(self) -> list[tuple[str, str]]:
        """Return what was typed into fields that the workflow no longer has."""
        known = {PREFIX + field.name for field in self.entered}
        data = self.data if self.typed is None else self.typed
        typed = [name for name in data if name.startswith(PREFIX) and name not in known]
        lost = [(name.removeprefix(PREFIX), _joined_texts(data, name)) for name in typed]
        return [(name, text) for name, text in lost if text]

    def typed_values(self) -> FieldValues:
        """Return the texts of a form `as_typed` by field name."""
        return {field.name: self.initial.get(PREFIX + field.name) for field in self.entered}

    def follow_schema(self) -> None:
        """Accept the current schema: put its digest into the posted data."""
        data: Any = copy(self.data)
        data["schema"] = self.remote.digest
        self.data = data

    def field_errors(self) -> list[tuple[str, str]]:
        """Return message and input ID of each field with an error, in the order of the form."""
        wrong = [self[PREFIX + field.name] for field in self.entered if PREFIX + field.name in self.errors]
        return [(_message_of(field), _first_input(field)) for field in wrong]

    @property
    def are_warnings(self) -> bool:
        """Whether nothing but warnings keep the task from being created."""
        return bool(self.warnings) and self.errors.keys() == {PREFIX + name for name in self.warnings}

    def add_api_error(self, field_name: str, message: str) -> None:
        """Add an error of the API to its field, or to the whole form if there is no such field."""
        name = PREFIX + field_name
        self.add_error(name if name in self.fields else None, message)

    def _start_from(self, values: FieldValues) -> dict[str, Any]:
        known = [field for field in self.entered if values.get(field.name) is not None]
        shown = {PREFIX + field.name: type_of(field).as_text(values[field.name]) for field in known}
        return {"schema": self.remote.digest, "zone": self.time_zone, "notation": self.typed_in.mark} | shown

    def _focus_first(self) -> None:
        """Focus the first required field without a value. In a form with errors, the summary gets the focus."""
        empty = [each for each in self.entered if each.required and is_blank(self.initial.get(PREFIX + each.name))]
        first = next(iter(empty or self.entered), None)
        for field in self.entered:
            self.fields[PREFIX + field.name].widget.attrs["autofocus"] = field is first


def _joined_texts(data: Any, name: str) -> str:
    """Return all texts of an input name: a ranking has one input for each item."""
    return "\n".join(data.getlist(name)) if hasattr(data, "getlist") else data[name]


def _message_of(field: BoundField) -> str:
    """Return the errors of the field with its label."""
    label, errors = str(field.label), " ".join(map(str, field.errors))
    return errors if errors.startswith(label) else f"{label}: {errors}"


def _first_input(field: BoundField) -> str:
    return f"{field.auto_id}_0" if field.use_fieldset else field.auto_id
