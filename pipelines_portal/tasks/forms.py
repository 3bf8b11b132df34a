from typing import TypedDict

from django import forms
from django.http import QueryDict

from pipelines_portal.api_client import TaskStatus
from pipelines_portal.core.parameters import number_in
from pipelines_portal.tasks.attention import ATTENTION

PAGE_SIZES = (25, 50, 100, 200)
SIZES_AS_WRITTEN = {str(size) for size in PAGE_SIZES}
DEFAULT_SIZE = 50


class Filters(TypedDict):
    """The filters of a list. `status` is "" for all, or ATTENTION."""

    status: str
    limit: int


def filters_of(query: QueryDict) -> Filters:
    """Read the filters in an address, and ignore invalid ones."""
    status, limit = query.get("status", ""), query.get("limit", "")
    return {
        "status": status if status == ATTENTION or TaskStatus.known(status) else "",
        "limit": int(limit) if limit in SIZES_AS_WRITTEN else DEFAULT_SIZE,
    }


class GoToTaskForm(forms.Form):
    """The input that leads to a task by its ID."""

    go = forms.CharField(max_length=100, error_messages={"required": "Enter the ID of a task, such as 40412."})

    def clean_go(self) -> int:
        number = number_in(self.cleaned_data["go"].strip().removeprefix("#"))
        if not number:
            raise forms.ValidationError("A task's ID is a number, such as 40412.")
        return number
