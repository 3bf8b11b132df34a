"""Notes about a workflow: instructions, and hints for its fields, in plain text with links."""

import re
from collections.abc import Collection
from copy import copy
from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.web.form_fields import KeylessField, one_line
from pipelines_portal.workflows import texts
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowNote

LONGEST_INSTRUCTIONS, LONGEST_HINT = 2000, 300
PREFIX = "hint-"
SUGGEST = "suggest-"
LONGEST_NAME = WorkflowNote._meta.get_field("field").max_length or 0


def notes_of(workflow: OpenedWorkflow) -> dict[str, str]:
    """Return the texts by the names of fields; the instructions have an empty name."""
    return dict(_notes(workflow).exclude(text="").values_list("field", "text"))


def fields_without_suggestions(workflow: OpenedWorkflow) -> set[str]:
    """Return the fields in which earlier values are not suggested, although their type would allow it."""
    return set(_notes(workflow).filter(has_suggestions=False).values_list("field", flat=True))


def _notes(workflow: OpenedWorkflow) -> Any:
    return WorkflowNote.objects.filter(key=workflow.key_id, workflow_id=workflow.workflow_id)


class WorkflowNoteField(KeylessField):
    """A text whose lines hold no signs that are not seen. Its page carries the text that the person saw."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, show_hidden_initial=True, **options)

    def to_python(self, value: Any) -> str:
        lines = [one_line(line) for line in re.split(r"\r\n|\r|\n", str(value or ""))]
        return super().to_python("\n".join(lines)) or ""


class NotesForm(forms.Form):
    """The instructions, and for each field a hint, and whether earlier values are suggested.

    Fields whose names are too long to be stored are left out.
    """

    instructions = WorkflowNoteField(
        label="Instructions",
        max_length=LONGEST_INSTRUCTIONS,
        help_text="Shown beside the form. To add a link, type its address with https://.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self, schema: Schema, notes: dict[str, str], data: Any = None, *, without_suggestions: Collection[str] = ()
    ) -> None:
        initial: dict[str, Any] = {input_name(field): text for field, text in notes.items()}
        super().__init__(data, initial=initial, label_suffix="")
        for field in schema.fields:
            if len(field.name) <= LONGEST_NAME:
                widget = forms.TextInput(attrs={"placeholder": "Hint", "autocomplete": "off"})
                label = f"Hint for {field.label}"
                self.fields[input_name(field.name)] = WorkflowNoteField(
                    label=label, max_length=LONGEST_HINT, widget=widget
                )
                if type_of(field).has_suggestions:
                    self.fields[SUGGEST + field.name] = forms.BooleanField(
                        label="Suggest each person’s own earlier values",
                        required=False,
                        initial=field.name not in without_suggestions,
                        show_hidden_initial=True,
                    )

    def changes(self) -> dict[str, str]:
        """Return the texts that the person changed, by the names of fields. Call on a valid form."""
        texts = (name for name in self.changed_data if not name.startswith(SUGGEST))
        return {field_name(name): self.cleaned_data[name] for name in texts}

    def switches(self) -> dict[str, bool]:
        """Return which fields the person let have suggestions or not, where they changed that. Call on a valid form."""
        switched = (name for name in self.changed_data if name.startswith(SUGGEST))
        return {name.removeprefix(SUGGEST): self.cleaned_data[name] for name in switched}

    def seen(self, field: str) -> str:
        """Return the text that the person saw before they changed it."""
        name = input_name(field)
        return str(self.fields[name].to_python(self.data.get(self.add_initial_prefix(name), "")))

    def add_conflict(self, field: str, stored: str) -> None:
        """Show what someone else stored. The person has then seen it, and may save again."""
        name = input_name(field)
        data: Any = copy(self.data)
        data[self.add_initial_prefix(name)] = stored
        self.data = data
        self.add_error(name, texts.changed_by_other(stored))


def input_name(field: str) -> str:
    return f"{PREFIX}{field}" if field else "instructions"


def field_name(name: str) -> str:
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else ""


@transaction.atomic
def save_notes(workflow: OpenedWorkflow, form: NotesForm, by: User) -> bool:
    """Store the texts that were changed. If somebody else changed one of them since, add an error to its field.

    Return False if nothing was stored because of that. Call on a valid form.
    """
    if not OpenedWorkflow.objects.select_for_update().filter(pk=workflow.pk).first():
        raise Http404
    stored, changes = notes_of(workflow), form.changes()
    changes = {field: text for field, text in changes.items() if text != stored.get(field, "")}
    for field in changes:
        if stored.get(field, "") != form.seen(field):
            form.add_conflict(field, stored.get(field, ""))
    if form.errors:
        return False
    for field, text in changes.items():
        _store(workflow, field, by, text=text)
    switches = form.switches()
    for field, has_suggestions in switches.items():
        _store(workflow, field, by, has_suggestions=has_suggestions)
    if changes or switches:
        fields = sorted(field or "instructions" for field in changes | switches)
        record(Verb.WORKFLOW_NOTES_CHANGED, by=by, target=workflow, key=str(workflow.key), fields=fields)
    return True


def _store(workflow: OpenedWorkflow, field: str, by: User, **values: Any) -> None:
    place: dict[str, Any] = {"key": workflow.key, "workflow_id": workflow.workflow_id, "field": field}
    WorkflowNote.objects.update_or_create(**place, defaults=values | {"person": by, "at": timezone.now()})
    _notes(workflow).filter(field=field, text="", has_suggestions=True).delete()
