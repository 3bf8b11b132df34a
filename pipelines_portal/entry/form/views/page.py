"""The page of the form, as its views return it."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse

from pipelines_portal.accounts.permissions import SignedInRequest
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.core.api_errors import explain
from pipelines_portal.core.parameters import uuid_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.entry.form.forms import entries, fields_html, telling_names
from pipelines_portal.entry.form.presets import LONGEST_NAME, OfferedPresets, mark_of, offered_presets, pinned_names
from pipelines_portal.entry.form.recent import recent_tries
from pipelines_portal.entry.models.form import TypedDraft
from pipelines_portal.workflows.fields.schema_form import SchemaForm
from pipelines_portal.workflows.models import OpenedWorkflow


def form_page(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    form: SchemaForm | None,
    *,
    status: int = 200,
    error: PipelinesError | None = None,
    token: UUID | None = None,
    draft: TypedDraft | None = None,
    **more: Any,
) -> HttpResponse:
    """Render the page. `more` is for the notes above the form."""
    words = explain(error) if error else None
    context = {
        "key": workflow.key,
        "workflow": workflow,
        "tab": "new",
        "form": form,
        "fields": fields_html(form, entries(form, _kept(request, workflow, form))) if form else "",
        "keeps": mark_of(pinned_names(request.user, workflow, form.remote)) if form else "",
        "presets": presets_asked_for(request, workflow) if form else None,
        "finds_presets": finds_presets(request),
        "token": token or form_token(request),
        "draft": draft,
        "draft_seen": draft.mark if draft else request.POST.get("draft_seen", ""),
        "tries": recent_tries(
            request.user, workflow, [workflow.telling_field, *telling_names(form.remote)] if form else []
        ),
        "error": words,
        "retry_after": str(words.retry_after) if words and words.retry_after else "",
    }
    return render_page(request, "entry/form/create.html", context | more, status=status)


def presets_asked_for(request: SignedInRequest, workflow: OpenedWorkflow) -> OfferedPresets:
    """Return the presets whose name contains the parameter `presets`."""
    wanted = request.GET.get("presets", request.POST.get("presets", "")).replace("\0", "").strip()[:LONGEST_NAME]
    return offered_presets(request.user, workflow, wanted)


def finds_presets(request: SignedInRequest) -> bool:
    """Return True if the person searches for presets: by the button or, without JavaScript, by Enter in the field
    beside it.
    """
    asked, typed = request.POST.get("then"), request.POST.get("presets", "")
    by_enter = asked == "enter" and typed != request.POST.get("presets_found", "")
    return asked == "presets" or by_enter or "presets" in request.GET


def form_token(request: SignedInRequest) -> UUID:
    """Return the token that makes several POSTs of this form one submission."""
    return uuid_in(request.POST.get("token", "")) or uuid4()


def _kept(request: SignedInRequest, workflow: OpenedWorkflow, form: SchemaForm) -> set[str]:
    """Return the pinned fields, as posted if the form is shown again."""
    typed = request.POST if form.typed is None else form.typed
    if "keeps" in typed:
        return set(typed.getlist("keep"))
    return pinned_names(request.user, workflow, form.remote)
