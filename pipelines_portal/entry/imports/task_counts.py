"""Count the tasks of an import by status.

The workflow's index knows most tasks. The others are counted by a scan of the workflow's task list, one page at a time,
at the pace that all background reading with the key shares, and only while somebody looks at the import. The process
that moves `next_page_at` forward reads the page.
"""

from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DateTimeField, Exists, Min, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from pipelines_portal.api_client import InvalidRequest, PipelinesClient, PipelinesError, Task
from pipelines_portal.api_client.bounds import LARGEST_ID
from pipelines_portal.entry.models import ImportJob, RowCounts
from pipelines_portal.entry.rows.tasks import attention_tasks, read_index
from pipelines_portal.keys.clients import KeyCannotBeOpened, background_client_for
from pipelines_portal.keys.permissions import may_use
from pipelines_portal.submissions.ids_given_again import SENT, is_created_within
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.task_index.counts import Progress, progress_of
from pipelines_portal.task_index.models import KeyThrottle, TaskNote, WorkflowIndex
from pipelines_portal.web.bar_chart import StackedBar, build_bar, task_shares
from pipelines_portal.workflows.models import OpenedWorkflow

PAGE = 200
BETWEEN_PAGES = timedelta(seconds=1)
# Longer than a page takes. After that another process reads it.
CLAIM = timedelta(seconds=60)
BETWEEN_SCANS = timedelta(seconds=30)
WANTED_FOR = timedelta(minutes=2)
INDEX_IS_CURRENT_FOR = timedelta(minutes=10)
# Counted beside the statuses while a scan is under way.
MISTAKES = "mistakes"
AFTER_ERROR = timedelta(seconds=60)


def task_bar(import_job: ImportJob, counts: RowCounts) -> StackedBar | None:
    """Return the bar of created tasks by status, or None until they were counted once."""
    by_status = import_job.task_counts.get("by_status")
    if not by_status or not counts.created:
        return None
    shares = task_shares(by_status)
    mistakes = import_job.task_counts.get("mistakes", 0)
    total = max(counts.created - mistakes, 0)
    others = total - sum(count for _, _, count in shares)
    bar = build_bar([*shares, ("unknown", "Being checked", max(others, 0))])
    return StackedBar(bar.parts, total, parse_datetime(import_job.task_counts.get("as_of", "")), mistakes)


