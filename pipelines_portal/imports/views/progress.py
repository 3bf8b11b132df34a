"""The sending of an import: how far it is, request by request, and what stops it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.api_client import PipelinesError
from pipelines_portal.saved_keys.access import client_for
from pipelines_portal.shared.together import together
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.resolving import LOOKED_AT_IN_A_PAGE, PAGE, tasks_since
from pipelines_portal.web.api_errors import explain
from pipelines_portal.web.encryption import Undecryptable
from pipelines_portal.web.rendering import htmx_of, render_page

from ..access import may_use_key, page_url, visible_import_with
from ..bars import row_bar, task_bar
from ..counts import Counts, counts_in, kept_counts
from ..downloads import FaultyRow, first_rejected, told
from ..models import Import, ImportRequest, ImportRow, State
from ..requests import settle_for_page, unsettled_of
from ..task_counts import want_counts
from .context import context_of

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


@dataclass(frozen=True)
class Standing:
    """`lost`: the first request whose outcome nobody knows."""

    requests: list[ShownRequest]
    request_count: int
    is_on_the_wire: bool
    lost: ImportRequest | None
    counts: Counts
    rejected: list[ImportRow]


@require_safe
@never_cache
@signed_in
def import_progress(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    place = (key_id, workflow_id, import_id)
    workflow, of, unsettled = visible_import_with(request.user, *place, *unsettled_of(import_id))
    if settle_for_page(of, unsettled):
        of.refresh_from_db(fields=["state", "problem", "due_at", "task_counts", "paused_by", "paused_at"])
    standing = _standing(of)
    if of.state == State.DELETED or (not standing.requests and of.state != State.SENDING):
        return HttpResponseClientRedirect(page_url(of)) if htmx_of(request) else redirect(page_url(of))
    context = context_of(workflow, of) | _context(of, standing)
    if not of.is_at_work and standing.lost:
        # Looked up once, and again when somebody asks for it: the page says what there was then.
        context |= {"lost": standing.lost, "poll": "", **_evidence(of, standing.lost)}
    return render_page(request, "imports/progress.html", context, partials=("progress",))


def _standing(of: Import) -> Standing:
    states = Submission.State
    on_the_wire, lost = (_with(of, state) for state in (states.SENDING, states.UNKNOWN))
    requests, count, sending, unknown, by_state, rejected = together(
        _requests(of), _request_count(of), on_the_wire, lost, kept_counts(of), first_rejected(of)
    )
    shown = [ShownRequest(each, each.first, each.last) for each in requests]
    return Standing(shown, sum(count), bool(sending), next(iter(unknown), None), counts_in(by_state), rejected)


def _context(of: Import, standing: Standing) -> dict[str, Any]:
    counts = standing.counts
    if counts.created and of.state != State.SENDING:
        want_counts(of)
    wait = (of.due_at - timezone.now()).total_seconds() if of.state == State.SENDING else 0
    # Also of one that is paused or stopped: what left comes to its end.
    is_moving = of.is_at_work or standing.is_on_the_wire
    return {
        "counts": counts,
        "bar": row_bar(counts),
        "tasks": task_bar(of, counts),
        "requests": standing.requests,
        "more_requests": max(standing.request_count - LISTED, 0),
        "rejected": _told(of, standing.rejected),
        "is_on_the_wire": standing.is_on_the_wire,
        "wait": str(round(wait)) if wait > LONG else "",
        "poll": POLL if is_moving else POLL_TASKS if counts.created else "",
    }


def _told(of: Import, rejected: list[ImportRow]) -> list[FaultyRow]:
    """Empty when they cannot be opened any more: what was sent is told even so."""
    try:
        return list(told(of, rejected))
    except Undecryptable:
        return []


def _requests(of: Import) -> QuerySet[Any]:
    # Tasks get their ids in the order of the rows.
    rows = SubmissionRow.objects.filter(submission=OuterRef("submission"), task_id__isnull=False).values("task_id")
    first, last = Subquery(rows.order_by("index")[:1]), Subquery(rows.order_by("-index")[:1])
    return of.requests.select_related("submission").annotate(first=first, last=last).order_by("number")[:LISTED]


def _request_count(of: Import) -> QuerySet[Any, Any]:
    return of.requests.order_by().values("of").annotate(count=Count("pk")).values_list("count", flat=True)


def _with(of: Import, state: str) -> QuerySet[ImportRequest]:
    """The first of which the ledger says so."""
    return of.requests.filter(submission__state=state).select_related("submission").order_by("number")[:1]


def _evidence(of: Import, lost: ImportRequest) -> dict[str, Any]:
    """What appeared in the workflow since it left, as much as the request may have made; a failure is told instead."""
    if not may_use_key(of):
        return {}
    pages = lost.row_count // PAGE + LOOKED_AT_IN_A_PAGE
    try:
        return {"appeared": tasks_since(lost.submission, client_for(of.key), pages)}
    except PipelinesError as error:
        return {"look_failed": explain(error)}
