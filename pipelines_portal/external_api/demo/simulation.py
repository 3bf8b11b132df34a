"""Simulated work: node instances of the demo advance as people and LLMs would, and another program sends orders."""

import logging
import random
from collections.abc import Sequence
from datetime import timedelta

from django.db import DatabaseError, close_old_connections, transaction
from django.utils import timezone

from pipelines_portal.core.shutdown import is_stopping, sleep
from pipelines_portal.external_api.demo.orders import FAILING, ORDER_ENTRY, order_fields
from pipelines_portal.external_api.demo.other_work import TRIAGE
from pipelines_portal.external_api.models import NodeInstance, NodeStatus, Task, Workflow
from pipelines_portal.external_api.tasks.create import insert_tasks
from pipelines_portal.external_api.tasks.node_summary import summarize

# These numbers do not have to be hard to guess.
chance = random.Random()  # noqa: S311
NEWEST = 200
# New tasks advance quickly, so that their creator sees it; older ones slowly, so that the demo lasts.
FRESH = timedelta(minutes=15)
FRESH_SHARE, SHARE = 0.5, 0.02
# Nobody waits for the orders of the other program.
ORDER_SHARE = 0.04
# Another program creates an order every half a minute, but not without end.
SECONDS_BETWEEN_ORDERS, MOST_ORDERS_A_DAY = 30, 500
FIRST_NUMBER, ORDER_PREFIX = 200_000, "A-2"
UNFINISHED = [Task.Status.PENDING, Task.Status.IN_PROGRESS]
# What did not move for so long stays where it is.
STUCK = timedelta(days=1)
DONE = {NodeStatus.FINISHED, NodeStatus.NA}
NEXT = {
    NodeStatus.PENDING: NodeStatus.AVAILABLE,
    NodeStatus.DEFERRED: NodeStatus.AVAILABLE,
    NodeStatus.AVAILABLE: NodeStatus.CLAIMED,
    NodeStatus.CLAIMED: NodeStatus.SUBMITTED,
    NodeStatus.SUBMITTED: NodeStatus.FINISHED,
}
# After the first step, some tasks with these values stop, as others of the demo did: their workflow, field and value.
STOPPING = {(ORDER_ENTRY, "country", FAILING): Task.Status.FAILED, (TRIAGE, "urgency", 5): Task.Status.ESCALATED}
STOPPING_SHARE = 0.3


def advance_some(organization: str | None = None) -> None:
    """Advance some of the newest unfinished tasks of ACTIVE workflows by one step."""
    fresh = timezone.now() - FRESH
    tasks = Task.objects.filter(workflow__status=Workflow.Status.ACTIVE, status__in=UNFINISHED)
    tasks = tasks.filter(updated_at__gt=timezone.now() - STUCK)
    if organization is not None:
        tasks = tasks.filter(workflow__organization__name=organization)
    newest = tasks.order_by("-pk").values_list("pk", "created_at", "fields__order_number")[:NEWEST]
    for pk, created_at, order in newest:
        share = FRESH_SHARE if created_at > fresh else SHARE
        if chance.random() < (ORDER_SHARE if str(order).startswith(ORDER_PREFIX) else share):
            advance_task(pk)


def create_order(organization: str) -> None:
    """Create an order in the demo's workflow, unless many were created lately."""
    now = timezone.now()
    workflow = Workflow.objects.filter(pk=ORDER_ENTRY, organization__name=organization).first()
    if workflow is None:
        return
    newest = workflow.tasks.order_by("-pk").values_list("pk", flat=True).first() or 0
    if workflow.tasks.filter(created_at__gt=now - timedelta(days=1)).count() < MOST_ORDERS_A_DAY:
        insert_tasks(workflow, [order_fields(FIRST_NUMBER + newest, now, chance, failing_share=0)])


@transaction.atomic
def advance_task(pk: int) -> None:
    """Advance the first open node of the task by one status, and the status of the task accordingly."""
    task = Task.objects.select_for_update().get(pk=pk)
    nodes = list(task.nodes.order_by("position"))
    current = next((node for node in nodes if node.status not in DONE), None)
    status = _stops(task, nodes)
    if current is not None and status != Task.Status.FAILED:
        current.status = NodeStatus.ESCALATED if status else _next_status(current, is_last=current is nodes[-1])
        current.save(update_fields=["status"])
        if current.status in DONE:
            _open_next(nodes)
    save_progress(task, nodes, status or _task_status(nodes))


def _stops(task: Task, nodes: Sequence[NodeInstance]) -> Task.Status | None:
    """Return the status with which the task stops after its first node, or None if it goes on."""
    is_there = [node.status for node in nodes[:2]] == [NodeStatus.FINISHED, NodeStatus.SUBMITTED]
    if not is_there or chance.random() > STOPPING_SHARE:
        return None
    return next(
        (
            status
            for (pk, name, value), status in STOPPING.items()
            if task.fields.get(name) == value and task.workflow_id == pk
        ),
        None,
    )


def _next_status(node: NodeInstance, *, is_last: bool) -> str:
    if node.status == NodeStatus.AVAILABLE and not is_last and chance.random() < 0.04:
        return NodeStatus.NA
    return NEXT[NodeStatus(node.status)]


def _open_next(nodes: Sequence[NodeInstance]) -> None:
    following = next((node for node in nodes if node.status not in DONE), None)
    if following is not None and following.status in (NodeStatus.PENDING, NodeStatus.DEFERRED):
        following.status = NodeStatus.AVAILABLE
        following.save(update_fields=["status"])


def _task_status(nodes: Sequence[NodeInstance]) -> str:
    statuses = {node.status for node in nodes}
    if statuses <= DONE:
        return Task.Status.FINISHED
    untouched = statuses <= {NodeStatus.PENDING, NodeStatus.DEFERRED, NodeStatus.AVAILABLE}
    return Task.Status.PENDING if untouched else Task.Status.IN_PROGRESS


def save_progress(task: Task, nodes: Sequence[NodeInstance], status: str) -> None:
    """Save the status of the task and the counts of its nodes."""
    task.status = status
    counts = summarize(node.status for node in nodes)
    task.nodes_total, task.nodes_finished = counts["total"], counts["finished"]
    task.nodes_in_progress, task.nodes_pending = counts["in_progress"], counts["pending"]
    task.updated_at = timezone.now()
    task.save(update_fields=["status", "updated_at", *(f"nodes_{name}" for name in counts)])


logger = logging.getLogger(__name__)


def advance_until_stopped(organization: str, seconds: float) -> None:
    """Advance the organization's tasks every `seconds`. If the database is unavailable, skip the step."""
    while not is_stopping():
        close_old_connections()
        try:
            advance_some(organization)
            if chance.random() < seconds / SECONDS_BETWEEN_ORDERS:
                create_order(organization)
        except DatabaseError as error:
            logger.warning("A step of the demo was skipped: %s", error)
        sleep(seconds)
