from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import get_current_timezone_name
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.accounts.restored_forms import is_restoring
from pipelines_portal.api_client import PipelinesClient, PipelinesError, RateLimited, Schema
from pipelines_portal.entry.form.creation import Creation, Result, Typed, create_task
from pipelines_portal.entry.form.drafts import save_unsent, texts_of, typed_draft
from pipelines_portal.entry.form.forms import with_move
from pipelines_portal.entry.form.initial import Start, asked_start, misfits
from pipelines_portal.entry.form.presets import store_pinned, stored_for_form
from pipelines_portal.entry.form.views.page import form_page, form_token
from pipelines_portal.entry.form.views.presets import names_preset, preset_save
from pipelines_portal.entry.restored import tasks_since_restore
from pipelines_portal.keys.clients import client_for
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.models import Submission
from pipelines_portal.web.error_sentences import explain
from pipelines_portal.workflows.cached_schemas import cached_schema, forget_schema, schema_of_form
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.fields.schema_form import SchemaForm
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import refresh
from pipelines_portal.workflows.permissions import usable_workflow

# After a longer pause a person presses the button.
LONGEST_PAUSE_SECONDS = 300


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
@senders_only
def task_create(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show the form of the workflow's schema; a POST creates one task."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    key = workflow.key
    client = client_for(key)
    if request.method == "POST" and names_preset(request):
        return preset_save(request, key_id, workflow_id)
    if request.method == "POST":
        return _post(request, workflow, client)
    if request.user.uses_grid and not request.GET:
        return redirect("grid:page", key_id, workflow_id)
    if "view" in request.GET and request.user.uses_grid:
        User.objects.filter(pk=request.user.pk).update(uses_grid=False)
    if not workflow.accepts_tasks:
        workflow = refresh(workflow, client)
    if not workflow.accepts_tasks:
        return form_page(request, workflow, None)
    schema = cached_schema(workflow, client)
    if schema.has_file_upload_fields:
        return redirect("uploads:choose", key_id, workflow_id)
    return _start(request, workflow, schema)


def _start(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema) -> HttpResponse:
    """Fill in what the address asks for, else the person's draft, else nothing."""
    start = asked_start(request.user, workflow, schema, request.GET)
    draft = typed_draft(request.user, workflow) if stored_for_form(request.user, workflow).has_draft else None
    if start is None and draft is not None:
        form = SchemaForm.as_typed(schema, texts_of(draft), draft.saved_at)
        left_out = misfits(schema, form.typed_values())
        return form_page(request, workflow, form, draft=draft, is_restored=True, left_out=left_out)
    start = start or Start({})
    if start.problem:
        messages.warning(request, start.problem)
    form = SchemaForm(schema, values=start.fields, zone=get_current_timezone_name())
    return form_page(request, workflow, form, token=start.token, draft=draft, left_out=start.left_out)


def _post(request: SignedInRequest, workflow: OpenedWorkflow, client: PipelinesClient) -> HttpResponse:
    """Create the task, or show the form again with everything that was typed."""
    try:
        schema = schema_of_form(workflow, client, request.POST.get("schema", ""))
    except PipelinesError as error:
        return _without_schema(request, workflow, error)
    if is_restoring(request) or "move" in request.POST:
        return form_page(request, workflow, SchemaForm.as_typed(schema, with_move(request.POST)))
    store_pinned(request.user, workflow, schema, request.POST)
    form = SchemaForm(schema, request.POST)
    if form.fields_changed():
        form.follow_schema()
        return form_page(request, workflow, form, status=422, changed=True, draft_seen=_save_draft(request, workflow))
    if not form.is_valid():
        return form_page(request, workflow, form, status=422, draft_seen=_save_draft(request, workflow))
    fields = form.payload()
    seen, is_meant = request.POST.get("draft_seen", ""), _is_meant(request, fields)
    created = create_task(request.user, workflow, client, Typed(fields, form_token(request), seen, is_meant))
    return _answer(request, workflow, client, form, created)


def _save_draft(request: SignedInRequest, workflow: OpenedWorkflow) -> str:
    """Save what was typed since the page last saved it. Return the draft's mark, or that of the draft the page saw."""
    return save_unsent(request.user, workflow, request.POST, form_token(request)) or request.POST.get("draft_seen", "")


def _answer(
    request: SignedInRequest, workflow: OpenedWorkflow, client: PipelinesClient, form: SchemaForm, created: Creation
) -> HttpResponse:
    if created.result is Result.CREATED:
        return _created(request, workflow, created)
    token, draft_seen = _next_try(request, workflow, created)
    if created.result in (Result.DUPLICATE, Result.RESTORED):
        return _ask_if_meant(request, workflow, client, form, created)
    if created.result in (Result.UNCERTAIN, Result.ELSEWHERE):
        return redirect("submissions:detail", created.submission.pk)
    forget_schema(workflow)
    if created.result is Result.NOT_SENT and created.error:
        status = explain(created.error).status
        resend = _resend(request, created)
        return form_page(
            request, workflow, form, status=status, error=created.error, token=token, draft_seen=draft_seen,
            resend=resend,
        )  # fmt: skip
    if changed := _with_changed_fields(request, workflow, client, token, draft_seen):
        return changed
    for name, message in created.field_errors():
        form.add_api_error(name, message)
    workflow = _status_after_refusal(workflow, client, form)
    return form_page(request, workflow, form, status=422, token=token, draft_seen=draft_seen)


def _next_try(request: SignedInRequest, workflow: OpenedWorkflow, created: Creation) -> tuple[UUID, str]:
    """Return the token of the form that is shown again, and the mark of its draft.

    A rejected submission stays as it is: the next POST is another one, and the draft is that of a form not yet sent.
    """
    token, draft_seen = created.submission.token, request.POST.get("draft_seen", "")
    is_rejected = created.submission.status == Submission.Status.REJECTED and created.result is not Result.ELSEWHERE
    if is_rejected or created.is_unstored:
        token = uuid4()
    if is_rejected or created.is_unsent or created.is_unstored:
        draft_seen = save_unsent(request.user, workflow, request.POST, token) or draft_seen
    return token, draft_seen


def _ask_if_meant(
    request: SignedInRequest, workflow: OpenedWorkflow, client: PipelinesClient, form: SchemaForm, created: Creation
) -> HttpResponse:
    """Ask because the same values were sent, or because the draft may have been sent before a restore."""
    mark, draft_seen = f"{digest_of(form.payload())}:{request.POST.get('then', '')}", _save_draft(request, workflow)
    if created.duplicate:
        about: dict[str, Any] = {"duplicate": created.duplicate, "duplicate_mark": mark}
    else:
        about = {"restored_mark": mark, **_new_since_backup(request.user, workflow, client)}
    return form_page(request, workflow, form, status=409, draft_seen=draft_seen, **about)


def _new_since_backup(person: User, workflow: OpenedWorkflow, client: PipelinesClient) -> dict[str, Any]:
    """Return the tasks that are new since the backup from which the draft was restored, or the API's error."""
    draft = typed_draft(person, workflow)
    if draft is None or draft.restored_from is None:
        return {}
    found: dict[str, Any] = {"restored_from": draft.restored_from}
    try:
        return found | {"appeared": tasks_since_restore(draft, client, 1)}
    except PipelinesError as error:
        return found | {"look_failed": explain(error)}


def _resend(request: SignedInRequest, created: Creation) -> tuple[str, str] | None:
    """Return name and value of the pressed button, if the page may press it again after a pause.

    Only after a rate limit is it certain that nothing was sent. The token of the form makes it one submission.
    """
    error = created.error
    if not isinstance(error, RateLimited) or not created.is_unsent or created.submission.is_earlier_try_uncertain:
        return None
    if (error.retry_after or 0) > LONGEST_PAUSE_SECONDS:
        return None
    mark = request.POST.get("duplicate", "")
    return ("duplicate", mark) if mark else ("then", request.POST.get("then", "list"))


def _is_meant(request: SignedInRequest, fields: FieldValues) -> bool:
    """Return True if the person confirmed these very values, and did not change the form since."""
    return request.POST.get("duplicate", "").partition(":")[0] == digest_of(fields)


def _with_changed_fields(
    request: SignedInRequest, workflow: OpenedWorkflow, client: PipelinesClient, token: UUID, draft_seen: str
) -> HttpResponse | None:
    """Show the form with the workflow's present fields, if the API refused the values because the fields changed."""
    try:
        form = SchemaForm(cached_schema(workflow, client), request.POST)
    except PipelinesError:
        return None
    if not form.fields_changed():
        return None
    form.follow_schema()
    return form_page(request, workflow, form, status=422, changed=True, token=token, draft_seen=draft_seen)


def _status_after_refusal(workflow: OpenedWorkflow, client: PipelinesClient, form: SchemaForm) -> OpenedWorkflow:
    """Read the workflow's status again: the API may have refused the whole request because of it."""
    if not form.non_field_errors():
        return workflow
    try:
        return refresh(workflow, client)
    except PipelinesError:
        return workflow


def _created(request: SignedInRequest, workflow: OpenedWorkflow, created: Creation) -> HttpResponse:
    place = (workflow.key_id, workflow.workflow_id)
    if created.task_id:
        address = reverse("tasks:detail", args=[*place, created.task_id])
        view = format_html('<a href="{}">View</a>', address)
        messages.success(request, format_html("Task {} created · {}", created.task_id, view))
    if "another" in (request.POST.get("then"), request.POST.get("duplicate", "").partition(":")[2]):
        return redirect(f"{reverse('new_task:create', args=place)}?like={created.submission.pk}")
    return redirect("tasks:list", *place)


def _without_schema(request: SignedInRequest, workflow: OpenedWorkflow, error: PipelinesError) -> HttpResponse:
    """Keep what was typed in the page when the API does not return the fields, behind a button that tries again."""
    kept = [(name, text) for name, texts in request.POST.lists() for text in texts if name != "csrfmiddlewaretoken"]
    return form_page(request, workflow, None, status=explain(error).status, error=error, kept=kept)
