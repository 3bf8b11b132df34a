"""Step 3: send, pause, continue and stop an import, show its progress, and decide about unconfirmed requests."""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.entry import texts
from pipelines_portal.entry.import_requests import settle_overdue
from pipelines_portal.entry.imports.pace import time_left
from pipelines_portal.entry.imports.sent_rows import OF_SENT, sent_chips, sent_rows
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.permissions import can_use_key, require_key
from pipelines_portal.entry.restored import decide_sent, tasks_since_restore
from pipelines_portal.entry.rows.page import import_context
from pipelines_portal.entry.rows.tasks import attention_by_import
from pipelines_portal.entry.rows.typed import ready_rows, start_sending_typed
from pipelines_portal.entry.sheets.views.loading import changes_import, go_to, loads_import, redirect_to
from pipelines_portal.entry.statuses import RowCounts
from pipelines_portal.entry.transitions import pause_import, stop_import
from pipelines_portal.keys.clients import client_for
from pipelines_portal.submissions.appeared import MOST_PAGES, PAGE, Appeared, tasks_since
from pipelines_portal.submissions.lost_tasks import lost_tasks
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.result import ResultSelection
from pipelines_portal.submissions.sent_rows import lock_comparison
from pipelines_portal.submissions.task_bar import task_bar
from pipelines_portal.submissions.texts import DECIDED_BY_OTHERS
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.web.error_sentences import explain
from pipelines_portal.web.number_ranges import ranges_of, read_ranges
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.models import OpenedWorkflow

# An import of a hundred thousand rows has twenty requests.
REQUESTS_LISTED = 100
POLL, POLL_TASKS = "2s", "20s"
# A shorter wait is not shown.
SHORTEST_WAIT = 3


