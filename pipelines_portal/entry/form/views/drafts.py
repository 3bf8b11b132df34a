"""Save and discard the draft of a form."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.entry.form.drafts import AlreadySent, DraftTooLarge, discard_typed, save_typed
from pipelines_portal.entry.form.views.page import form_token
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.permissions import usable_workflow


@require_POST
@signed_in
@senders_only
def draft_save(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Save the draft, and return the words at the end of the form."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    try:
        saved = save_typed(request.user, workflow, request.POST, form_token(request))
    except DraftTooLarge:
        context: dict[str, object] = {"is_too_large": True, "draft_seen": request.POST.get("draft_seen", "")}
        return render_page(request, "entry/form/_draft_state.html", context, status=413)
    except AlreadySent:
        return HttpResponse(status=409)
    mark = saved.draft.mark if saved.draft else ""
    context = {"draft": saved.draft, "draft_seen": mark, "replaced_at": saved.replaced_at, "is_saved": True}
    return render_page(request, "entry/form/_draft_state.html", context)


@require_POST
@signed_in
@senders_only
def draft_discard(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    workflow = usable_workflow(request.user, key_id, workflow_id)
    discard_typed(request.user, workflow)
    messages.success(request, "Form cleared")
    return redirect("new_task:create", key_id, workflow_id)
