"""The sending of an import: how far it is, request by request, and what stops it."""

from collections.abc import Iterator
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

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.saved_keys.access import client_for
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.resolving import LOOKED_AT_IN_A_PAGE, PAGE, tasks_since
from pipelines_portal.web.api_errors import explain
from pipelines_portal.web.encryption import Undecryptable
from pipelines_portal.web.rendering import htmx_of, render_page

from ..access import page_url, reachable_import
from ..bars import row_bar, task_bar
from ..counts import counts_of
from ..downloads import FaultyRow, shown_rejected
from ..models import Import, ImportRequest, State
from ..requests import settle_requests
from ..task_counts import want_counts

# So many requests are listed; of a hundred thousand rows there are twenty.
LISTED = 100
POLL, POLL_TASKS = "2s", "20s"
LONG = 3


@dataclass(frozen=True)
class ShownRequest:
    """A request, and the first and last task that came of it."""

    request: ImportRequest
    first_task: int | None
    last_task: int | None


@require_safe
@never_cache
@signed_in
def import_progress(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    workflow, of = reachable_import(request.user, key_id, workflow_id, import_id)
    settle_requests(of)
    of.refresh_from_db(fields=["state", "problem", "due_at", "task_counts"])
    requests = list(_requests(of))
    if not requests and of.state != State.SENDING:
        return HttpResponseClientRedirect(page_url(of)) if htmx_of(request) else redirect(page_url(of))
    context = {"key": workflow.key, "workflow": workflow, "tab": "import", "import": of, **_standing(of, requests)}
    if not of.is_at_work and (lost := _lost(of)):
        # Looked up once, and again when somebody asks for it: the page says what there was then.
        context |= {"lost": lost, "poll": "", **_evidence(of, lost)}
    return render_page(request, "imports/progress.html", context, partials=("progress",))


def _standing(of: Import, requests: list[ShownRequest]) -> dict[str, Any]:
    counts = counts_of(of)
    if counts.created and of.state != State.SENDING:
        want_counts(of)
    wait = (of.due_at - timezone.now()).total_seconds() if of.state == State.SENDING else 0
    return {
        "counts": counts,
        "bar": row_bar(counts),
        "tasks": task_bar(of, counts),
        "requests": requests,
        "more_requests": of.requests.count() - LISTED if len(requests) == LISTED else 0,
        "rejected": _rejected(of) if counts.rejected else [],
        "wait": str(round(wait)) if wait > LONG else "",
        "poll": POLL if of.is_at_work or _is_on_the_wire(of) else POLL_TASKS if counts.created else "",
    }


def _rejected(of: Import) -> list[FaultyRow]:
    """Empty when they cannot be opened any more: what was sent is told even so."""
    try:
        return shown_rejected(of)
    except Undecryptable:
        return []


def _is_on_the_wire(of: Import) -> bool:
    """Also of one that is paused or stopped: what left comes to its end."""
    return of.requests.filter(submission__state=Submission.State.SENDING).exists()


def _requests(of: Import) -> Iterator[ShownRequest]:
    # Tasks get their ids in the order of the rows.
    rows = SubmissionRow.objects.filter(submission=OuterRef("submission"), task_id__isnull=False).values("task_id")
    first, last = Subquery(rows.order_by("index")[:1]), Subquery(rows.order_by("-index")[:1])
    for each in of.requests.select_related("submission").annotate(first=first, last=last).order_by("number")[:LISTED]:
        yield ShownRequest(each, each.first, each.last)


def _lost(of: Import) -> ImportRequest | None:
    """The first whose outcome nobody knows."""
    unknown = of.requests.filter(submission__state=Submission.State.UNKNOWN)
    return unknown.select_related("submission").order_by("number").first()


def _evidence(of: Import, lost: ImportRequest) -> dict[str, Any]:
    """What appeared in the workflow since it left, as much as the request may have made; a failure is told instead."""
    pages = lost.row_count // PAGE + LOOKED_AT_IN_A_PAGE
    try:
        return {"appeared": tasks_since(lost.submission, client_for(of.key), pages)}
    except PipelinesError as error:
        return {"look_failed": explain(error)}
