"""A workflow's remote schema as a Django form."""

from collections.abc import Iterator
from copy import copy
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from pipelines_portal.api_client import Schema
from pipelines_portal.workflows.fields.base import FieldValues, is_blank
from pipelines_portal.workflows.fields.local_times import NOWHERE, known_zone
from pipelines_portal.workflows.fields.types import FILE_UPLOAD, input_for, type_of

PREFIX = "field-"


class SchemaForm(forms.Form):
    """One form field a predefined field, under `field-<name>`; file fields are left to the ZIP upload."""

    # What `as_typed` was given.
    typed: Any = None
    # The schema this form was made from: tells whether the fields changed while someone typed.
    schema = forms.CharField(widget=forms.HiddenInput, required=False)
    # Whose clocks the times in it are of: what was shown goes before where the person is by now.
    zone = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, remote: Schema, data: Any = None, *, values: FieldValues | None = None, zone: str = NOWHERE
    ) -> None:
        """`values`: field values of an earlier task to start from, as they were sent. `zone`: of the person."""
        self.remote = remote
        self.entered = [field for field in remote.fields if field.type != FILE_UPLOAD]
        self.time_zone = known_zone(zone if data is None else data.get("zone", ""))
        super().__init__(data, initial=self._start_from(values or {}), label_suffix="")
        for field in self.entered:
            self.fields[PREFIX + field.name] = input_for(field, self.time_zone)
        self._focus_first()

    @classmethod
    def as_typed(cls, remote: Schema, data: Any) -> "SchemaForm":
        """With what was typed in it, and no judgement."""
        form = cls(remote, zone=data.get("zone", ""))
        form.typed = data
        for name, field in form.fields.items():
            if name.startswith(PREFIX):
                form.initial[name] = field.widget.value_from_datadict(data, {}, name)
        return form

    def payload(self) -> FieldValues:
        """What to send: values by API name; what was left empty is left out. Call on a valid form."""
        values = {field.name: self.cleaned_data[PREFIX + field.name] for field in self.entered}
        return {name: value for name, value in values.items() if not is_blank(value)}

    def values_so_far(self) -> FieldValues:
        """As `payload`, of a form that need not be whole: nothing is required of it from now on."""
        for field in self.fields.values():
            field.required = False
        self.full_clean()
        values = {field.name: self.cleaned_data.get(PREFIX + field.name) for field in self.entered}
        return {name: value for name, value in values.items() if not is_blank(value)}

    def rows(self) -> Iterator[tuple[BoundField, str]]:
        """The fields to show, each with its API name."""
        for field in self.entered:
            yield self[PREFIX + field.name], field.name

    def fields_changed(self) -> bool:
        """Whether the workflow's fields are others than when the form was opened (publishing can change them)."""
        return self.is_bound and bool(self.data.get("schema")) and self.data["schema"] != self.remote.digest

    def lost_values(self) -> list[tuple[str, str]]:
        """What was typed into fields that the workflow no longer has."""
        known = {PREFIX + field.name for field in self.entered}
        data = self.data if self.typed is None else self.typed
        typed = [name for name in data if name.startswith(PREFIX) and name not in known]
        lost = [(name.removeprefix(PREFIX), _all_of(data, name)) for name in typed]
        return [(name, text) for name, text in lost if text]

    def typed_values(self) -> FieldValues:
        """The texts of a form `as_typed`, by API name."""
        return {field.name: self.initial.get(PREFIX + field.name) for field in self.entered}

    def follow_schema(self) -> None:
        """Carry the present schema's mark, so that the next post is measured against it."""
        data: Any = copy(self.data)
        data["schema"] = self.remote.digest
        self.data = data

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong, and the id of the input, for each field that needs the person, in the form's order."""
        wrong = [self[PREFIX + field.name] for field in self.entered if PREFIX + field.name in self.errors]
        return [(_named(field), _first_input(field)) for field in wrong]

    def add_api_error(self, field_name: str, message: str) -> None:
        """An error of the API at its field; on top when the form has no such field."""
        name = PREFIX + field_name
        self.add_error(name if name in self.fields else None, message)

    def _start_from(self, values: FieldValues) -> dict[str, Any]:
        known = [field for field in self.entered if values.get(field.name) is not None]
        shown = {PREFIX + field.name: type_of(field).as_text(values[field.name]) for field in known}
        return {"schema": self.remote.digest, "zone": self.time_zone} | shown

    def _focus_first(self) -> None:
        """The cursor stands in the first field: people enter task after task. What is wrong takes it otherwise."""
        for field in self.entered[:1] if not self.is_bound else []:
            self.fields[PREFIX + field.name].widget.attrs["autofocus"] = True


def _all_of(data: Any, name: str) -> str:
    """A ranking has an input an item."""
    return "\n".join(data.getlist(name)) if hasattr(data, "getlist") else data[name]


def _named(field: BoundField) -> str:
    """What is wrong with it, for a place where its label does not stand beside."""
    label, said = str(field.label), " ".join(map(str, field.errors))
    if said.startswith("This "):
        return f"{label} {said.removeprefix('This ')}"
    return said if said.startswith(label) else f"{label}: {said}"


def _first_input(field: BoundField) -> str:
    return f"{field.auto_id}_0" if field.use_fieldset else field.auto_id
