from typing import TypedDict

from django import forms
from django.http import HttpRequest

from pipelines_portal.api_client.models import TASK_STATUSES

PAGE_SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 50


class Filters(TypedDict):
    """`status` is "" for all."""

    status: str
    limit: int


class TaskFilterForm(forms.Form):
    """What the address of a task list says. Nonsense in it counts as not said."""

    status = forms.ChoiceField(choices=[(status, status) for status in TASK_STATUSES], required=False)
    limit = forms.TypedChoiceField(choices=[(size, size) for size in PAGE_SIZES], coerce=int, required=False)

    @classmethod
    def filters(cls, request: HttpRequest) -> Filters:
        form = cls(request.GET)
        form.is_valid()
        return {"status": form.cleaned_data.get("status", ""), "limit": form.cleaned_data.get("limit") or DEFAULT_SIZE}
