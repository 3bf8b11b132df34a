"""Load the demo: two organizations with a few hundred tasks in progress, and the orders of fourteen working days."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from pipelines_portal.external_api.demo.orders import (
    ORDER_ENTRY,
    RECEIPT_MATCHING,
    Progress,
    build_orders,
    build_receipts,
    plan_sends,
    receipts_sent_at,
)
from pipelines_portal.external_api.demo.other_work import plan_other_work
from pipelines_portal.external_api.demo.values import row_for
from pipelines_portal.external_api.models import NodeInstance, NodeStatus, Organization, Person, Task, Workflow
from pipelines_portal.external_api.organizations.json_file import load_organizations, parse_organizations
from pipelines_portal.external_api.tasks.create import insert_tasks
from pipelines_portal.external_api.tasks.node_summary import summarize
from pipelines_portal.external_api.workflows.field_types import Field

FILE = Path(__file__).with_name("organizations.json")
# Of workflows in which nothing happens in the story.
TASKS = {59: 12, 66: 30, 71: 20, 101: 24, 102: 12}
SPAN = timedelta(days=9)
# What did not finish was created so lately that it does not count as stuck.
LATELY = timedelta(hours=20)
IN_WORK = [NodeStatus.AVAILABLE, NodeStatus.CLAIMED, NodeStatus.SUBMITTED]
# The possible statuses of the first open node, by the status of the task.
CURRENT = {
    "pending": [NodeStatus.AVAILABLE],
    "in_progress": IN_WORK,
    "paused": IN_WORK,
    "failed": [NodeStatus.SUBMITTED],
    "escalated": [NodeStatus.ESCALATED],
    "quarantined": [NodeStatus.QUARANTINED],
}


@transaction.atomic
def load_demo(start: datetime) -> bool:
    """Create the organizations and workflows of the file, with their tasks. Return False if they were loaded before."""
    file = parse_organizations(FILE.read_bytes())
    if Organization.objects.filter(name=file.organizations[0].name).exists():
        return False
    load_organizations(file)
    emails = [person.email for part in file.organizations for person in [*part.admins, *part.members]]
    Person.objects.filter(email__in=emails).update(is_demo=True)
    at = receipts_sent_at(start)
    for workflow in Workflow.objects.filter(pk__in=TASKS):
        # The receipts of the story are the newest of their workflow.
        _create_tasks(workflow, TASKS[workflow.pk], at if workflow.pk == RECEIPT_MATCHING else start, start)
    receipts = list(build_receipts(start))
    _create_known(RECEIPT_MATCHING, [(fields, at, progress) for fields, progress in receipts])
    known: dict[int, list[tuple[dict[str, Any], datetime, Progress]]] = defaultdict(list)
    for work in plan_other_work(start, fields_of_workflows()):
        known[work.workflow] += [(fields, work.send.at, progress) for fields, progress in work.tasks]
    for pk, rows in known.items():
        _create_known(pk, rows)
    sends = plan_sends(start)
    orders = build_orders(sends, start)
    _create_known(ORDER_ENTRY, [(order.fields, sends[order.send].at, order.progress) for order in orders])
    return True


def fields_of_workflows() -> dict[int, list[Field]]:
    return dict(Workflow.objects.values_list("pk", "fields"))


def _create_known(pk: int, rows: list[tuple[dict[str, Any], datetime, Progress]]) -> None:
    """Create tasks of which the values, the time of creation and the progress are known."""
    workflow, dice = Workflow.objects.get(pk=pk), random.Random(pk)  # noqa: S311
    ids = insert_tasks(workflow, [fields for fields, _, _ in rows])
    tasks = list(Task.objects.filter(pk__in=ids).order_by("pk").prefetch_related("nodes"))
    for task, (_, created_at, progress) in zip(tasks, rows, strict=True):
        nodes = sorted(task.nodes.all(), key=lambda node: node.position)
        _set_nodes(nodes, len(progress.step_seconds), CURRENT.get(progress.status, []), dice, skip_share=0)
        _set_counts(task, nodes)
        is_paused = workflow.status == Workflow.Status.PAUSED and progress.status in ("pending", "in_progress")
        task.status = "paused" if is_paused else progress.status
        task.created_at, task.updated_at = created_at, progress.updated_at
    _save(tasks)


def _create_tasks(workflow: Workflow, number: int, until: datetime, start: datetime) -> None:
    # A fixed seed makes the demo look the same on every machine.
    dice = random.Random(workflow.pk)  # noqa: S311
    ids = insert_tasks(workflow, [row_for(workflow.fields, dice) for _ in range(number)])
    tasks = list(Task.objects.filter(pk__in=ids).order_by("pk").prefetch_related("nodes"))
    for task, created_at in zip(tasks, _times(number, until, dice), strict=True):
        _set_progress(task, _status_in(workflow, start - created_at, dice), created_at, start, dice)
    _save(tasks)


def _save(tasks: list[Task]) -> None:
    """Save the progress of the tasks and nodes. Upserts are faster than `bulk_update`, with its CASE for each row."""
    nodes = [node for task in tasks for node in task.nodes.all()]
    _upsert(NodeInstance, nodes, ["status"])
    counts = ["nodes_total", "nodes_finished", "nodes_in_progress", "nodes_pending"]
    _upsert(Task, tasks, ["status", "created_at", "updated_at", *counts])


def _upsert(model: type[Task] | type[NodeInstance], rows: Sequence[Any], columns: list[str]) -> None:
    model.objects.bulk_create(rows, 500, update_conflicts=True, unique_fields=["pk"], update_fields=columns)


def _times(number: int, until: datetime, dice: random.Random) -> Iterator[datetime]:
    """Yield times of the days before, oldest first."""
    yield from (until - SPAN * share for share in sorted((dice.random() for _ in range(number)), reverse=True))


def _status_in(workflow: Workflow, age: timedelta, dice: random.Random) -> str:
    if workflow.status == Workflow.Status.PAUSED:
        return dice.choice(["paused", "paused", "finished"])
    is_late = workflow.status == Workflow.Status.ACTIVE and age < LATELY
    return dice.choice(["in_progress", "pending"]) if is_late else "finished"


def _set_progress(task: Task, status: str, created_at: datetime, start: datetime, dice: random.Random) -> None:
    """Set the status and times of the task, and matching statuses of its nodes."""
    nodes = sorted(task.nodes.all(), key=lambda node: node.position)
    done = {"finished": len(nodes), "pending": 0}.get(status, dice.randrange(len(nodes)))
    _set_nodes(nodes, done, CURRENT.get(status, []), dice)
    task.status, task.created_at = status, created_at
    task.updated_at = created_at + (start - created_at) * dice.random() * bool(done)
    _set_counts(task, nodes)


def _set_counts(task: Task, nodes: Sequence[NodeInstance]) -> None:
    for name, count in summarize(node.status for node in nodes).items():
        setattr(task, f"nodes_{name}", count)


def _set_nodes(
    nodes: Sequence[NodeInstance], done: int, current: list[NodeStatus], dice: random.Random, skip_share: float = 0.08
) -> None:
    for position, node in enumerate(nodes):
        if position < done:
            skipped = 0 < position < len(nodes) - 1 and dice.random() < skip_share
            node.status = NodeStatus.NA if skipped else NodeStatus.FINISHED
        else:
            node.status = dice.choice(current) if position == done else NodeStatus.PENDING
    if nodes[-1].status == NodeStatus.PENDING:
        nodes[-1].status = NodeStatus.DEFERRED
