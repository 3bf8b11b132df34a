from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
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
from ..pagination import Pagination
from ..shared_pages import REFRESH_SECONDS, SharedPage, shared_page


@require_safe
@signed_in
def task_list(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """A page of the workflow's tasks, newest first."""
    key = usable_key(request.user, key_id)
    workflow = opened_workflow(key, workflow_id)
    client = client_for(key)
    filters, pagination = TaskFilterForm.filters(request), Pagination.from_query(request.GET)
    try:
        page = shared_page(key, client, workflow_id, pagination.cursor, filters, is_refresh=_is_refresh(request))
    except InvalidRequest:
        return _first_page(request, workflow, pagination, filters)
    if not request.htmx:
        workflow = refresh_if_old(workflow, client)
    context = {"key": key, "workflow": workflow, "tab": "tasks"} | _page_context(page, pagination, filters)
    return render_page(request, "tasks/list.html", context, partials=("task-page",))


def _is_refresh(request: SignedInRequest) -> bool:
    """The list asks for itself, at its interval; nobody clicked."""
    return bool(request.htmx) and request.htmx.trigger == "task-page"


def _page_context(shared: SharedPage, pagination: Pagination, filters: Filters) -> dict[str, Any]:
    page = shared.page
    older = pagination.to_older(page.older_cursor).query(**filters) if page.older_cursor else ""
    return {
        "rows": task_rows(page.tasks),
        "chips": _chips(filters),
        "sizes": [(str(size), size == filters["limit"]) for size in PAGE_SIZES],
        "limit": str(filters["limit"]),
        "status": filters["status"],
        "here": pagination.query(**filters),
        "older": older,
        "newer": pagination.to_newer().query(**filters) if pagination.cursor else "",
        "is_first": not pagination.cursor,
        "is_moving": not all(task.is_over for task in page.tasks),
        "read_at": shared.read_at,
        "every": f"{REFRESH_SECONDS}s",
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
