from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.api_client import InvalidRequest, PipelinesError, RateLimited
from pipelines_portal.core.parameters import number_in
from pipelines_portal.core.rendering import is_poll_of, render_page
from pipelines_portal.keys.clients import client_for
from pipelines_portal.tasks.forms import Filters, filters_of
from pipelines_portal.tasks.known_list import AWAY, known_page
from pipelines_portal.tasks.pagination import Pagination
from pipelines_portal.tasks.task_list import TaskList, tasks_page
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import refresh_if_old
from pipelines_portal.workflows.permissions import usable_workflow

PART = "task-page"


@require_safe
@signed_in
def task_list(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """List the workflow's tasks, newest first. `?q=` leads to a task by its ID, or to the rows with these words."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    if asked := request.GET.get("q", "").strip():
        return _find(workflow, asked)
    client, is_refresh = client_for(workflow.key), is_poll_of(request, PART)
    filters, pagination = filters_of(request.GET), Pagination.from_query(request.GET)
    try:
        read = tasks_page(workflow.key, client, workflow_id, pagination.cursor, filters, is_refresh=is_refresh)
    except InvalidRequest:
        return _first_page(request, workflow, pagination, filters)
    except PipelinesError as error:
        return _known_list(request, workflow, filters, pagination, error)
    if not request.htmx:
        workflow = refresh_if_old(workflow, client)
    shown = request.GET.get("shown", "")
    tasks = TaskList(workflow, request.user, read, filters, pagination, is_refresh=is_refresh, shown=shown)
    if is_refresh and request.GET.get("seen") == tasks.seen:
        return HttpResponse(status=204)
    if tasks.live.is_behind:
        return _announcement(request, tasks)
    context = {"key": workflow.key, "workflow": workflow, "tab": "tasks", "tasks": tasks}
    return render_page(request, "tasks/list.html", context, partials=(PART,))


def _find(workflow: OpenedWorkflow, asked: str) -> HttpResponse:
    if number := number_in(asked.removeprefix("#")):
        return redirect("tasks:detail", workflow.key_id, workflow.workflow_id, number)
    query = urlencode({"q": asked, "workflow": workflow.workflow_id})
    return redirect(f"{reverse('search:search')}?{query}")


def _known_list(
    request: SignedInRequest, workflow: OpenedWorkflow, filters: Filters, pagination: Pagination, error: PipelinesError
) -> HttpResponse:
    """Show what the index knows while Pipelines does not answer. Raise the error if it knows nothing."""
    is_refresh = is_poll_of(request, PART)
    if is_refresh and "known" in request.GET and isinstance(error, AWAY):
        return HttpResponse(status=204)
    read = None if is_refresh else known_page(workflow, pagination.cursor, filters, error)
    if read is None:
        raise error
    tasks = TaskList(workflow, request.user, read, filters, pagination)
    is_asked_to_wait = isinstance(error, RateLimited)
    context = {"key": workflow.key, "workflow": workflow, "tab": "tasks", "tasks": tasks}
    context |= {"away": "Pipelines asks us to wait" if is_asked_to_wait else "Pipelines isn’t responding"}
    return render_page(request, "tasks/list.html", context, partials=(PART,))


def _announcement(request: SignedInRequest, tasks: TaskList) -> HttpResponse:
    """Keep the rows that are shown, and announce the new ones above them."""
    response = render(request, "tasks/behind.html", {"tasks": tasks})
    response["HX-Reswap"] = "none"
    return response


def _first_page(
    request: SignedInRequest, workflow: OpenedWorkflow, pagination: Pagination, filters: Filters
) -> HttpResponse:
    """Lead to the first page when the API does not know the cursor of an old link."""
    if not pagination.cursor:
        raise InvalidRequest(400, "invalid_request", "The API refused the list's filter.")
    messages.warning(request, "That page of the list no longer exists, so this is the first one.")
    address = reverse("tasks:list", args=[workflow.key_id, workflow.workflow_id]) + Pagination().query(**filters)
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
