from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import get_current_timezone_name
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.accounts.preferences import keep_notation
from pipelines_portal.accounts.restored_forms import is_restoring
from pipelines_portal.api_client import PipelinesClient, PipelinesError, RateLimited, Schema
from pipelines_portal.entry.form.creation import Creation, FormResult, Typed, create_task, own_tokens
from pipelines_portal.entry.form.drafts import forget_sent, save_unsent, texts_of, typed_draft
from pipelines_portal.entry.form.forms import notation_to_keep, with_answer, with_move
from pipelines_portal.entry.form.initial import InitialValues, misfits, requested_start
from pipelines_portal.entry.form.pins import count_on, pin_posted, pin_values, read_pins
from pipelines_portal.entry.form.presets import stored_for_form
from pipelines_portal.entry.form.views.choosing import choose_from_list
from pipelines_portal.entry.form.views.page import form_page, form_token
from pipelines_portal.entry.form.views.presets import preset_save
from pipelines_portal.entry.form.waiting import PossibleDuplicate, row_of_form, wait_in_grid
from pipelines_portal.entry.models import Row
from pipelines_portal.entry.restored import tasks_since_restore
from pipelines_portal.keys.clients import client_for
from pipelines_portal.submissions.acceptances import accepted_now
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.used_values import uses_for
from pipelines_portal.web.error_sentences import explain
from pipelines_portal.workflows.cached_schemas import cached_schema, forget_schema, schema_of_form
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import refresh
from pipelines_portal.workflows.permissions import usable_workflow
from pipelines_portal.workflows.rules.once import Use, UsedValue, values_to_be_free
from pipelines_portal.workflows.schema_form import SchemaForm