def attention_by_import(workflow: OpenedWorkflow, import_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many tasks of each import need attention, as far as the workflow's index knows. 0 is left out."""
    if not import_ids:
        return {}
    rows = SubmissionRow.objects.filter(submission__group__in=import_ids, task_id__in=attention_tasks(workflow))
    return dict(rows.order_by().values_list("submission__group").annotate(Count("pk")))


def want_counts(import_job: ImportJob) -> None:
    """Start or continue counting because somebody looks at the import. This writes at most once a minute.

    The counts of the index are stored at once, with the time at which they were read.
    """
    now = timezone.now()
    if import_job.counts_wanted_until is not None and import_job.counts_wanted_until > now + WANTED_FOR / 2:
        return
    indexed = None if import_job.task_counts else _indexed_counts(read_index(import_job), _task_rows(import_job))
    if indexed and indexed.by_status:
        import_job.task_counts = _dump(indexed)
    next_page_at = Coalesce("next_page_at", Value(now, DateTimeField()))
    ImportJob.objects.filter(pk=import_job.pk).update(
        counts_wanted_until=now + WANTED_FOR, next_page_at=next_page_at, task_counts=import_job.task_counts
    )


def count_next() -> bool:
    """Read a page for an import that is due. Return whether there was one."""
    now = timezone.now()
    import_job = ImportJob.objects.select_related("key", "owner").filter(next_page_at__lte=now).first()
    if import_job is None:
        return False
    if import_job.counts_wanted_until is None or import_job.counts_wanted_until < now:
        _schedule(import_job, None)
        return True
    unclaimed = ImportJob.objects.filter(pk=import_job.pk, next_page_at=import_job.next_page_at)
    if unclaimed.update(next_page_at=now + CLAIM):
        _count(import_job)
    return True


def _count(import_job: ImportJob) -> None:
    index = read_index(import_job)
    indexed = _indexed_counts(index, _task_rows(import_job))
    is_current = indexed is not None and timezone.now() - indexed.counted_at < INDEX_IS_CURRENT_FOR
    if indexed is not None and is_current and not indexed.unknown:
        return _schedule(import_job, BETWEEN_SCANS, scan={}, task_counts=_dump(indexed))
    try:
        if not may_use(import_job.owner, import_job.key):
            return _schedule(import_job, None)
        if not KeyThrottle.objects.acquire(import_job.key):
            return _schedule(import_job, BETWEEN_PAGES)
        scan = import_job.scan or _start_scan(import_job, index if is_current else None)
        _read_page(import_job, scan, index, background_client_for(import_job.key.on_behalf_of(import_job.owner)))
    except InvalidRequest:  # the cursor expired
        _schedule(import_job, BETWEEN_PAGES, scan={})
    except (PipelinesError, KeyCannotBeOpened):
        _schedule(import_job, AFTER_ERROR)
    return None


def _indexed_counts(index: WorkflowIndex | None, rows: QuerySet[SubmissionRow]) -> Progress | None:
    return progress_of(index, rows.order_by().values("task_id")) if index else None


def _dump(progress: Progress) -> dict[str, Any]:
    as_of = progress.as_of.isoformat()
    return {"as_of": as_of, "by_status": progress.by_status, "mistakes": progress.mistakes}


def _start_scan(import_job: ImportJob, index: WorkflowIndex | None) -> dict[str, Any]:
    rows = _task_rows(import_job)
    if index is not None:
        rows = rows.exclude(Exists(index.tasks.filter(task_id=OuterRef("task_id"), is_suspect=False)))
    oldest = rows.aggregate(oldest=Min("task_id"))["oldest"]
    return {"cursor": None, "counts": {}, "oldest": oldest, "as_of": timezone.now().isoformat()}


def _read_page(
    import_job: ImportJob, scan: dict[str, Any], index: WorkflowIndex | None, client: PipelinesClient
) -> None:
    """Read the list down to the oldest task that the index does not know. The index knows all older ones."""
    if not scan["oldest"]:
        return _schedule(import_job, None)
    page = client.list_tasks(import_job.workflow_id, cursor=scan["cursor"], limit=PAGE)
    tasks = [task for task in page.tasks if task.id < scan.get("above", LARGEST_ID + 1)]  # count no task twice
    counted = _count_own(import_job, [task for task in tasks if task.id >= scan["oldest"]])
    counts = Counter(scan["counts"]) + counted
    above = min((task.id for task in tasks), default=0)
    if page.older_cursor and above > scan["oldest"]:
        progress = {"cursor": page.older_cursor, "above": above, "counts": counts}
        return _schedule(import_job, BETWEEN_PAGES, scan=scan | progress)
    older = _indexed_counts(index, _task_rows(import_job).filter(task_id__lt=scan["oldest"]))
    by_status = counts + Counter(older.by_status if older else {})
    mistakes = by_status.pop(MISTAKES, 0) + (older.mistakes if older else 0)
    task_counts = {"as_of": scan["as_of"], "by_status": by_status, "mistakes": mistakes}
    _schedule(import_job, BETWEEN_SCANS, scan={}, task_counts=task_counts)
    return None


def _count_own(import_job: ImportJob, tasks: list[Task]) -> Counter[str]:
    """Count the tasks that the import created, by status. Mistakes are counted under MISTAKES."""
    by_id = {task.id: task for task in tasks}
    columns = ("task_id", *(f"submission__{name}" for name in SENT))
    rows = _task_rows(import_job).filter(task_id__in=by_id).values_list(*columns)
    # An ID may have been given again, to a task that is not the row's.
    ids = [number for number, *sent in rows if number and is_created_within(by_id[number].created_at, *sent)]
    notes = TaskNote.objects.filter(workflow__key=import_job.key, workflow__workflow_id=import_job.workflow_id)
    noted = notes.of_tasks(ids).items()
    mistakes = {number for number, note in noted if note.is_mistake and note.is_about(by_id[number].created_at)}
    return Counter(MISTAKES if number in mistakes else by_id[number].status for number in ids)


def _task_rows(import_job: ImportJob) -> QuerySet[SubmissionRow]:
    return SubmissionRow.objects.filter(submission__group=import_job.pk, task_id__isnull=False)


def _schedule(import_job: ImportJob, delay: timedelta | None, **values: Any) -> None:
    """Schedule the next page, or stop counting if `delay` is None."""
    at = None if delay is None else timezone.now() + delay
    ImportJob.objects.filter(pk=import_job.pk).update(next_page_at=at, **values)
