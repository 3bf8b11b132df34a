"""What a person says while rows are sent: begin, pause, go on, stop, and what came of a request nobody heard of."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.core.api_errors import explain
from pipelines_portal.core.parameters import number_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.entry.imports.access import page_url, require_key, visible_import
from pipelines_portal.entry.imports.counts import counts_of
from pipelines_portal.entry.imports.requests import give_back_unsent
from pipelines_portal.entry.imports.sending import NO_ACCESS
from pipelines_portal.entry.imports.transitions import Step, begin_sending, stop_sending
from pipelines_portal.entry.imports.views.context import context_of
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.permissions import may_send_with
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.resolving import LOOKED_AT_TO_DECIDE, mark_created, mark_not_created, tasks_since

NOTHING_TO_SEND = "Nothing was sent: no row is ready."
OTHERS = "Nothing was sent: {now} rows are ready now, and {then} were when you pressed the button. Look once more."
MAY_BE_SENT = (ImportJob.Status.CHECKED, ImportJob.Status.PAUSED)
ELSEWHERE = "Somebody else has continued this import. This is its current state."
DECIDED_MEANWHILE = "Somebody has already settled this request. This is its current state."
NONE_APPEARED = "No task has appeared since, so there is none to record."


@require_safe
@signed_in
@senders_only
def import_continue(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    """Ask before somebody sends the rows of another person's import."""
    workflow, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    require_key(import_job)
    counts = counts_of(import_job)
    if import_job.owner_id == request.user.pk or import_job.status not in MAY_BE_SENT or not counts.not_sent:
        return redirect(page_url(import_job))
    problem = "" if may_send_with(import_job.owner, import_job.key) else NO_ACCESS.format(owner=import_job.owner)
    context = context_of(workflow, import_job) | {"counts": counts, "problem": problem, "back": page_url(import_job)}
    return render_page(request, "entry/imports/continue.html", context)


@require_POST
@signed_in
@senders_only
def import_send(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    """Send the rows that are ready, as many as the person saw; or go on with those that are left.

    Another person's import is sent only if the form names its owner, as the page that asks for confirmation does.
    """
    _, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    require_key(import_job)
    is_owner = import_job.owner_id == request.user.pk
    if not is_owner and request.POST.get("owner") != str(import_job.owner_id):
        return redirect("imports:continue", key_id, workflow_id, import_id)
    if not is_owner and not may_send_with(import_job.owner, import_job.key):
        messages.error(request, f"Nothing was sent. {NO_ACCESS.format(owner=import_job.owner)}")
        return redirect("imports:detail", key_id, workflow_id, import_id)
    with transaction.atomic():
        # Nobody changes rows between the counting and the beginning.
        ImportJob.objects.select_for_update().filter(pk=import_job.pk).values_list("pk").first()
        _send(request, import_job)
    return redirect("imports:detail", key_id, workflow_id, import_id)


def _send(request: SignedInRequest, import_job: ImportJob) -> None:
    counts = counts_of(import_job)
    seen = number_in(request.POST.get("rows", ""), 10**9)
    if not counts.not_sent:
        messages.error(request, NOTHING_TO_SEND)
    elif seen is not None and seen != counts.not_sent:
        messages.error(request, OTHERS.format(now=f"{counts.not_sent:,}", then=f"{seen:,}"))
    elif not begin_sending(import_job, request.user, counts.not_sent, one_row_first="one_row_first" in request.POST):
        messages.info(request, ELSEWHERE)


@require_POST
@signed_in
@senders_only
def import_pause(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    _, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    if not stop_sending(import_job, request.user, Step.PAUSE):
        messages.info(request, ELSEWHERE)
    return redirect("imports:detail", key_id, workflow_id, import_id)


@require_POST
@signed_in
@senders_only
def import_stop(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    """What has not left is kept, to be fixed or sent later; what is on the wire comes to its end."""
    _, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    if stop_sending(import_job, request.user, Step.STOP):
        give_back_unsent(import_job)
    else:
        messages.info(request, ELSEWHERE)
    return redirect("imports:detail", key_id, workflow_id, import_id)


@require_POST
@signed_in
@senders_only
def import_decide(
    request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID, number: int
) -> HttpResponse:
    """What came of request `number`: the tasks that the person was shown, or nothing."""
    _, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    lost = import_job.submissions.filter(group_number=number, status=Submission.Status.UNCONFIRMED).first()
    if lost:
        lost.key = import_job.key
        _decide(request, import_job, lost)
    else:
        messages.info(request, DECIDED_MEANWHILE)
    return redirect("imports:detail", key_id, workflow_id, import_id)


def _decide(request: SignedInRequest, import_job: ImportJob, submission: Submission) -> None:
    if request.POST.get("came") == "nothing":
        decided = mark_not_created(submission, request.user)
    else:
        require_key(import_job)
        up_to = number_in(request.POST.get("up_to", "")) or 0
        shown = _shown(request, submission, up_to)
        if shown is None:
            return
        decided = mark_created(submission, shown, request.user)
    if not decided:
        messages.info(request, DECIDED_MEANWHILE)


def _shown(request: SignedInRequest, submission: Submission, up_to: int) -> list[int] | None:
    """The tasks that the person was shown. None when they cannot be looked up, or there are none, which is said."""
    key = submission.key
    if key is None:
        return None
    try:
        appeared = tasks_since(submission, client_for(key), LOOKED_AT_TO_DECIDE)
    except PipelinesError as error:
        messages.error(request, f"Nothing was decided. {explain(error).title}. {explain(error).sentence}")
        return None
    shown = [task_id for task_id in appeared.ids if task_id <= up_to]
    if not shown:
        messages.error(request, NONE_APPEARED)
    return shown or None
