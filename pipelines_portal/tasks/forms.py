from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

from pipelines_portal.accounts.models import Team
from pipelines_portal.api_client import Field
from pipelines_portal.task_index.models import MAX_NOTE_LENGTH, NoteState
from pipelines_portal.tasks.models import LONGEST_NAME
from pipelines_portal.web.form_fields import NameField
from pipelines_portal.web.parameters import number_in

MOST_COLUMNS = 6
# As many as the largest page has.
MAX_TASKS = 200
NO_TASK_SELECTED = "Select at least one task."


class ListColumnsForm(forms.Form):
    """Which fields of the workflow are columns of the list."""

    columns = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Columns")

    def __init__(self, fields: Sequence[Field], shown: Sequence[str], data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"columns": list(shown)}, label_suffix="")
        self.fields["columns"].choices = [(known.name, known.label) for known in fields]  # type: ignore[attr-defined]

    def clean_columns(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["columns"]
        if len(chosen) > MOST_COLUMNS:
            raise forms.ValidationError(f"Choose at most {MOST_COLUMNS} columns.")
        return [name for name, _ in self.fields["columns"].choices if name in chosen]  # type: ignore[attr-defined]


class ViewForm(forms.Form):
    """The name of a view, and whose it is: "" for one's own, or else a team's."""

    name = NameField(
        label="Name",
        max_length=LONGEST_NAME,
        error_messages={"required": "Enter a name.", "max_length": f"Enter at most {LONGEST_NAME} characters."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto", "autofocus": True}),
    )
    team = forms.ChoiceField(label="For", required=False)
    opens_first = forms.BooleanField(label="Opens first", required=False)

    def __init__(self, teams: Iterable[Team], data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")
        choices = [(str(team.pk), f"Team {team}") for team in teams]
        self.fields["team"].choices = [("", "Me"), *choices]  # type: ignore[attr-defined]
        if not choices:
            del self.fields["team"]


class TasksForm(forms.Form):
    """Some tasks of a workflow, named by the values of `task`. `cleaned_data` has their `task_ids`."""

    def clean(self) -> dict[str, Any]:
        posted = self.data.getlist("task") if isinstance(self.data, QueryDict) else []
        task_ids = list(dict.fromkeys(map(number_in, posted)))
        if not task_ids or None in task_ids:
            raise forms.ValidationError(NO_TASK_SELECTED)
        if len(task_ids) > MAX_TASKS:
            raise forms.ValidationError(f"Select at most {MAX_TASKS} tasks.")
        return self.cleaned_data | {"task_ids": task_ids}


class NoteField(NameField):
    """A line of text that everybody who uses the workflow reads."""

    TOO_LONG: ClassVar = f"Enter at most {MAX_NOTE_LENGTH} characters."

    def __init__(self, **values: Any) -> None:
        messages = {"required": "Enter a note, for example “asked Ana”.", "max_length": self.TOO_LONG}
        widget = forms.TextInput(attrs={"autocomplete": "off"})
        super().__init__(label="Note", max_length=MAX_NOTE_LENGTH, error_messages=messages, widget=widget, **values)


class MuteForm(TasksForm):
    """`seen_at` is when the page read the statuses that it posts as `status-ID`."""

    note = NoteField(
        help_text="Everyone using this workflow sees the note. "
        "The task no longer counts as needing attention until its status changes."
    )
    seen_at = forms.DateTimeField(required=False)

    def status_of(self, task_id: int) -> str:
        """Return the status of the task on the page, or "" if the page did not post it."""
        return str(self.data.get(f"status-{task_id}", ""))


class MistakeForm(TasksForm):
    note = NoteField(required=False)


class ClearNoteForm(TasksForm):
    """`state` is the note that the page shows."""

    state = forms.TypedChoiceField(choices=NoteState.choices, coerce=NoteState)
