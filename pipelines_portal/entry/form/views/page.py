"""The page of the form, as its views return it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest
from pipelines_portal.accounts.preferences import browser_zone
from pipelines_portal.api_client import PipelinesError, is_away
from pipelines_portal.entry.form.forms import entries, fields_html, title_fields
from pipelines_portal.entry.form.pins import Pins, read_pins
from pipelines_portal.entry.form.presets import MOST_CHIPS, offered_presets, stored_for_form
from pipelines_portal.entry.form.reads import read_recent
from pipelines_portal.entry.models.form import TypedDraft
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.suggestions import listed_values
from pipelines_portal.web.error_pages import log_cause
from pipelines_portal.web.error_sentences import explain
from pipelines_portal.web.parameters import uuid_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.cached_schemas import why_away
from pipelines_portal.workflows.lists import listed_fields
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.notes import notes_of
from pipelines_portal.workflows.permissions import may_write_notes
from pipelines_portal.workflows.schema_form import SchemaForm

SHOWN_BESIDE_THE_FORM = 8
SHOWN_OF_A_TEXT = 120


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
    away = why_away(workflow)
    can_wait = away is not None and is_away(away)
    presets = offered_presets(request.user, workflow) if form else []
    notes = notes_of(workflow) if form and stored_for_form(request.user, workflow).has_notes else {}
    pins = read_pins(request.user, workflow, form.remote) if form else None
    lists = {name: each.reference_list.name for name, each in listed_fields(workflow).items()} if form else {}
    if form:
        form.hints = notes
    context = {
        "key": workflow.key,
        "workflow": workflow,
        "tab": "create",
        "form": form,
        "instructions": notes.get("", ""),
        "fields": _fields(request, workflow, form, pins, lists) if form and pins else "",
        "has_lists": bool(lists),
        "keeps": pins.mark if pins else "",
        "counts": bool(pins and pins.series),
        "has_pins": bool(pins and pins.names),
        "presets": presets[:MOST_CHIPS],
        "preset_name": "",
        "more_presets": presets[MOST_CHIPS:],
        "changeable_presets": [preset for preset in presets if preset.may_change],
        "token": token or form_token(request),
        "draft": draft,
        "draft_seen": draft.mark if draft else request.POST.get("draft_seen", ""),
        "recent": _recent_tasks(request.user, workflow, form),
        "can_wait": can_wait,
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


def _fields(
    request: SignedInRequest, workflow: OpenedWorkflow, form: SchemaForm, pins: Pins, lists: dict[str, str]
) -> SafeString:
    """Render the fields, with those pinned that were posted as pinned if the form is shown again."""
    typed = request.POST if form.typed is None else form.typed
    is_posted = "keeps" in typed
    pinned = set(typed.getlist("keep")) if is_posted else pins.names
    time_url = reverse("new_task:time_read", args=[workflow.key_id, workflow.workflow_id])
    # A browser that runs scripts names its time zone in a cookie, and has offers.js instead of lists.
    earlier = {} if browser_zone(request) else listed_values(request.user, workflow)
    may_request = bool(lists) and form.is_bound and not may_write_notes(request.user, workflow)
    return fields_html(form, entries(form, pinned, earlier, lists, may_request=may_request), time_url)


@dataclass(frozen=True)
class RecentTask:
    """One sending by the form. `title` is its first recognizable value, `status` that of its task, if it is known.

    `waiting_row` is the row of the grid in which it waits while Pipelines is away.
    """

    submission: Submission
    title: str
    task_id: str
    status: str
    waiting_row: str


def _recent_tasks(owner: User, workflow: OpenedWorkflow, form: SchemaForm | None) -> dict[str, object]:
    """Return the person's tasks of the last day, the newest first, and the numbers created and rejected today."""
    now, midnight = timezone.now(), timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    recent = read_recent(owner, workflow, now - timedelta(days=1), midnight, SHOWN_BESIDE_THE_FORM)
    names = [workflow.title_field, *title_fields(form.remote)] if form else []
    shown = []
    for sent in recent.newest:
        texts = ((sent.fields or {}).get(name) for name in names)
        title = next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")[:SHOWN_OF_A_TEXT]
        task_id, waiting_row = (str(number or "") for number in (sent.task_id, sent.waiting_row))
        shown.append(RecentTask(sent.submission, title, task_id, sent.task_status, waiting_row))
    return {"shown": shown, "created": recent.created, "rejected": recent.rejected}