@changes_import
def sheet_send(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Send the rows that are ready if they are as many as the person saw. Only its owner sends an import."""
    require_key(sheet)
    if sheet.restored_from:
        return redirect_to(sheet, "restored")
    if sheet.owner_id != request.user.pk:
        messages.error(request, f"Not sent. {sheet.owner} owns this import. Transfer it to yourself first.")
        return redirect_to(sheet, "transfer")
    with transaction.atomic():
        lock_comparison(sheet.key_id, sheet.workflow_id)
        # Nobody can change rows between the count and the start.
        Sheet.objects.select_for_update().filter(pk=sheet.pk).values_list("pk").first()
        _start_sending(request, sheet)
    return redirect_to(sheet)


def _start_sending(request: SignedInRequest, sheet: Sheet) -> None:
    ready = sheet.counts().not_sent
    seen = number_in(request.POST.get("rows", ""), 10**9)
    one_row_first = "one_row_first" in request.POST
    if seen is not None and seen != ready:
        messages.error(
            request,
            f"Not sent. Rows that are ready now: {ready:,}, not {seen:,}. Check them, then try again.",
        )
    elif not ready:
        messages.error(request, texts.NOTHING_TO_SEND)
    elif sheet.is_typed:
        if problem := start_sending_typed(sheet, request.user, ready_rows(sheet)):
            messages.error(request, problem)
    elif not sheet.start_sending(request.user, ready, one_row_first=one_row_first):
        if sheet.status == Sheet.Status.SENDING:  # the form was posted twice
            messages.info(request, texts.IMPORT_CHANGED)
        else:
            messages.error(request, texts.not_sent(sheet.counts_as_read.not_sent))


@changes_import
def sheet_send_now(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """End the pause before the sending, in which it can be undone."""
    sheet.send_now()
    return _back(request, sheet)


@changes_import
def sheet_pause(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    if not pause_import(sheet, request.user):
        messages.info(request, texts.IMPORT_CHANGED)
    return redirect_to(sheet)


@changes_import
def sheet_stop(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    if not stop_import(sheet, request.user):
        messages.info(request, texts.IMPORT_CHANGED)
    return _back(request, sheet)


def _back(request: SignedInRequest, sheet: Sheet) -> HttpResponse:
    """Redirect to the grid if its page asked, else to the import."""
    return redirect_to(sheet, "page" if request.POST.get("to") == "grid" else "detail")


@changes_import
def sheet_decide(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet, number: int) -> HttpResponse:
    """Record that an unconfirmed request created the tasks that the person saw, or nothing."""
    unconfirmed = sheet.submissions.filter(status=Submission.Status.UNCONFIRMED)
    submission = unconfirmed.filter(group_number=number).first()
    if submission:
        submission.key = sheet.key
        _decide(request, sheet, submission)
    else:
        messages.info(request, DECIDED_BY_OTHERS)
    return redirect_to(sheet)


def _decide(request: SignedInRequest, sheet: Sheet, submission: Submission) -> None:
    if request.POST.get("came") == "nothing":
        is_decided = submission.decide_not_created(request.user)
    else:
        require_key(sheet)
        appeared = _seen_tasks(request, submission)
        if appeared is None:
            return
        is_decided = submission.decide_created(appeared.ids, request.user, created=appeared.created)
    if not is_decided:
        messages.info(request, DECIDED_BY_OTHERS)


def _seen_tasks(request: SignedInRequest, submission: Submission) -> Appeared | None:
    """Return the tasks that the person saw. Add a message and return None if they cannot be those of all rows."""
    if submission.key is None:
        return None
    try:
        appeared = tasks_since(submission, client_for(submission.key))
    except PipelinesError as error:
        messages.error(request, f"Not decided. {explain(error).reason}")
        return None
    last_seen = number_in(request.POST.get("up_to", "")) or 0
    seen = [task for task in appeared.tasks if task.id <= last_seen]
    if len(seen) == submission.row_count:
        return replace(appeared, tasks=seen)
    messages.error(
        request,
        "Not confirmed. Select the tasks and the rows that became them."
        if seen
        else "There are no new tasks to confirm.",
    )
    return None


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
@senders_only
@loads_import
def sheet_restored(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Ask which rows had been sent between the backup and the restore, before the import may send any."""
    require_key(sheet)
    # Rows that were not checked yet cannot be compared.
    has_rows = sheet.status in (Sheet.Status.CHECKED, Sheet.Status.PAUSED, Sheet.Status.UNCONFIRMED)
    if sheet.restored_from is None or not has_rows:
        return redirect_to(sheet, _page_of(sheet))
    if sheet.has_unconfirmed:
        return redirect_to(sheet, "progress")
    ready = list(sheet.rows.filter(status=Row.Status.READY).values_list("number", flat=True))
    context: dict[str, Any] = import_context(request, workflow, sheet)
    context |= {"ready": len(ready), "counts": sheet.counts()}
    appeared, error = None, ""
    try:
        appeared = tasks_since_restore(sheet, client_for(sheet.key), len(ready))
    except PipelinesError as failure:
        context["look_failed"] = explain(failure)
    if request.method == "POST" and appeared is not None:
        error = _decide_restored(request, sheet, appeared, ready)
        if not error:
            return redirect_to(sheet, _page_of(sheet))
    context |= {
        "appeared": appeared,
        **_proposal(request, appeared, ready),
        "error": error,
    }
    return render_page(request, "entry/imports/restored.html", context, status=422 if error else 200)


def _proposal(request: SignedInRequest, appeared: Appeared | None, ready: list[int]) -> dict[str, str]:
    """Return what was posted, or all new tasks with as many rows, if there are as many rows."""
    tasks = appeared.tasks if appeared and len(appeared.tasks) <= len(ready) else []
    return {
        "tasks": request.POST.get("tasks") or ranges_of(task.id for task in tasks),
        "rows": request.POST.get("rows") or ranges_of(ready[: len(tasks)]),
    }


def _page_of(sheet: Sheet) -> str:
    return "page" if sheet.is_typed else "detail"


def _decide_restored(request: SignedInRequest, sheet: Sheet, appeared: Appeared, ready: list[int]) -> str:
    """Record what the person decided. Return an error for the person, or ""."""
    if number_in(request.POST.get("newest", "")) != appeared.newest:
        return texts.TASKS_CHANGED
    if "nothing" in request.POST:
        numbers, task_ids = [], []
    else:
        task_ids = list(filter(read_ranges(request.POST.get("tasks", "")), appeared.ids))
        numbers = list(filter(read_ranges(request.POST.get("rows", "")), ready))
        if not task_ids or len(task_ids) != len(numbers):
            return texts.as_many_rows(len(task_ids), len(numbers))
    return "" if decide_sent(sheet, numbers, task_ids, appeared.created, request.user) else texts.TASKS_CHANGED


@dataclass(frozen=True)
class Requests:
    """The first requests of an import, and the first of them with an unconfirmed outcome."""

    listed: list[Submission]
    count: int
    is_sending: bool
    unconfirmed: Submission | None


@require_safe
@never_cache
@signed_in
@loads_import
def sheet_progress(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Show what became of all rows and of their tasks, and the evidence about an unconfirmed request."""
    settle_overdue(sheet)
    requests = _read_requests(sheet)
    has_progress = requests.listed or sheet.status == Sheet.Status.SENDING
    if sheet.status == Sheet.Status.DELETED or not has_progress:
        return go_to(request, sheet.get_absolute_url())
    context = import_context(request, workflow, sheet) | _progress_context(workflow, sheet, requests)
    context |= _rows_context(workflow, sheet, ResultSelection.load(request.GET, OF_SENT), context["counts"])
    if context["counts"].created:
        rows = SubmissionRow.objects.filter(submission__group=sheet.pk)
        context["lost_tasks"] = lost_tasks(rows, getattr(workflow, "index", None))
    if not sheet.is_at_work and requests.unconfirmed:
        # The evidence is not refreshed by itself: the person decides about what the page shows.
        context |= {"lost": requests.unconfirmed, "poll": "", **_evidence(request, sheet, requests.unconfirmed)}
    return render_page(request, "entry/imports/progress.html", context, partials=("progress",))


def _read_requests(sheet: Sheet) -> Requests:
    """Read the requests with the first and last row and task of each. Both are in the order of the rows."""
    rows = SubmissionRow.objects.filter(submission=OuterRef("pk"))
    created = rows.filter(task_id__isnull=False)
    annotated = sheet.submissions.annotate(
        first_number=Subquery(rows.order_by("index").values("number")[:1]),
        last_number=Subquery(rows.order_by("-index").values("number")[:1]),
        first_task=Subquery(created.order_by("index").values("task_id")[:1]),
        last_task=Subquery(created.order_by("-index").values("task_id")[:1]),
    )
    listed = list(annotated[:REQUESTS_LISTED])
    status = Submission.Status
    if len(listed) < REQUESTS_LISTED:
        unconfirmed = next((each for each in listed if each.status == status.UNCONFIRMED), None)
        return Requests(listed, len(listed), any(each.status == status.SENDING for each in listed), unconfirmed)
    unconfirmed = annotated.filter(status=status.UNCONFIRMED).first()
    is_sending = sheet.submissions.filter(status=status.SENDING).exists()
    return Requests(listed, sheet.submissions.count(), is_sending, unconfirmed)


def _progress_context(workflow: OpenedWorkflow, sheet: Sheet, requests: Requests) -> dict[str, Any]:
    counts = sheet.counts()
    is_sending = sheet.status == Sheet.Status.SENDING
    index = None
    if counts.created and not is_sending and can_use_key(sheet):
        index = WorkflowIndex.objects.watch([workflow])[workflow.pk]
    wait = (sheet.due_at - timezone.now()).total_seconds() if is_sending else 0
    # A request of a paused or stopped import may still be on its way.
    is_moving = sheet.is_at_work or requests.is_sending
    return {
        "counts": counts,
        "tasks": task_bar(index, Q(submission__group=sheet.pk)),
        "requests": requests.listed,
        "batch_count": requests.count,
        "more_requests": max(requests.count - REQUESTS_LISTED, 0),
        "is_on_the_wire": requests.is_sending,
        "is_sending": is_sending,
        "is_done": sheet.status == Sheet.Status.CHECKED,
        "time_left": time_left(sheet, counts.not_sent, timezone.now()) if is_sending and wait <= 0 else "",
        "waits": max(round(wait), 1) if sheet.waits_to_start else 0,
        "wait": str(round(wait)) if wait > SHORTEST_WAIT else "",
        "poll": POLL if is_moving else POLL_TASKS if counts.created else "",
    }


def _rows_context(
    workflow: OpenedWorkflow, sheet: Sheet, selection: ResultSelection, counts: RowCounts
) -> dict[str, Any]:
    attention = attention_by_import(workflow, [sheet.pk]) if counts.created else {}
    place = [workflow.key_id, workflow.workflow_id]
    return {
        "tasks_address": reverse("tasks:list", args=place) if can_use_key(sheet) else "",
        "rows": sent_rows(sheet, workflow, selection),
        "chips": sent_chips(
            selection,
            counts,
            attention.get(sheet.pk, 0),
            is_sending=sheet.status == Sheet.Status.SENDING,
        ),
    }


def _evidence(request: SignedInRequest, sheet: Sheet, submission: Submission) -> dict[str, Any]:
    """Return the tasks that appeared since the request was sent, or the API's error.

    Without `look`, no more pages are read than the request's own tasks need; if there are more, nothing is shown yet.
    """
    if not can_use_key(sheet):
        return {}
    is_requested = "look" in request.GET
    pages = MOST_PAGES if is_requested else submission.row_count // PAGE + 2
    try:
        appeared = tasks_since(submission, client_for(sheet.key), pages)
    except PipelinesError as error:
        return {"look_failed": explain(error)}
    if appeared.more and not is_requested:
        return {}
    return {
        "appeared": appeared,
        "can_select": Submission.objects.visible_to(request.user).filter(pk=submission.pk).exists(),
    }
