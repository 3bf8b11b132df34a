"""The person's imports, and the index of tasks."""

from collections import Counter
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import ErrorGroup, Row, RowError, Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.matching.columns import NO_HEADER, Column, Matching
from pipelines_portal.task_index.models import IndexedTask, QuarterCount, Scan, StatusCount, WorkflowIndex, quarter_of
from pipelines_portal.task_index.scanning import OPEN_LISTS
from pipelines_portal.workflows.models import OpenedWorkflow

from .people import COLLEAGUE, WORKFLOW, insert
from .size import Size
from .submissions import fields, make_rows, submission

TO_FIX, DUPLICATES, ASIDE, ERROR_GROUPS = 60, 20, 10, 12
# Typed rows, of which some were created today.
TYPED, CREATED = 300, 40
# The days that a workflow's charts show.
DAYS = 30
FIELD_NAMES = list(fields(0))
TYPED_COLUMNS = [Column(name, name) for name in FIELD_NAMES]
MATCHING = Matching(0, TYPED_COLUMNS).dump()
SCHEMA = {"fields": [{"name": name, "required": True} for name in FIELD_NAMES]}


def make_imports(size: Size, person: User) -> None:
    """Make small imports of some statuses, and a large one for each status that has a page of its own."""
    key = SavedKey.objects.filter(owner=person).earliest("pk")
    statuses = [Sheet.Status.PAUSED, Sheet.Status.CHECKED, Sheet.Status.MATCHING]
    insert(Sheet, (_import(person, key, statuses[number % 3], 1, "rows.csv") for number in range(size.imports)))
    for status in (
        Sheet.Status.MATCHING,
        Sheet.Status.CHECKED,
        Sheet.Status.UNREADABLE,
        Sheet.Status.SENDING,
    ):
        large = _import(person, key, status, size.import_rows, f"{status}.csv")
        large.save(force_insert=True)
        _make_lines(large)
        if status in (Sheet.Status.CHECKED, Sheet.Status.SENDING):
            _make_groups(large)
            large.store_counts()
        if status == Sheet.Status.SENDING:
            _make_requests(large, size.import_requests, person)
    _make_typed_rows(person, key)
    colleague = User.objects.get(email=COLLEAGUE)
    insert(Sheet, [_import(colleague, key, Sheet.Status.PAUSED, size.import_rows, "paused.csv")])
    Sheet.objects.filter(owner=colleague).update(row_counts={"ready": size.import_rows}, paused_by=colleague)


