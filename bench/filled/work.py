"""Imports, and the index of tasks."""

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.imports.counts import keep_counts
from pipelines_portal.imports.models import ErrorGroup, Import, ImportRequest, ImportRow, LineBlock, RowError, State
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.models import IndexedTask, QuarterCount, StatusCount, Walk, WorkflowIndex
from pipelines_portal.task_index.recording import quarter_of
from pipelines_portal.task_index.watching import begin_index
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.access.world import MATCHING, SCHEMA

from .ledger import fields, fill_rows
from .people import WORKFLOW, make
from .size import Size

TO_FIX, TWICE, ASIDE, GROUPS = 60, 20, 10, 12
LINES_A_BLOCK = 500
# What the charts of a workflow show: on both sides there is something on each of them.
DAYS = 30


def make_imports(size: Size, person: User) -> None:
    key = SavedKey.objects.filter(owner=person).earliest("pk")
    states = [State.PAUSED, State.CHECKED, State.MATCHING]
    make(Import, (_import(person, key, states[number % 3], 1) for number in range(size.imports)))
    for state in (State.MATCHING, State.CHECKED, State.UNREADABLE, State.SENDING):
        of = _import(person, key, state, size.import_rows)
        of.file_name = f"{state}.csv"
        of.save(force_insert=True)
        _lines(of, size.import_rows)
        if state in (State.CHECKED, State.SENDING):
            _rows(of, size.import_rows)
            keep_counts(of)
        if state == State.SENDING:
            _requests(of, size, person)


def _import(person: User, key: SavedKey, state: str, rows: int) -> Import:
    return Import(
        owner=person, sender=person, key=key, workflow_id=WORKFLOW, workflow_name="Workflow 42", generation=1,
        file_name="rows.csv", size_bytes=10, state=state, row_count=rows, matching=MATCHING, schema=SCHEMA,
        due_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip


def _lines(of: Import, rows: int) -> None:
    data = LineBlock.packed(json.dumps([[n + 1, list(fields(n).values())] for n in range(LINES_A_BLOCK)]).encode())
    make(LineBlock, (LineBlock(of=of, number=n, data=data) for n in range(rows // LINES_A_BLOCK + 1)))


def _state(number: int, ready: str) -> str:
    for state, most in (("to fix", TO_FIX), ("twice", TO_FIX + TWICE), ("aside", TO_FIX + TWICE + ASIDE)):
        if number < most:
            return state
    return ready


def _rows(of: Import, rows: int) -> None:
    ready = "created" if of.state == State.SENDING else "ready"
    groups = [
        ErrorGroup(of=of, generation=1, field_name="input_text", digest=str(n), detail={"message": f"Fault {n}"})
        for n in range(GROUPS)
    ]
    ErrorGroup.objects.bulk_create(groups)
    make(
        ImportRow,
        (
            ImportRow(
                of=of, generation=1, number=n + 2, block=(n + 1) // LINES_A_BLOCK, position=(n + 1) % LINES_A_BLOCK,
                state=_state(n, ready), digest=f"{n:032x}",
            )
            for n in range(rows)
        ),
    )  # fmt: skip
    make(RowError, (RowError(group=groups[n % GROUPS], number=n + 2) for n in range(TO_FIX)))


def _requests(of: Import, size: Size, person: User) -> None:
    each = size.import_rows // size.requests
    for number in range(size.requests):
        sent = Submission.objects.create(
            owner=person, key=of.key, key_name="Key 000", workflow_id=WORKFLOW, workflow_name="Workflow 42",
            kind="import", state="done", row_count=each, success_count=each,
            created_at=timezone.now() - timedelta(days=400),
        )  # fmt: skip
        fill_rows(sent, each, 0)
        first = 2 + number * each
        ImportRequest.objects.create(
            of=of, number=number + 1, submission=sent, ranges=[[first, first + each - 1]], row_count=each,
            seen_state="done",
        )  # fmt: skip


def make_index(size: Size, person: User) -> None:
    """Of the twenty workflows that Home shows: one with many tasks, all others with a few."""
    for workflow in OpenedWorkflow.objects.filter(key__owner=person).order_by("pk"):
        is_first = workflow.workflow_id == WORKFLOW
        total, open_ = (size.tasks, size.open_tasks) if is_first else (40, 10)
        _index(begin_index(workflow), total, open_, timezone.now())
    Walk.objects.all().update(due_at=None)


def _index(index: WorkflowIndex, total: int, open_: int, now: datetime) -> None:
    step = max(DAYS * 24 * 60 // total, 5)
    rows = [_task(index, number, total, open_, now, step) for number in range(1, total + 1)]
    make(IndexedTask, rows)
    counted = Counter(row.status for row in rows)
    make(StatusCount, (StatusCount(index=index, status=status, count=n) for status, n in counted.items()))
    created = Counter(quarter_of(row.created_at) for row in rows if row.created_at)
    make(QuarterCount, (QuarterCount(index=index, quarter=q, created=n, finished=n) for q, n in created.items()))
    values: dict[str, Any] = {"open_as_of": now, "failed_as_of": now, "newest_id": total, "is_read_to_the_end": True}
    WorkflowIndex.objects.filter(pk=index.pk).update(**values)


def _task(index: WorkflowIndex, number: int, total: int, open_: int, now: datetime, step: int) -> IndexedTask:
    created = now - timedelta(minutes=step * (total - number))
    is_open = number > total - open_
    status = ("pending", "in_progress", "escalated", "paused", "failed")[number % 5] if is_open else "finished"
    return IndexedTask(
        index=index, task_id=number, status=status, is_unfinished=is_open, created_at=created, updated_at=created,
        nodes=5, nodes_finished=2, read_at=now, finished_at=None if is_open else created,
    )  # fmt: skip
