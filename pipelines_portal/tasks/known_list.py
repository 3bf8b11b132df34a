"""The list of tasks as the index knows it, for while Pipelines does not answer."""

from django.db.models import Q, QuerySet

from pipelines_portal.api_client import (
    ConnectionFailed,
    NodeSummary,
    NotAsked,
    PipelinesError,
    RateLimited,
    ServerError,
    ServiceUnavailable,
    Task,
    TaskPage,
)
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.core.parameters import number_in
from pipelines_portal.task_index.models import GONE, IndexedTask
from pipelines_portal.task_index.reads import TO_SHOW
from pipelines_portal.tasks.attention import ATTENTION
from pipelines_portal.tasks.forms import Filters
from pipelines_portal.tasks.task_list import TasksPage
from pipelines_portal.workflows.models import OpenedWorkflow

# Pipelines may answer again in a while. The index is of no help with the others, such as a rejected key.
AWAY = (ConnectionFailed, NotAsked, RateLimited, ServerError, ServiceUnavailable)
# Of a place in this list. Pipelines refuses it as a cursor, and the view then leads to the first page.
BEFORE = "known-"


def known_page(workflow: OpenedWorkflow, cursor: str, filters: Filters, error: PipelinesError) -> TasksPage | None:
    """Return the page that the index knows, or None if the error does not pass or the index knows no task here."""
    if not isinstance(error, AWAY):
        return None
    limit = filters["limit"]
    found = list(_tasks(workflow, cursor, filters["status"])[: limit + 1])
    if not found:
        return None
    shown, has_more = found[:limit], len(found) > limit
    next_cursor = f"{BEFORE}{shown[-1].task_id}" if has_more else None
    page = TaskPage(tasks=[_task(one) for one in shown], next_cursor=next_cursor, has_more=has_more)
    return TasksPage(page, max(one.read_at for one in shown), is_known=True)


def _tasks(workflow: OpenedWorkflow, cursor: str, status: str) -> "QuerySet[IndexedTask]":
    known = IndexedTask.objects.filter(index__workflow=workflow, created_at__isnull=False, updated_at__isnull=False)
    if before := number_in(cursor.removeprefix(BEFORE)) if cursor.startswith(BEFORE) else None:
        known = known.filter(task_id__lt=before)
    if status == ATTENTION:
        return known.filter(TO_SHOW, status__in=NEEDS_ATTENTION)
    if status:
        return known.filter(status=status, is_suspect=False)
    return known.exclude(Q(status=GONE) | Q(is_suspect=True))


def _task(known: IndexedTask) -> Task:
    pending = max(known.nodes - known.nodes_finished - known.nodes_in_progress, 0)
    nodes = NodeSummary.model_construct(
        total=known.nodes, finished=known.nodes_finished, in_progress=known.nodes_in_progress, pending=pending
    )
    return Task.model_construct(
        id=known.task_id, status=known.status, node_summary=nodes,
        created_at=known.created_at, updated_at=known.updated_at,
    )  # fmt: skip
