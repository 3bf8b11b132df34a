"""One box for all: a task ID leads there, words find what was sent."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.web.rendering import render_page

from ..excerpts import excerpt
from ..finding import Found, find
from ..forms import SearchForm


@require_safe
@signed_in
def search(request: SignedInRequest) -> HttpResponse:
    form = SearchForm(request.user, request.GET)
    if not form.is_valid():
        return render_page(request, "search/search.html", {"form": form}, status=422)
    context: dict[str, Any] = {"form": form, "asked": form.cleaned_data["q"].strip()}
    if form.task_id is not None:
        if len(form.places) == 1:
            return redirect("tasks:detail", form.places[0].key_id, form.places[0].workflow_id, form.task_id)
        context |= {"task_id": str(form.task_id), "places": form.places, "to_look": form.to_look}
    if form.words:
        context |= _found(request, form)
    return render_page(request, "search/search.html", context)


def _found(request: SignedInRequest, form: SearchForm) -> dict[str, Any]:
    asked = form.asked()
    found = find(request.user, asked)
    return {
        "hits": _shown(found, asked.words),
        "words": asked.words,
        "is_loose": found.is_loose,
        "further": _further(request, found),
        "is_behind": form.is_behind,
    }


def _shown(found: Found, words: Any) -> list[dict[str, Any]]:
    return [
        {
            "row": hit.row,
            "submission": hit.row.submission,
            "parts": excerpt(hit.fields, words),
            "has_task": hit.row.task_id is not None and getattr(hit.row.submission, "is_key_usable", False),
        }
        for hit in found.hits
    ]


def _further(request: SignedInRequest, found: Found) -> str:
    """The address of what is older; "" when there is nothing."""
    if not found.looked_down_to:
        return ""
    query = request.GET.copy()
    query["before"] = str(found.looked_down_to)
    if found.is_loose:
        query["loose"] = "on"
    return f"?{query.urlencode()}"
