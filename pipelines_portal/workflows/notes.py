"""Notes about a workflow: instructions, and hints for its fields, in plain text with links."""

import re
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
from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowNote

LONGEST_INSTRUCTIONS, LONGEST_HINT = 2000, 300
PREFIX = "hint-"
LONGEST_NAME = WorkflowNote._meta.get_field("field").max_length or 0


def notes_of(workflow: OpenedWorkflow) -> dict[str, str]:
    """Return the texts by the names of fields; the instructions have an empty name."""
    return dict(_notes(workflow).values_list("field", "text"))


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
    """The instructions, and a hint for each field, except fields whose names are too long to be stored."""

    instructions = WorkflowNoteField(
        label="Instructions",
        max_length=LONGEST_INSTRUCTIONS,
        help_text="Shown beside the form. To add a link, type its address with https://.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, schema: Schema, notes: dict[str, str], data: Any = None) -> None:
        super().__init__(data, initial={input_name(field): text for field, text in notes.items()}, label_suffix="")
        for field in schema.fields:
            if len(field.name) <= LONGEST_NAME:
                widget = forms.TextInput(attrs={"placeholder": "Hint", "autocomplete": "off"})
                label = f"Hint for {field.label}"
                self.fields[input_name(field.name)] = WorkflowNoteField(
                    label=label, max_length=LONGEST_HINT, widget=widget
                )

    def changes(self) -> dict[str, str]:
        """Return the texts that the person changed, by the names of fields. Call on a valid form."""
        return {field_name(name): self.cleaned_data[name] for name in self.changed_data}

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
        _store(workflow, field, text, by)
    if changes:
        fields = sorted(field or "instructions" for field in changes)
        record(Verb.WORKFLOW_NOTES_CHANGED, by=by, target=workflow, key=str(workflow.key), fields=fields)
    return True


def _store(workflow: OpenedWorkflow, field: str, text: str, by: User) -> None:
    if not text:
        _notes(workflow).filter(field=field).delete()
        return
    values = {"text": text, "person": by, "at": timezone.now()}
    place: dict[str, Any] = {"key": workflow.key, "workflow_id": workflow.workflow_id, "field": field}
    WorkflowNote.objects.update_or_create(**place, defaults=values)
