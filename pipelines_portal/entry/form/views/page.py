"""The page of the form, as its views return it."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from pipelines_portal.accounts.permissions import SignedInRequest
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.entry.form.forms import entries, fields_html, telling_names
from pipelines_portal.entry.form.presets import MOST_CHIPS, mark_of, offered_presets, pinned_names, stored_for_form
from pipelines_portal.entry.form.recent import recent_tasks
from pipelines_portal.entry.models.form import TypedDraft
from pipelines_portal.web.error_pages import log_cause
from pipelines_portal.web.error_sentences import explain
from pipelines_portal.web.parameters import uuid_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.fields.schema_form import SchemaForm
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.notes import notes_of


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
    presets = offered_presets(request.user, workflow) if form else []
    notes = notes_of(workflow) if form and stored_for_form(request.user, workflow).has_notes else {}
    if form:
        form.hints = notes
    context = {
        "key": workflow.key,
        "workflow": workflow,
        "tab": "create",
        "form": form,
        "instructions": notes.get("", ""),
        "fields": _fields(request, workflow, form) if form else "",
        "keeps": mark_of(pinned_names(request.user, workflow, form.remote)) if form else "",
        "presets": presets[:MOST_CHIPS],
        "preset_name": "",
        "more_presets": presets[MOST_CHIPS:],
        "changeable_presets": [preset for preset in presets if preset.may_change],
        "token": token or form_token(request),
        "draft": draft,
        "draft_seen": draft.mark if draft else request.POST.get("draft_seen", ""),
        "recent": recent_tasks(
            request.user, workflow, [workflow.telling_field, *telling_names(form.remote)] if form else []
        ),
        "error": words,
        "retry_after": str(words.retry_after) if words and words.retry_after else "",
    }
    page = render_page(request, "entry/form/create.html", context | more, status=status)
    if error:
        log_cause(request, page, error)
    return page


def form_token(request: SignedInRequest) -> UUID:
    """Return the token that makes several POSTs of this form one submission."""
    return uuid_in(request.POST.get("token", "")) or uuid4()


def _kept(request: SignedInRequest, workflow: OpenedWorkflow, form: SchemaForm) -> set[str]:
    """Return the pinned fields, as posted if the form is shown again."""
    typed = request.POST if form.typed is None else form.typed
    if "keeps" in typed:
        return set(typed.getlist("keep"))
    return pinned_names(request.user, workflow, form.remote)


def _fields(request: SignedInRequest, workflow: OpenedWorkflow, form: SchemaForm) -> SafeString:
    time_address = reverse("new_task:time_read", args=[workflow.key_id, workflow.workflow_id])
    return fields_html(form, entries(form, _kept(request, workflow, form)), time_address)
