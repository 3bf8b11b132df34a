"""Record what the API says of tasks, and change the counts in the same transaction."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from pipelines_portal.api_client import Task, TaskStatus
from pipelines_portal.task_index.models import (
    GONE,
    IndexedTask,
    NoteState,
    QuarterCount,
    StatusCount,
    TaskNote,
    WorkflowIndex,
)

RECORDED = (
    "status", "is_unfinished", "is_suspect", "created_at", "updated_at", "nodes", "nodes_finished", "nodes_in_progress",
    "finished_at", "seconds_to_finish", "read_at", "note_state",
)  # fmt: skip

LOST_BATCH = 1000
# A task that was created at another time is another one, to which the API gave the same ID.
SAME_TIME = timedelta(seconds=2)


@dataclass
class _Changes:
    """The differences to add to the counts."""

    statuses: Counter[str] = field(default_factory=Counter)
    created: Counter[int] = field(default_factory=Counter)
    finished: Counter[int] = field(default_factory=Counter)

    def add(self, task: IndexedTask, by: int) -> None:
        self.statuses[task.status] += by
        task.add_quarters(self.created, self.finished, by)


@transaction.atomic
def record_tasks(index: WorkflowIndex, tasks: Iterable[Task], requested_at: datetime) -> None:
    """Record these tasks. Skip those that did not change, and those of which a later response was recorded."""
    index.lock()
    by_id = {task.id: task for task in tasks}
    known = {row.task_id: row for row in index.tasks.filter(task_id__in=by_id)}
    if any(_is_another(row, by_id[row.task_id]) for row in known.values()):
        index.update(ids_restarted_at=requested_at)
    _write(index, known, [_build_row(index, task, requested_at, known.get(task.id)) for task in by_id.values()])


@transaction.atomic
def mark_gone(index: WorkflowIndex, task_id: int, requested_at: datetime) -> None:
    """Record that the API no longer has the task."""
    index.lock()
    known = {row.task_id: row for row in index.tasks.filter(task_id=task_id)}
    _write(index, known, [_build_gone_row(row, requested_at) for row in known.values()])


@transaction.atomic
def mark_lost(index: WorkflowIndex, newest: list[int], requested_at: datetime) -> None:
    """Record that the API no longer has tasks newer than these, the newest ones that it has."""
    index.lock()
    index.update(ids_restarted_at=requested_at)
    last = max(newest)
    lost = index.tasks.filter(task_id__gt=last).exclude(status=GONE).order_by("task_id")
    while known := {row.task_id: row for row in lost.filter(task_id__gt=last)[:LOST_BATCH]}:
        _write(index, known, [_build_gone_row(row, requested_at) for row in known.values()])
        last = max(known)


@transaction.atomic
def mark_suspects(index: WorkflowIndex, status: str, ids: list[int], requested_at: datetime) -> None:
    """Mark tasks that left the list of their status, except those of which a later response was recorded."""
    index.lock()
    if index.tasks.filter(task_id__in=ids, status=status, read_at__lt=requested_at).update(is_suspect=True):
        index.count_notes()


def _build_row(index: WorkflowIndex, task: Task, requested_at: datetime, known: IndexedTask | None) -> IndexedTask:
    row = IndexedTask(
        index=index, task_id=task.id, status=task.status[:30],
        is_unfinished=task.status != TaskStatus.FINISHED, is_suspect=False,
        created_at=task.created_at, updated_at=task.updated_at, nodes=task.node_summary.total,
        nodes_finished=task.node_summary.finished, nodes_in_progress=task.node_summary.in_progress,
        read_at=requested_at,
    )  # fmt: skip
    if task.status == TaskStatus.FINISHED:
        _set_end(row, known)
    return row


def _is_another(known: IndexedTask, read: IndexedTask | Task) -> bool:
    """Return whether the API has given the ID of a known task to another one."""
    times = known.created_at, read.created_at
    return all(times) and abs(times[0] - times[1]) > SAME_TIME  # type: ignore[operator]


def _set_end(row: IndexedTask, known: IndexedTask | None) -> None:
    """Set when the task was first seen finished. Later changes of a finished task do not change that time."""
    if known is not None and known.status == TaskStatus.FINISHED and not _is_another(known, row):
        row.finished_at, row.seconds_to_finish = known.finished_at, known.seconds_to_finish
        return
    row.finished_at = row.updated_at or row.read_at
    if row.updated_at and row.created_at and row.updated_at >= row.created_at:
        row.seconds_to_finish = int((row.updated_at - row.created_at).total_seconds())


def _build_gone_row(row: IndexedTask, requested_at: datetime) -> IndexedTask:
    values = {name: getattr(row, name) for name in RECORDED}
    values |= {"status": GONE, "is_unfinished": False, "is_suspect": False, "read_at": requested_at}
    return IndexedTask(index_id=row.index_id, task_id=row.task_id, **values)


def _write(index: WorkflowIndex, known: dict[int, IndexedTask], rows: list[IndexedTask]) -> None:
    current = [row for row in rows if row.task_id not in known or known[row.task_id].read_at <= row.read_at]
    _set_note_states(index, known, current)
    changed, changes = [], _Changes()
    for row in current:
        old = known.get(row.task_id)
        if old is not None and _is_unchanged(old, row):
            continue
        if old is not None:
            changes.add(old, -1)
        changes.add(row, 1)
        changed.append(row)
    IndexedTask.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["index", "task_id"], update_fields=RECORDED
    )
    _change_status_counts(index, changes)
    QuarterCount.objects.add(index, changes.created, changes.finished)
    if any(row.note_state or (row.task_id in known and known[row.task_id].note_state) for row in changed):
        index.count_notes()


def _set_note_states(index: WorkflowIndex, known: dict[int, IndexedTask], rows: list[IndexedTask]) -> None:
    """Give each row the state of its note.

    End the mutes of tasks that were requested later with another status, and all notes about earlier tasks.
    """
    noted = [row.task_id for row in rows if row.task_id not in known or known[row.task_id].note_state]
    notes = TaskNote.objects.filter(workflow=index.workflow_id).of_tasks(noted)
    over = []
    for row in rows:
        note = notes.get(row.task_id)
        if note is not None and not note.holds(row.status, row.created_at) and note.at < row.read_at:
            over.append(note.pk)
            note = None
        row.note_state = NoteState(note.state) if note else None
    if over:
        TaskNote.objects.filter(pk__in=over).delete()


def _is_unchanged(old: IndexedTask, new: IndexedTask) -> bool:
    return all(getattr(old, name) == getattr(new, name) for name in RECORDED if name != "read_at")


def _change_status_counts(index: WorkflowIndex, changes: _Changes) -> None:
    for status, by in changes.statuses.items():
        if by:
            row = StatusCount.objects.get_or_create(index=index, status=status)[0]
            StatusCount.objects.filter(pk=row.pk).update(count=F("count") + by)
