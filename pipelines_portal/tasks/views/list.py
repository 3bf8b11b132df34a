from collections.abc import Callable
from time import monotonic
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.api_client import (
    AWAY,
    InvalidRequest,
    KeyNotReceived,
    PipelinesClient,
    PipelinesError,
    RateLimited,
    UnexpectedResponse,
)
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.clients import client_for
from pipelines_portal.spreadsheets.downloads import table_response
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.tasks.api_pages import tasks_page
from pipelines_portal.tasks.arrangement import Arrangement, read_arrangement
from pipelines_portal.tasks.conditions import Conditions, read_conditions
from pipelines_portal.tasks.exports import header_and_rows, why_not
from pipelines_portal.tasks.filter_chips import query_of
from pipelines_portal.tasks.found_tasks import ResolvedConditions, Scope, find, resolve, task_with_id
from pipelines_portal.tasks.pagination import Pagination
from pipelines_portal.tasks.task_list import Poll, TaskList, api_list, found_list
from pipelines_portal.web.error_pages import cause_for
from pipelines_portal.web.error_sentences import explain
from pipelines_portal.web.rendering import is_poll_of, render_page
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import refresh_if_old
from pipelines_portal.workflows.permissions import usable_workflow

PART = "task-page"
SLOW_SECONDS = 0.5


@require_safe
@signed_in
def task_list(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """List the workflow's tasks, newest first: the API's own list, or by conditions that the API does not know."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    conditions, pagination = read_conditions(request.GET, workflow), Pagination.from_query(request.GET)
    if conditions.is_typed and not conditions.errors:
        return redirect(reverse("tasks:list", args=[key_id, workflow_id]) + query_of(conditions))
    arrangement = None
    if not request.GET and not request.htmx:
        arrangement = read_arrangement(request.user, workflow)
        if first := arrangement.opens_first:
            return redirect(request.path + first.url)
    return _show(request, workflow, conditions, pagination, arrangement)


def _show(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    conditions: Conditions,
    pagination: Pagination,
    arrangement: Arrangement | None = None,
) -> HttpResponse:
    client = client_for(workflow.key)
    show: Callable[..., HttpResponse] = _api_list if conditions.is_plain else _found_list
    try:
        return show(request, workflow, client, conditions, pagination, arrangement)
    except InvalidRequest:
        if not pagination.cursor:
            raise InvalidRequest(400, "invalid_request", "Pipelines refused the filter.") from None
        # Nobody knows the cursor of an old link.
        messages.warning(request, "That page is gone. Showing the newest tasks.")
        url = reverse("tasks:list", args=[workflow.key_id, workflow.workflow_id]) + query_of(conditions)
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


@require_POST
@signed_in
def task_export(request: SignedInRequest, key_id: int, workflow_id: int, form: str) -> HttpResponseBase:
    """Export all tasks of the list."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    conditions = read_conditions(request.POST, workflow)
    if conditions.errors:
        return _show(request, workflow, conditions, Pagination())
    scope = Scope.of_workflow(request.user, workflow)
    resolved = resolve(scope, conditions)
    if problem := why_not(scope, resolved):
        WorkflowIndex.objects.watch([workflow])
        messages.error(request, problem)
        return redirect(reverse("tasks:list", args=[key_id, workflow_id]) + query_of(conditions))
    with_id = task_with_id(scope, conditions, client_for(workflow.key))
    record(Verb.TASKS_EXPORTED, by=request.user, target=workflow)
    name = f"tasks-{workflow_id}-{timezone.localdate()}"
    return table_response(request, name, form, *header_and_rows(scope, resolved, with_id))


def _api_list(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    client: PipelinesClient,
    conditions: Conditions,
    pagination: Pagination,
    arrangement: Arrangement | None,
) -> HttpResponse:
    """Show the API's own list. While Pipelines is away, show what the index knows."""
    poll, place = _poll(request), (workflow.key, client, workflow.workflow_id)
    started = monotonic()
    try:
        read = tasks_page(*place, pagination.cursor, conditions, is_refresh=poll is not None)
    except AWAY as error:
        return _known_list(request, workflow, conditions, pagination, error)
    # After a slow list, nobody waits for the status as well: a refresh of the page reads it.
    is_slow = monotonic() - started > SLOW_SECONDS
    if is_slow if poll else not (request.htmx or is_slow):
        workflow = refresh_if_old(workflow, client)
    return _respond(
        request, workflow, api_list(request.user, workflow, read, conditions, pagination, poll, arrangement)
    )


def _known_list(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    conditions: Conditions,
    pagination: Pagination,
    error: PipelinesError,
) -> HttpResponse:
    """Show what the index knows while Pipelines does not answer. Raise the error if it knows nothing."""
    if is_poll_of(request, PART):
        if "known" in request.GET:
            return HttpResponse(status=204)
        raise error
    scope, resolved = Scope.of_workflow(request.user, workflow), ResolvedConditions(conditions)
    page = find(scope, resolved, pagination.cursor)
    if not page.tasks:
        raise error
    if isinstance(error, UnexpectedResponse | KeyNotReceived):
        away = explain(error).title
    else:
        away = "Pipelines asks us to wait" if isinstance(error, RateLimited) else "Pipelines isn’t responding"
    cause = cause_for(request.user, error)
    return _respond(request, workflow, found_list(scope, resolved, page, pagination, away=away, cause=cause))


def _found_list(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    client: PipelinesClient,
    conditions: Conditions,
    pagination: Pagination,
    arrangement: Arrangement | None,
) -> HttpResponse:
    """List tasks by conditions that the API does not know. A number finds the task with that ID, too."""
    scope = Scope.of_workflow(request.user, workflow, watch=True)
    resolved = resolve(scope, conditions)
    page = find(scope, resolved, pagination.cursor)
    with_id = None if pagination.cursor else task_with_id(scope, conditions, client)
    tasks = found_list(scope, resolved, page, pagination, _poll(request), with_id=with_id, arrangement=arrangement)
    return _respond(request, workflow, tasks)


def _poll(request: SignedInRequest) -> Poll | None:
    """Return what the page shows, or None if a person opens it."""
    return Poll(request.GET.get("seen", ""), request.GET.get("shown", "")) if is_poll_of(request, PART) else None


def _respond(request: SignedInRequest, workflow: OpenedWorkflow, tasks: TaskList | None) -> HttpResponse:
    if tasks is None:
        return HttpResponse(status=204)
    if tasks.live.is_behind:
        # The rows that are shown stay, and the new ones are announced above them.
        response = render(request, "tasks/behind.html", {"tasks": tasks})
        response["HX-Reswap"] = "none"
        return response
    context: dict[str, Any] = {"key": workflow.key, "workflow": workflow, "tab": "tasks", "tasks": tasks}
    status = 422 if tasks.conditions.errors and not is_poll_of(request, PART) else 200
    return render_page(request, "tasks/list.html", context, partials=(PART,), status=status)
