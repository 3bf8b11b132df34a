"""One box for all: a task ID leads there, words find what was sent."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.submissions.search.excerpts import excerpt
from pipelines_portal.submissions.search.finding import Found, find_page
from pipelines_portal.submissions.search.forms import SearchForm
from pipelines_portal.submissions.search.tasks import places_of, places_to_look


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
    """The address of the next page; "" when there is none."""
    if not found.before:
        return ""
    query = request.GET.copy()
    query["before"], query["way"] = str(found.before), str(found.way)
    return f"?{query.urlencode()}"
