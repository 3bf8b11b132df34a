"""The forms of a workflow: one for its name, status and steps, and a row for each field of its tasks."""

from typing import Any, cast

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from pydantic import ValidationError

from pipelines_portal.external_api.models import Workflow
from pipelines_portal.external_api.organizations import texts
from pipelines_portal.external_api.workflows.editing import steps_with_statuses
from pipelines_portal.external_api.workflows.field_types import FIELD_TYPES
from pipelines_portal.external_api.workflows.rules import NAME_LENGTH, FieldPart, WorkflowContent

BLANK_ROWS = 3
# Each row of the form has nine inputs.
MOST_FIELDS = 200
ADD_ROWS = "add-field"
UNFILLED = {"autocomplete": "off"}
# Where the form shows a problem of the rules, and in which words. None: at the field that has the problem.
MESSAGES = {
    "options": ("options", texts.OPTIONS_MISSING),
    "range": ("max", texts.EMPTY_RANGE),
    "string_too_long": ("options", texts.OPTION_TOO_LONG),
    "line_break": (None, texts.LINE_BREAK),
}


def words(name: str) -> str:
    """PENDING_ACTIVATION → "Pending activation"."""
    return name.replace("_", " ").capitalize()


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class NumberField(forms.FloatField):
    """A number. A whole one stays whole, as its limits are shown."""

    def clean(self, value: Any) -> int | float | None:
        number = super().clean(value)
        return int(number) if number is not None and number.is_integer() else number


class WorkflowForm(forms.Form):
    name = forms.CharField(label="Name", max_length=NAME_LENGTH, widget=forms.TextInput(attrs=UNFILLED))
    status = forms.ChoiceField(
        label="Status",
        choices=[(status, words(status)) for status in Workflow.Status.values],
        help_text="Tasks can be created while it’s active or paused.",
    )
    steps = forms.CharField(
        label="Steps", required=False, help_text="One on each line, in order.", widget=forms.Textarea(attrs={"rows": 3})
    )


class FieldForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=NAME_LENGTH,
        help_text="Programs use it, for example: input_text",
        widget=forms.TextInput(attrs=UNFILLED | {"spellcheck": "false"}),
    )
    title = forms.CharField(
        label="Title", max_length=NAME_LENGTH, help_text="People see it.", widget=forms.TextInput(attrs=UNFILLED)
    )
    type = forms.ChoiceField(label="Type")
    required = forms.BooleanField(label="Required", required=False, initial=True)
    options = forms.CharField(
        label="Options",
        required=False,
        help_text="One on each line, for a select or ranking.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    min = NumberField(label="Minimum", required=False)
    max = NumberField(label="Maximum", required=False)
    help = forms.CharField(label="Help", required=False, widget=forms.TextInput(attrs=UNFILLED))

    def __init__(self, *args: Any, types: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["type"]).choices = [(name, words(name)) for name in types]
        self.fields["type"].initial = types[0]

    @property
    def is_filled(self) -> bool:
        return bool(self["name"].value() or self["title"].value())

    def has_changed(self) -> bool:
        """Return whether anything was entered into this row: a row as it was added is no field."""
        return bool(set(self.changed_data) - {"required", "ORDER"})

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not self.errors:
            try:
                cleaned["part"] = FieldPart.model_validate(self._values())
            except ValidationError as error:
                for problem in error.errors():
                    field, text = MESSAGES.get(problem["type"], (None, problem["msg"]))
                    self.add_error(field or next(map(str, problem["loc"]), None), text)
        return cleaned

    def _values(self) -> dict[str, Any]:
        values = {name: self.cleaned_data[name] for name in FieldPart.model_fields}
        return values | {"options": lines(values["options"]) or None, "help": values["help"] or None}


class _FieldFormSet(BaseFormSet[FieldForm]):
    """The rows of a workflow that has `stored` fields. More than 200 come from a file alone."""

    def __init__(self, data: Any = None, *, stored: int, **kwargs: Any) -> None:
        self.max_num = self.absolute_max = max(MOST_FIELDS, stored + BLANK_ROWS)
        messages = {"too_many_forms": texts.TOO_MANY_FIELDS}
        super().__init__(data, prefix="fields", error_messages=messages, **kwargs)

    def initial_form_count(self) -> int:
        """Return 0: rows of existing fields are checked like new ones, and every row may be blank."""
        return 0

    def add_fields(self, form: FieldForm, index: int | None) -> None:
        super().add_fields(form, index)
        order = form.fields["ORDER"]
        order.initial, order.label, order.help_text = 10 * ((index or 0) + 1), "Position", "Lower numbers come first."
        form.fields["DELETE"].label = "Remove this field"


FieldFormSet = formset_factory(FieldForm, formset=_FieldFormSet, can_order=True, can_delete=True)


class WorkflowForms:
    """All forms of a workflow. `data` is what was posted, or None."""

    def __init__(self, workflow: Workflow, data: Any = None) -> None:
        self.workflow = workflow
        used = [field["type"] for field in workflow.fields if field["type"] not in FIELD_TYPES]
        self.types = [*FIELD_TYPES, *dict.fromkeys(used)]
        options: dict[str, Any] = {"form_kwargs": {"types": self.types}, "stored": len(workflow.fields)}
        if data is not None and ADD_ROWS not in data:
            self.main = WorkflowForm(data, prefix="workflow")
            self.rows = FieldFormSet(data, **options)
        else:
            shown = _shown(workflow), list(map(_row, workflow.fields))
            main, rows = shown if data is None else _typed(data, FieldFormSet(data, **options).total_form_count())
            self.main = WorkflowForm(initial=main, prefix="workflow")
            self.rows = FieldFormSet(initial=rows, **options)
            self.rows.extra = len(rows) + BLANK_ROWS
        self.first_blank = next((row for row in self.rows if not row.is_filled), None)
        # A form that is all right as it is keeps its blank rows folded.
        self.opens_blank = data is not None and ADD_ROWS in data or not workflow.fields

    def is_valid(self) -> bool:
        """Check all forms, and then what they say together."""
        if not all([self.main.is_valid(), self.rows.is_valid()]):
            return False
        try:
            self.content = WorkflowContent.model_validate(self._values())
        except ValidationError as error:
            for problem in error.errors():
                self._show(problem["type"])
            return False
        return True

    def _values(self) -> dict[str, Any]:
        main = self.main.cleaned_data
        nodes = steps_with_statuses(lines(main["steps"]), self.workflow.nodes)
        fields = [row.cleaned_data["part"] for row in self.rows.ordered_forms]
        return {"name": main["name"], "status": main["status"], "nodes": nodes, "fields": fields}

    def _show(self, problem: str) -> None:
        if problem == "line_break":
            # Steps have none: the form has one on each line.
            self.main.add_error("name", texts.LINE_BREAK)
            return
        if problem != "same_name":
            self.main.add_error("steps", texts.STEP_TOO_LONG)
            return
        names: set[str] = set()
        for row in self.rows.ordered_forms:
            if (name := row.cleaned_data["name"]) in names:
                row.add_error("name", texts.SAME_FIELD_NAME)
            names.add(name)


def _shown(workflow: Workflow) -> dict[str, Any]:
    steps = "\n".join(node["name"] for node in workflow.nodes)
    return {"name": workflow.name, "status": workflow.status or Workflow.Status.ACTIVE, "steps": steps}


def _row(field: dict[str, Any]) -> dict[str, Any]:
    return field | {"required": field.get("required", True), "options": "\n".join(field.get("options") or [])}


def _typed(data: Any, count: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what was typed, unchecked, for a form that shows it with more rows."""
    main = {name: data.get(f"workflow-{name}", "") for name in WorkflowForm.base_fields}
    names = [*FieldForm.base_fields, "ORDER", "DELETE"]
    return main, [{name: data.get(f"fields-{index}-{name}", "") for name in names} for index in range(count)]
