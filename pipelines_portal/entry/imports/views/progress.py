"""The sending of an import: how far it is, request by request, and what stops it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.core.api_errors import explain
from pipelines_portal.core.rendering import htmx_of, render_page
from pipelines_portal.entry.imports.access import may_use_key, page_url, visible_import
from pipelines_portal.entry.imports.bars import row_bar, task_bar
from pipelines_portal.entry.imports.counts import counts_of
from pipelines_portal.entry.imports.downloads import first_rejected
from pipelines_portal.entry.imports.requests import settle_overdue
from pipelines_portal.entry.imports.task_counts import want_counts
from pipelines_portal.entry.imports.views.context import context_of
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.clients import client_for
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.resolving import LOOKED_AT_IN_A_PAGE, PAGE, tasks_since

# So many requests are listed; of a hundred thousand rows there are twenty.
LISTED = 100
POLL, POLL_TASKS = "2s", "20s"
LONG = 3


@dataclass(frozen=True)
class Sent:
    """What was sent so far. `lost`: the first request whose outcome nobody knows."""

    requests: list[Submission]
    request_count: int
    is_on_the_wire: bool
    lost: Submission | None


@require_safe
@never_cache
@signed_in
def import_progress(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    workflow, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    key = import_job.key
    settle_overdue(import_job)
    import_job.key = key
    sent = _sent(import_job)
    if import_job.status == ImportJob.Status.DELETED or (
        not sent.requests and import_job.status != ImportJob.Status.SENDING
    ):
        return HttpResponseClientRedirect(page_url(import_job)) if htmx_of(request) else redirect(page_url(import_job))
    context = context_of(workflow, import_job) | _context(import_job, sent)
    if not import_job.is_at_work and sent.lost:
        # Looked up once, and again when somebody asks for it: the page says what there was then.
        context |= {"lost": sent.lost, "poll": "", **_evidence(import_job, sent.lost)}
    return render_page(request, "entry/imports/progress.html", context, partials=("progress",))


def _sent(import_job: ImportJob) -> Sent:
    """Of each request the file's first and last row, and the first and last task: both are in the order of the rows."""
    rows = SubmissionRow.objects.filter(submission=OuterRef("pk"))
    made, statuses = rows.filter(task_id__isnull=False), Submission.Status
    listed = import_job.submissions.annotate(
        first_number=Subquery(rows.order_by("index").values("number")[:1]),
        last_number=Subquery(rows.order_by("-index").values("number")[:1]),
        first_task=Subquery(made.order_by("index").values("task_id")[:1]),
        last_task=Subquery(made.order_by("-index").values("task_id")[:1]),
    )
    requests = list(listed[:LISTED])
    count = len(requests) if len(requests) < LISTED else import_job.submissions.count()
    is_on_the_wire = import_job.submissions.filter(status=statuses.SENDING).exists()
    lost = listed.filter(status=statuses.UNCONFIRMED).first()
    return Sent(requests, count, is_on_the_wire, lost)


def _context(import_job: ImportJob, sent: Sent) -> dict[str, Any]:
    counts = counts_of(import_job)
    if counts.created and import_job.status != ImportJob.Status.SENDING:
        want_counts(import_job)
    wait = (import_job.due_at - timezone.now()).total_seconds() if import_job.status == ImportJob.Status.SENDING else 0
    # Also of one that is paused or stopped: what left comes to its end.
    is_moving = import_job.is_at_work or sent.is_on_the_wire
    return {
        "counts": counts,
        "bar": row_bar(counts),
        "tasks": task_bar(import_job, counts),
        "requests": sent.requests,
        "more_requests": max(sent.request_count - LISTED, 0),
        "rejected": first_rejected(import_job),
        "is_on_the_wire": sent.is_on_the_wire,
        "wait": str(round(wait)) if wait > LONG else "",
        "poll": POLL if is_moving else POLL_TASKS if counts.created else "",
    }


def _evidence(import_job: ImportJob, lost: Submission) -> dict[str, Any]:
    """What appeared in the workflow since it left, as much as the request may have made; a failure is told instead."""
    if not may_use_key(import_job):
        return {}
    pages = lost.row_count // PAGE + LOOKED_AT_IN_A_PAGE
    try:
        return {"appeared": tasks_since(lost, client_for(import_job.key), pages)}
    except PipelinesError as error:
        return {"look_failed": explain(error)}