# After a longer pause a person presses the button.
LONGEST_PAUSE_SECONDS = 300


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
@senders_only
def task_create(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show the form of the workflow's schema; a POST creates one task."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    client = client_for(workflow.key)
    if request.method == "POST":
        # Without JavaScript, Enter in the name of a preset presses the form's first button.
        if request.POST.get("then") == "enter" and request.POST.get("preset", "").strip():
            return preset_save(request, key_id, workflow_id)
        return _post(request, workflow, client)
    if request.user.uses_grid and not request.GET:
        return redirect("sheets:new", key_id, workflow_id)
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
    """Fill in what the URL asks for, else the person's draft, else what they pinned."""
    start = requested_start(request.user, workflow, schema, request.GET)
    draft = typed_draft(request.user, workflow) if stored_for_form(request.user, workflow).has_draft else None
    if start is None and draft is not None:
        form = SchemaForm.as_typed(schema, texts_of(draft), draft.saved_at)
        left_out = misfits(schema, form.typed_values())
        return form_page(request, workflow, form, draft=draft, is_restored=True, left_out=left_out)
    start = start or InitialValues(dict(read_pins(request.user, workflow, schema).texts))
    if start.problem:
        messages.warning(request, start.problem)
    form = SchemaForm(schema, values=start.fields, zone=get_current_timezone_name())
    return form_page(request, workflow, form, token=start.token, draft=draft, left_out=start.left_out)


def _post(request: SignedInRequest, workflow: OpenedWorkflow, client: PipelinesClient) -> HttpResponse:
    """Create the task, or show the form again with everything that was typed."""
    try:
        schema = schema_of_form(workflow, client, request.POST.get("schema", ""))
    except PipelinesError as error:
        # The page holds what was typed, behind a button that tries again.
        typed = [
            (name, text) for name, texts in request.POST.lists() for text in texts if name != "csrfmiddlewaretoken"
        ]
        return form_page(request, workflow, None, status=explain(error).status, error=error, typed=typed)
    if request.POST.get("choose"):
        return choose_from_list(request, workflow, schema)
    if is_restoring(request) or {"move", "answer"} & request.POST.keys():
        return _changed_form(request, workflow, schema)
    pin_posted(request.user, workflow, schema, request.POST)
    form = _form_to_check(request, workflow, schema)
    if form.fields_changed():
        form.follow_schema()
        return form_page(request, workflow, form, status=422, changed=True, draft_seen=_save_draft(request, workflow))
    if not form.is_valid():
        return form_page(request, workflow, form, status=422, draft_seen=_save_draft(request, workflow))
    return _create(request, workflow, client, schema, form)


def _changed_form(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema) -> HttpResponse:
    """Show the posted form with a moved item or an answer, and save it as the draft."""
    again = with_answer(with_move(request.POST))
    if kept := notation_to_keep(SchemaForm(schema, request.POST), request.POST):
        again["notation"] = keep_notation(request.user, kept).mark
    form = SchemaForm.as_typed(schema, again)
    if is_restoring(request):
        return form_page(request, workflow, form)
    return form_page(request, workflow, form, draft_seen=_save_draft(request, workflow, again))


def _form_to_check(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema) -> SchemaForm:
    """Return the posted form, whose check finds values that were used by others than by its own submission."""
    rules = workflow.rules()

    def find(fields: FieldValues) -> dict[UsedValue, Use]:
        values = values_to_be_free(rules, fields)
        own = own_tokens(request.user, form_token(request), fields) if values else ()
        return uses_for(request.user, workflow.key_id, workflow.workflow_id, values, tokens=own)

    return SchemaForm(schema, request.POST, rules=rules, find_uses=find)


def _create(
    request: SignedInRequest, workflow: OpenedWorkflow, client: PipelinesClient, schema: Schema, form: SchemaForm
) -> HttpResponse:
    """Create the task of a valid form, let it wait, or show why it is neither."""
    fields = form.payload()
    # The person confirmed these very values, and did not change the form since.
    is_meant = request.POST.get("duplicate", "").partition(":")[0] == digest_of(fields)
    draft_seen = request.POST.get("draft_seen", "")
    reasons = form.accepted_reasons()
    accepted = [(each, accepted_now(each, request.user, reasons[each.mark])) for each in form.verdict.accepted]
    posted = Typed(fields, form_token(request), draft_seen, is_meant, accepted)
    created = create_task(request.user, workflow, client, posted)
    if created.result is FormResult.CREATED:
        pin_values(request.user, workflow, schema, request.POST, fields)
        return _created(request, workflow, created)
    if created.result is FormResult.USED:
        form.full_clean()  # finds where it was used
        return form_page(request, workflow, form, status=422, draft_seen=_save_draft(request, workflow))
    try:
        row = _row_in_grid(request, workflow, schema, posted, created)
    except PossibleDuplicate:
        return _ask_if_meant(request, workflow, client, form, created, is_in_grid=True)
    if row is None and created.result is FormResult.WAITS:
        messages.info(request, "This task is in rows that you transferred. It isn’t created again.")
        return redirect("tasks:list", workflow.key_id, workflow.workflow_id)
    return _waits(request, workflow, row) if row else _not_created(request, workflow, client, form, created)


def _save_draft(request: SignedInRequest, workflow: OpenedWorkflow, changed: QueryDict | None = None) -> str:
    """Save what was typed since the page last saved it. Return the draft's mark, or that of the draft the page saw."""
    mark = save_unsent(request.user, workflow, changed or request.POST, form_token(request))
    return mark or request.POST.get("draft_seen", "")


def _created(request: SignedInRequest, workflow: OpenedWorkflow, created: Creation) -> HttpResponse:
    place = (workflow.key_id, workflow.workflow_id)
    if created.task_id:
        view = format_html('<a href="{}">View</a>', reverse("tasks:detail", args=[*place, created.task_id]))
        messages.success(request, format_html("Task {} created · {}", created.task_id, view))
    if "another" in (request.POST.get("then"), request.POST.get("duplicate", "").partition(":")[2]):
        return redirect(f"{reverse('new_task:create', args=place)}?like={created.submission.pk}")
    return redirect("tasks:list", *place)


def _row_in_grid(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, posted: Typed, created: Creation
) -> Row | None:
    """Return the row of the grid in which the task waits because Pipelines is away, or None if it does not."""
    if created.result is FormResult.WAITS:
        return row_of_form(request.user, posted)
    row = wait_in_grid(request.user, workflow, schema, posted, created)
    if row:
        forget_sent(request.user, workflow, created.submission.token, posted.draft_seen)
        count_on(request.user, workflow, schema, request.POST, posted.fields)
    return row


def _waits(request: SignedInRequest, workflow: OpenedWorkflow, row: Row) -> HttpResponse:
    """Say that the task waits, and show the next page. If it no longer waits, show its submission or its row."""
    place = (workflow.key_id, workflow.workflow_id)
    grid, is_waiting = f"{reverse('sheets:new', args=place)}?at={row.number}", row.status == Row.Status.REQUESTED
    if row.submission and not is_waiting:
        return redirect("submissions:detail", row.submission.pk)
    if not is_waiting:  # a person took it back
        messages.info(request, "This task is in the grid. It isn’t sent.")
        return redirect(grid)
    if request.POST.get("then") == "another":  # that page says what waits
        return redirect(f"{reverse('new_task:create', args=place)}?like={row.submission_id}")
    view = format_html('<a href="{}">View in the grid</a>', grid)
    said = "Pipelines isn’t responding. The task is created when it is back."
    messages.warning(request, format_html("<span>{} {}</span>", said, view))
    return redirect("tasks:list", *place)


def _not_created(
    request: SignedInRequest, workflow: OpenedWorkflow, client: PipelinesClient, form: SchemaForm, created: Creation
) -> HttpResponse:
    """Show the form again with what was typed and why nothing was created, or the submission whose outcome is open."""
    token, draft_seen = _next_try(request, workflow, created)
    if created.result in (FormResult.DUPLICATE, FormResult.RESTORED):
        return _ask_if_meant(request, workflow, client, form, created)
    if created.result in (FormResult.UNCERTAIN, FormResult.ELSEWHERE):
        return redirect("submissions:detail", created.submission.pk)
    forget_schema(workflow)
    if created.result is FormResult.NOT_SENT and created.error:
        status = explain(created.error).status
        return form_page(
            request, workflow, form, status=status, error=created.error, token=token, draft_seen=draft_seen,
            resend=_resend(request, created),
        )  # fmt: skip
    # The API rejected the values. Its fields may have changed, or the workflow's status.
    try:
        present = SchemaForm(cached_schema(workflow, client), request.POST)
    except PipelinesError:
        present = form
    if present.fields_changed():
        present.follow_schema()
        return form_page(request, workflow, present, status=422, changed=True, token=token, draft_seen=draft_seen)
    for name, message in created.field_errors():
        form.add_api_error(name, message)
    if form.non_field_errors():
        with suppress(PipelinesError):
            workflow = refresh(workflow, client)
    return form_page(request, workflow, form, status=422, token=token, draft_seen=draft_seen)


def _next_try(request: SignedInRequest, workflow: OpenedWorkflow, created: Creation) -> tuple[UUID, str]:
    """Return the token of the form that is shown again, and the mark of its draft.

    A rejected submission stays as it is: the next POST is another one, and the draft is that of a form not yet sent.
    """
    token, draft_seen = created.submission.token, request.POST.get("draft_seen", "")
    is_rejected = created.submission.status == Submission.Status.REJECTED and created.result is not FormResult.ELSEWHERE
    if is_rejected or created.is_unstored:
        token = uuid4()
    if is_rejected or created.is_unsent or created.is_unstored:
        draft_seen = save_unsent(request.user, workflow, request.POST, token) or draft_seen
    return token, draft_seen


def _ask_if_meant(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    client: PipelinesClient,
    form: SchemaForm,
    created: Creation,
    *,
    is_in_grid: bool = False,
) -> HttpResponse:
    """Ask because the same values were sent, or because the draft may have been sent before a restore."""
    mark, draft_seen = f"{digest_of(form.payload())}:{request.POST.get('then', '')}", _save_draft(request, workflow)
    if created.duplicate or is_in_grid:
        about: dict[str, Any] = {"duplicate": created.duplicate, "duplicate_mark": mark}
        return form_page(request, workflow, form, status=409, draft_seen=draft_seen, **about)
    about = {"restored_mark": mark}
    draft = typed_draft(request.user, workflow)
    if draft and draft.restored_from:
        # The tasks that are new since the backup, or the API's error.
        about["restored_from"] = draft.restored_from
        try:
            about["appeared"] = tasks_since_restore(draft, client, 1)
        except PipelinesError as error:
            about["look_failed"] = explain(error)
    return form_page(request, workflow, form, status=409, draft_seen=draft_seen, **about)


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
