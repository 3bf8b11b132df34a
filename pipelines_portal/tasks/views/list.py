from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.api_client import InvalidRequest
from pipelines_portal.api_client.models import TASK_STATUSES
from pipelines_portal.saved_keys.access import client_for, usable_key
from pipelines_portal.web.rendering import render_page
from pipelines_portal.web.templatetags.portal import TASK_STATUS_WORDS
from pipelines_portal.workflows.access import opened_workflow
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import refresh_if_old

from ..forms import PAGE_SIZES, Filters, TaskFilterForm
from ..list_rows import task_rows
from ..live_page import WHILE_STILL, beside_shown, digest_of, seconds_between_looks
from ..pagination import Pagination
from ..shared_pages import SharedPage, shared_page


@require_safe
@signed_in
def task_list(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """A page of the workflow's tasks, newest first."""
    key = usable_key(request.user, key_id)
    workflow = opened_workflow(key, workflow_id)
    client = client_for(key)
    filters, pagination = TaskFilterForm.filters(request), Pagination.from_query(request.GET)
    try:
        shared = shared_page(key, client, workflow_id, pagination.cursor, filters, is_refresh=_is_refresh(request))
    except InvalidRequest:
        return _first_page(request, workflow, pagination, filters)
    reading = _reading(request, shared, pagination, filters)
    if _is_refresh(request) and request.GET.get("seen") == reading["seen"]:
        return HttpResponse(status=204)
    if not request.htmx:
        workflow = refresh_if_old(workflow, client)
    context = {"key": key, "workflow": workflow, "tab": "tasks"} | reading | _page_context(shared, pagination, filters)
    context["rows"] = task_rows(reading["live"].tasks)
    return render_page(request, "tasks/list.html", context, partials=("task-page",))


def _is_refresh(request: SignedInRequest) -> bool:
    """The list asks for itself, at its interval; nobody clicked."""
    return bool(request.htmx) and request.htmx.trigger == "task-page"


def _reading(request: SignedInRequest, shared: SharedPage, pagination: Pagination, filters: Filters) -> dict[str, Any]:
    """What the page shows, and when and with which address it looks again. The first page always does."""
    tasks, is_first = shared.page.tasks, not pagination.cursor
    live = beside_shown(tasks, request.GET.get("shown", "") if is_first and _is_refresh(request) else "")
    every = seconds_between_looks(tasks, timezone.now())
    seen = digest_of(live, every, bool(shared.page.older_cursor))
    return {
        "live": live,
        "seen": seen,
        "every": f"{every}s" if is_first or every < WHILE_STILL else "",
        "poll": pagination.query(**filters, seen=seen, shown=live.shown if is_first else ""),
    }


def _page_context(shared: SharedPage, pagination: Pagination, filters: Filters) -> dict[str, Any]:
    page = shared.page
    older = pagination.to_older(page.older_cursor).query(**filters) if page.older_cursor else ""
    return {
        "chips": _chips(filters),
        "sizes": [(str(size), size == filters["limit"]) for size in PAGE_SIZES],
        "limit": str(filters["limit"]),
        "status": filters["status"],
        "here": pagination.query(**filters),
        "older": older,
        "newer": pagination.to_newer().query(**filters) if pagination.cursor else "",
        "is_first": not pagination.cursor,
        "read_at": shared.read_at,
    }


def _chips(filters: Filters) -> list[dict[str, Any]]:
    chips: list[dict[str, Any]] = [{"status": "", "word": "All"}]
    chips += [{"status": status, "word": TASK_STATUS_WORDS[status]} for status in _CHIP_ORDER]
    for chip in chips:
        chip["query"] = Pagination().query(status=chip["status"], limit=filters["limit"])
        chip["is_current"] = chip["status"] == filters["status"]
    return chips


_CHIP_ORDER = sorted(
    TASK_STATUSES,
    key=["finished", "in_progress", "pending", "failed", "paused", "escalated", "quarantined"].index,
)


def _first_page(
    request: SignedInRequest, workflow: OpenedWorkflow, pagination: Pagination, filters: Filters
) -> HttpResponse:
    """The API does not know this cursor: an old or mangled link. Start from the newest, and say so."""
    if not pagination.cursor:
        raise InvalidRequest(400, "invalid_request", "The API refused the list's filter.")
    messages.warning(request, "That page of the list no longer exists, so this is the first one.")
    address = reverse("tasks:list", args=[workflow.key_id, workflow.workflow_id]) + Pagination().query(**filters)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