def _import(person: User, key: SavedKey, status: str, rows: int, file_name: str) -> Sheet:
    return Sheet(
        owner=person, key=key, workflow_id=WORKFLOW, workflow_name=f"Workflow {WORKFLOW}",
        file_name=file_name, size_bytes=10, status=status, row_count=rows, matching=MATCHING, schema=SCHEMA,
        due_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip


def _make_typed_rows(person: User, key: SavedKey) -> None:
    typed = _import(person, key, Sheet.Status.CHECKED, TYPED, "Typed rows")
    typed.size_bytes, typed.matching = 0, Matching(NO_HEADER, TYPED_COLUMNS).dump()
    typed.save(force_insert=True)
    group = {"group": typed.pk, "group_number": 1, "group_name": typed.file_name}
    sent = submission(person, key, WORKFLOW, timezone.now(), kind="import", row_count=CREATED, **group)
    sent.save(force_insert=True)
    make_rows(sent, CREATED, 0)
    rows = [
        Row(sheet=typed, number=n + 1, cells=[], edits=fields(n), digest=f"{n:064x}", fields=fields(n))
        for n in range(TYPED)
    ]
    for row in rows:
        row.status = Row.Status.READY
    for row in rows[:CREATED]:
        row.status, row.submission, row.fields = Row.Status.CREATED, sent, None
    for row in rows[CREATED : CREATED + TO_FIX]:
        row.status, row.edits, row.fields, row.digest = Row.Status.TO_FIX, {"input_text": "Hello"}, None, ""
    insert(Row, rows)
    sent.rows.update(number=F("index") + 1)
    typed.store_counts()


def _make_lines(sheet: Sheet) -> None:
    usual = {Sheet.Status.CHECKED: Row.Status.READY, Sheet.Status.SENDING: Row.Status.CREATED}.get(
        Sheet.Status(sheet.status), Row.Status.UNCHECKED
    )
    first = [Row.Status.TO_FIX] * TO_FIX + [Row.Status.DUPLICATE] * DUPLICATES + [Row.Status("set_aside")] * ASIDE
    statuses = [] if usual == Row.Status.UNCHECKED else first
    insert(Row, [Row(sheet=sheet, number=1, cells=FIELD_NAMES)])
    rows = (
        Row(
            sheet=sheet, number=number + 2, cells=list(fields(number).values()), digest=f"{number:064x}",
            fields=fields(number) if usual == Row.Status.READY else None,
            status=statuses[number] if number < len(statuses) else usual,
        )
        for number in range(sheet.row_count)
    )  # fmt: skip
    insert(Row, rows)


def _make_groups(sheet: Sheet) -> None:
    groups = ErrorGroup.objects.bulk_create(
        ErrorGroup(sheet=sheet, field_name="input_text", digest=str(n), message=f"Fault {n}")
        for n in range(ERROR_GROUPS)
    )
    insert(RowError, (RowError(group=groups[n % ERROR_GROUPS], number=n + 2) for n in range(TO_FIX)))


def _make_requests(sheet: Sheet, count: int, person: User) -> None:
    rows = sheet.row_count // count
    long_ago = timezone.now() - timedelta(days=400)
    for number in range(count):
        group = {"group": sheet.pk, "group_number": number + 1, "group_name": sheet.file_name}
        sent = submission(
            person, sheet.key, WORKFLOW, long_ago, kind="import", row_count=rows, success_count=rows, **group
        )  # fmt: skip
        sent.save(force_insert=True)
        first = number * rows
        make_rows(sent, rows, 0, first)
        sheet.lines.filter(number__range=(first + 2, first + rows + 1)).update(submission=sent)


def make_task_index(size: Size, person: User) -> None:
    """Index many tasks of the first workflow, and a few of all others."""
    for workflow in OpenedWorkflow.objects.filter(key__owner=person).order_by("pk"):
        total, open_tasks = (size.indexed_tasks, size.open_tasks) if workflow.workflow_id == WORKFLOW else (40, 10)
        _fill_index(WorkflowIndex.objects.start(workflow), total, open_tasks)
    Scan.objects.update(due_at=None)


def _fill_index(index: WorkflowIndex, total: int, open_tasks: int) -> None:
    now = timezone.now()
    rows = [_task(index, number, total, open_tasks, now) for number in range(1, total + 1)]
    insert(IndexedTask, rows)
    by_status = Counter(row.status for row in rows)
    counts = ((status, n, now if status in OPEN_LISTS else None) for status, n in by_status.items())
    insert(StatusCount, (StatusCount(index=index, status=s, count=n, listed=n, listed_at=at) for s, n, at in counts))
    by_quarter = Counter(quarter_of(row.created_at) for row in rows if row.created_at)
    insert(QuarterCount, (QuarterCount(index=index, quarter=q, created=n, finished=n) for q, n in by_quarter.items()))
    WorkflowIndex.objects.filter(pk=index.pk).update(
        open_as_of=now, ends_as_of=now, newest_as_of=now, newest_id=total, is_backfilled=True
    )


def _task(index: WorkflowIndex, number: int, total: int, open_tasks: int, now: datetime) -> IndexedTask:
    minutes = max(DAYS * 24 * 60 // total, 5)
    created = now - timedelta(minutes=minutes * (total - number))
    is_open = number > total - open_tasks
    status = ("pending", "in_progress", "escalated", "paused", "failed")[number % 5] if is_open else "finished"
    return IndexedTask(
        index=index, task_id=number, status=status, is_unfinished=is_open, created_at=created, updated_at=created,
        nodes=5, nodes_finished=2, read_at=now, finished_at=None if is_open else created,
    )  # fmt: skip
