"""The search page: a task ID leads to the task, words find what was sent."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import SubmissionRow, UnattributedTask
from pipelines_portal.submissions.search.excerpts import excerpt
from pipelines_portal.submissions.search.forms import SearchForm
from pipelines_portal.submissions.search.queries import Found, find_page
from pipelines_portal.workflows.models import OpenedWorkflow


@require_safe
@signed_in
def search(request: SignedInRequest) -> HttpResponse:
    form = SearchForm(request.user, request.GET)
    if not form.is_valid():
        return render_page(request, "submissions/search/search.html", {"form": form}, status=422)
    context: dict[str, Any] = {"form": form, "asked": form.cleaned_data["q"].strip()}
    if form.task_id is not None:
        places = places_of(request.user, form.task_id)
        if len(places) == 1:
            return redirect("tasks:detail", places[0].key_id, places[0].workflow_id, form.task_id)
        to_look = [] if places else places_to_look(request.user)
        context |= {"task_id": str(form.task_id), "places": places, "to_look": to_look}
    if form.words:
        context |= _found(request, form)
    return render_page(request, "submissions/search/search.html", context)


def _found(request: SignedInRequest, form: SearchForm) -> dict[str, Any]:
    found = find_page(request.user, form.question(), form.cleaned_data["way"], form.cleaned_data["before"])
    return {
        "hits": [_hit(row, form.words) for row in found.rows],
        "words": form.words,
        "further": _further(request, found),
    }


def _hit(row: SubmissionRow, words: list[str]) -> dict[str, Any]:
    return {
        "row": row,
        "submission": row.submission,
        "parts": excerpt(row.fields or {}, words),
        "has_task": row.task_id is not None and getattr(row, "is_key_usable", False),
    }


def _further(request: SignedInRequest, found: Found) -> str:
    """Return the address of the next page, or ""."""
    if not found.before:
        return ""
    query = request.GET.copy()
    query["before"], query["way"] = str(found.before), str(found.way)
    return f"?{query.urlencode()}"


MOST_PLACES = 12
COLUMNS = ("submission__key", "submission__workflow_id", "submission__workflow_name")


@dataclass(frozen=True)
class Place:
    """A workflow in which a task is or may be."""

    key_id: int
    workflow_id: int
    workflow_name: str

    @property
    def number(self) -> str:
        return str(self.workflow_id)


def places_of(user: User, task_id: int) -> list[Place]:
    """Return the workflows in which the portal created a task with this ID, with a key that they may use: mostly
    one.
    """
    sent: dict[str, Any] = {"task_id": task_id, "submission__key__in": SavedKey.objects.usable_by(user).values("pk")}
    found: set[Any] = set()
    for model in (SubmissionRow, UnattributedTask):
        found |= set(model._default_manager.filter(**sent).values_list(*COLUMNS)[:MOST_PLACES])
    return [Place(*each) for each in sorted(found)]


def places_to_look(user: User) -> list[Place]:
    """Return the workflows they opened last, where a task that the portal did not create may be."""
    usable = SavedKey.objects.usable_by(user).values("pk")
    opened = OpenedWorkflow.objects.filter(key__in=usable).marked_by(user).in_sight().recent_first()
    return [Place(each.key_id, each.workflow_id, each.name) for each in opened[:MOST_PLACES]]
