"""Suggest values while a person types, in the form and in the grid: entries of a list, or their own earlier values."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.submissions.suggestions import suggested_values
from pipelines_portal.workflows.lists import ListedField, offered_entries
from pipelines_portal.workflows.models import ListEntry
from pipelines_portal.workflows.permissions import usable_workflow


@require_safe
@never_cache
@signed_in
@senders_only
def suggestion_list(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Return values for the field `field` that `text` begins: of its list, or else earlier ones with their counts."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    field, text = request.GET.get("field", ""), request.GET.get("text", "")
    listed, entries = offered_entries(workflow, field, text)
    if listed:
        return JsonResponse(_of_list(listed, entries))
    return JsonResponse({"values": suggested_values(request.user, workflow, field, text)})


def _of_list(listed: ListedField, entries: list[ListEntry]) -> dict[str, Any]:
    """Return the name of the list, and of each entry its code, its name, and what it fills."""
    found = listed.reference_list
    return {
        "list": f"{found.name}, {found.entry_count:,}",
        "values": [[entry.code, entry.label, listed.filled_by(entry)] for entry in entries],
    }
