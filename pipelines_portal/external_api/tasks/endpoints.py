"""Endpoints to create tasks from JSON, list them, and read one."""

from typing import Annotated, Any

from django.http import HttpResponse, JsonResponse
from ninja import Query, Router

from pipelines_portal.external_api.http import responses
from pipelines_portal.external_api.http.errors import ApiError, join_messages
from pipelines_portal.external_api.http.ignored import ignored_parameters, refuse_ignored
from pipelines_portal.external_api.http.schemas import Error, PathId
from pipelines_portal.external_api.idempotency import JSON, claim_key, first_request, idempotency_key, stored_response
from pipelines_portal.external_api.models import Task, Workflow
from pipelines_portal.external_api.tasks.create import Outcome, check_tasks, insert_tasks
from pipelines_portal.external_api.tasks.pagination import decode_cursor, task_page
from pipelines_portal.external_api.tasks.schemas import (
    DryRun,
    TaskOut,
    TaskPage,
    TaskQuery,
    TasksCreated,
    TasksIn,
    TasksRefused,
)
from pipelines_portal.external_api.tasks.serialization import find_task
from pipelines_portal.external_api.workflows.field_types import has_file_fields
from pipelines_portal.external_api.workflows.permissions import KeyRequest, require_open, workflow_for

router = Router(tags=["Tasks"])


@router.post(
    "/workflows/{workflow_id}/tasks",
    response=responses.reading(TasksCreated, 400, 409) | {415: Error, 422: TasksRefused},
    operation_id="create_tasks",
    summary="Create 1 to 5,000 tasks from JSON",
)
def post_tasks(request: KeyRequest, workflow_id: PathId, batch: TasksIn, dry_run: DryRun = None) -> HttpResponse:
    """200 means that at least one task was created, not all: look at both counts."""
    is_dry_run = _is_dry_run(request)
    idempotency_key(request)  # a malformed one is an error in a dry run, too, which stores nothing
    if not is_dry_run and (first := first_request(request)):
        return stored_response(first)
    workflow = workflow_for(request.auth, workflow_id)
    ignored = ignored_parameters(request, batch, batch.tasks, known="dry_run")
    if is_dry_run:
        refuse_ignored(ignored)
        return _answer(_checked(workflow, batch).as_dict() | {"dry_run": True})
    outcome = _checked(workflow, batch)
    with claim_key(request) as claim:
        if claim.first:
            return stored_response(claim.first)
        outcome.task_ids = insert_tasks(workflow, outcome.rows)
        response = _answer(outcome.as_dict() | ignored)
        claim.store(response.status_code, response.content)
    return response


def _answer(body: dict[str, Any]) -> HttpResponse:
    """Answer directly: ninja would validate what we have just built."""
    return JsonResponse(body, content_type=JSON)


def _is_dry_run(request: KeyRequest) -> bool:
    """Return whether the query says so. Raise 400 for anything unclear, since tasks cannot be deleted."""
    given = request.GET.getlist("dry_run")
    if given not in ([], ["true"], ["false"]):
        raise ApiError(400, "Invalid dry_run. Valid values: true, false")
    return given == ["true"]


def _checked(workflow: Workflow, batch: TasksIn) -> Outcome:
    """Check every task. Raise 422 if none can be created."""
    require_open(workflow)
    if has_file_fields(workflow.fields):
        path = f"/workflows/{workflow.pk}/tasks/upload"
        raise ApiError(422, f"Workflow has file_upload fields; create tasks with POST {path}")
    outcome = check_tasks(workflow, [task.fields for task in batch.tasks])
    if not outcome.rows:
        rows = join_messages([f"tasks.{error.index}: {error.message}" for error in outcome.errors])
        title = "The task failed" if outcome.sent == 1 else f"All {outcome.sent} tasks failed"
        raise ApiError(422, f"{title}: {rows}", errors=[error.as_dict() for error in outcome.errors])
    return outcome


@router.get(
    "/workflows/{workflow_id}/tasks",
    response=responses.listing(TaskPage),
    operation_id="list_tasks",
    summary="List tasks, newest first",
)
def list_tasks(request: KeyRequest, workflow_id: PathId, query: Annotated[TaskQuery, Query()]) -> JsonResponse:
    """Pass a page's `next_cursor` as `cursor` to get the next page; there is neither offset nor total."""
    try:
        if query.status is not None and query.status not in Task.Status.values:
            raise ApiError(400, f"Invalid status. Valid values: {', '.join(Task.Status.values)}")
        below = decode_cursor(query.cursor) if query.cursor else None
    except ApiError:
        workflow_for(request.auth, workflow_id)  # a missing workflow (404) takes precedence over a bad parameter
        raise
    page = task_page(request.auth, workflow_id, limit=query.limit, below=below, status=query.status)
    if not page["tasks"]:
        workflow_for(request.auth, workflow_id)
    # Answer directly: ninja would validate 200 tasks that we have just built, for a third of the time.
    return JsonResponse(page)


@router.get(
    "/workflows/{workflow_id}/tasks/{task_id}",
    response=responses.reading(TaskOut),
    operation_id="get_task",
    summary="One task's status and node progress",
)
def get_task(request: KeyRequest, workflow_id: PathId, task_id: PathId) -> dict[str, Any]:
    task = find_task(request.auth, workflow_id, task_id)
    if task is None:
        workflow_for(request.auth, workflow_id)
        raise ApiError(404, "Task not found")
    return task
