"""Clear what a person pinned, in the form and in the grid."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.entry.form.pins import clear_pins
from pipelines_portal.workflows.permissions import usable_workflow


@require_POST
@signed_in
@senders_only
def pins_clear(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Remove all pins, and show the page again that posted this."""
    clear_pins(request.user, usable_workflow(request.user, key_id, workflow_id))
    return redirect("grid:page" if request.POST.get("page") == "grid" else "new_task:create", key_id, workflow_id)
