from typing import TypedDict

from django import forms
from django.http import QueryDict

from pipelines_portal.api_client.models import TASK_STATUSES
from pipelines_portal.web.parameters import number_in

from .attention import ATTENTION

PAGE_SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 50


class Filters(TypedDict):
    """`status` is "" for all, or ATTENTION."""

    status: str
    limit: int


class TaskFilterForm(forms.Form):
    """What the address of a task list says. Nonsense in it counts as not said."""

    status = forms.ChoiceField(choices=[(name, name) for name in (*TASK_STATUSES, ATTENTION)], required=False)
    limit = forms.TypedChoiceField(choices=[(size, size) for size in PAGE_SIZES], coerce=int, required=False)

    @classmethod
    def filters(cls, query: QueryDict) -> Filters:
        form = cls(query)
        form.is_valid()
        return {"status": form.cleaned_data.get("status", ""), "limit": form.cleaned_data.get("limit") or DEFAULT_SIZE}


class GoToTaskForm(forms.Form):
    """The box that leads to a task by its ID, as people copy it."""

    go = forms.CharField(max_length=100, error_messages={"required": "Enter the ID of a task, such as 40412."})

    def clean_go(self) -> int:
        number = number_in(self.cleaned_data["go"].strip().removeprefix("#"))
        if not number:
            raise forms.ValidationError("A task's ID is a number, such as 40412.")
        return number
