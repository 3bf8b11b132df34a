from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.api_client import InvalidRequest, Task
from pipelines_portal.core.looking_again import looks_again
from pipelines_portal.core.rendering import render_page
from pipelines_portal.keys.clients import client_for
from pipelines_portal.submissions.origin import Brief, briefs_of_tasks, sent_from_here
from pipelines_portal.task_index.counts import open_counts
from pipelines_portal.tasks.filter_chips import chips, known_numbers, page_title
from pipelines_portal.tasks.forms import DEFAULT_SIZE, PAGE_SIZES, Filters, GoToTaskForm, filters_of
from pipelines_portal.tasks.list_rows import task_rows
from pipelines_portal.tasks.live_page import (
    WHILE_STILL,
    LivePage,
    beside_shown,
    lately_created,
    seconds_between_looks,
    seen_of,
)
from pipelines_portal.tasks.pagination import Pagination
from pipelines_portal.tasks.shared_pages import SharedPage, shared_page
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import refresh_if_old
from pipelines_portal.workflows.permissions import usable_workflow

PART = "task-page"
Briefs = dict[int, Brief]


@require_safe
@signed_in
def task_list(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """A page of the workflow's tasks, newest first. `?go=` leads to one by its ID."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    key = workflow.key
    asked_for = GoToTaskForm(request.GET) if "go" in request.GET else None
    if asked_for and asked_for.is_valid():
        return redirect("tasks:detail", key_id, workflow_id, asked_for.cleaned_data["go"])
    client = client_for(key)
    filters, pagination = filters_of(request.GET), Pagination.from_query(request.GET)
    try:
        shared = shared_page(
            key, client, workflow_id, pagination.cursor, filters, is_refresh=looks_again(request, PART)
        )
    except InvalidRequest:
        return _first_page(request, workflow, pagination, filters)
    briefs = None if looks_again(request, PART) else _briefs(request, workflow, shared.page.tasks)
    context = _page_context(request, workflow, shared, pagination, filters, briefs)
    if looks_again(request, PART) and request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    if context["live"].is_behind:
        return _announcement(request, context)
    if not request.htmx:
        workflow = refresh_if_old(workflow, client)
    context |= {"key": key, "workflow": workflow, "tab": "tasks", "asked_for": asked_for}
    tasks = context["live"].tasks
    briefs = _briefs(request, workflow, tasks) if briefs is None else briefs
    context["rows"] = task_rows(tasks, briefs, workflow.telling_field, _tail(pagination, filters))
    status = 422 if asked_for else 200
    return render_page(request, "tasks/list.html", context, partials=(PART,), status=status)


def _announcement(request: SignedInRequest, context: dict[str, Any]) -> HttpResponse:
    """The rows on show stay, though a page of new ones stands above them."""
    response = render(request, "tasks/behind.html", context)
    response["HX-Reswap"] = "none"
    return response


def _page_context(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    shared: SharedPage,
    pagination: Pagination,
    filters: Filters,
    briefs: Briefs | None,
) -> dict[str, Any]:
    page, is_first, counts = shared.page, not pagination.cursor, open_counts(workflow)
    numbers = known_numbers(page, filters, is_first=is_first, counts=counts)
    older = pagination.to_older(page.older_cursor).query(**filters) if page.older_cursor else ""
    return _reading(request, workflow, shared, pagination, filters, numbers, briefs) | {
        "chips": chips(filters, numbers),
        "counted_at": counts.updated() if counts else None,
        "title": page_title(filters, pagination, numbers),
        "sizes": [(str(size), size == filters["limit"]) for size in PAGE_SIZES],
        "status": filters["status"],
        "here": pagination.query(**filters),
        "older": older,
        "newer": pagination.to_newer().query(**filters) if pagination.cursor else "",
        "is_first": is_first,
        "read_at": shared.read_at,
    }


def _reading(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    shared: SharedPage,
    pagination: Pagination,
    filters: Filters,
    numbers: dict[str, str],
    briefs: Briefs | None,
) -> dict[str, Any]:
    """What the page shows, and when and with which address it looks again. The first page always does."""
    tasks, is_first = shared.page.tasks, not pagination.cursor
    shown = request.GET.get("shown", "") if is_first and looks_again(request, PART) else ""
    live = beside_shown(tasks, shown, has_older=bool(shared.page.older_cursor))
    every = seconds_between_looks(tasks, timezone.now())
    seen = seen_of(live, every, bool(shared.page.older_cursor), numbers, _named_lately(workflow, live, briefs))
    goes_on = request.user.reads_live and (is_first or every < WHILE_STILL)
    return {
        "live": live,
        "seen": seen,
        "every": f"{every}s" if goes_on else "",
        "poll": pagination.query(**filters, seen=seen, shown=live.shown if is_first else ""),
    }


def _named_lately(workflow: OpenedWorkflow, live: LivePage, briefs: Briefs | None) -> list[int]:
    """Of which new tasks it is known who made them. A list that stands still asks the database nothing for it."""
    new = lately_created(live.tasks, timezone.now())
    if briefs is not None:
        return sorted(task_id for task_id in new if task_id in briefs)
    return sent_from_here(workflow.key, workflow.workflow_id, new) if new else []


def _briefs(request: SignedInRequest, workflow: OpenedWorkflow, tasks: list[Task]) -> Briefs:
    return briefs_of_tasks(request.user, workflow.key, workflow.workflow_id, [task.id for task in tasks])


def _tail(pagination: Pagination, filters: Filters) -> str:
    """The rows' links carry the list they are of, when it is not the one that a workflow opens with."""
    is_plain = not pagination.cursor and filters == {"status": "", "limit": DEFAULT_SIZE}
    return "" if is_plain else f"?from={quote(pagination.query(**filters)[1:], safe='')}"


def _first_page(
    request: SignedInRequest, workflow: OpenedWorkflow, pagination: Pagination, filters: Filters
) -> HttpResponse:
    """The API does not know this cursor: an old or mangled link. Start from the newest, and say so."""
    if not pagination.cursor:
        raise InvalidRequest(400, "invalid_request", "The API refused the list's filter.")
    messages.warning(request, "That page of the list no longer exists, so this is the first one.")
    address = reverse("tasks:list", args=[workflow.key_id, workflow.workflow_id]) + Pagination().query(**filters)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
