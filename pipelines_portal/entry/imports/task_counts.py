"""How the tasks of an import stand: by the workflow's index, and along the list of tasks for those it does not know.

The list is read a page at a time, at the pace of the key that all such reading shares, and only while somebody looks.
Whoever moves `next_page_at` reads the page.
"""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.db.models import DateTimeField, Exists, Min, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from pipelines_portal.api_client import InvalidRequest, PipelinesClient, PipelinesError, Task
from pipelines_portal.api_client.bounds import LARGEST_ID
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.clients import KeyCannotBeOpened, background_client_for
from pipelines_portal.keys.permissions import may_use
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.pace import claim_pace
from pipelines_portal.task_index.tasks import Progress, progress_of

PAGE = 200
BETWEEN_PAGES = timedelta(seconds=1)
# Longer than a page takes: past it somebody else reads it.
CLAIM = timedelta(seconds=60)
BETWEEN_SCANS = timedelta(seconds=30)
LOOKED_AT_FOR = timedelta(minutes=2)
INDEX_IS_GOOD_FOR = timedelta(minutes=10)
AFTER_A_FAILURE = timedelta(seconds=60)


def want_counts(import_job: ImportJob) -> None:
    """Somebody looks: count, or go on counting. One write a minute, however often the page comes.

    What the index knows is shown at once, with the time at which it was read.
    """
    now = timezone.now()
    if import_job.counts_wanted_until is not None and import_job.counts_wanted_until > now + LOOKED_AT_FOR / 2:
        return
    if not import_job.task_counts and (known := _known(_index(import_job), _rows(import_job))) and known.by_status:
        import_job.task_counts = _stored(known)
    next_page_at = Coalesce("next_page_at", Value(now, DateTimeField()))
    ImportJob.objects.filter(pk=import_job.pk).update(
        counts_wanted_until=now + LOOKED_AT_FOR, next_page_at=next_page_at, task_counts=import_job.task_counts
    )


def count_next() -> bool:
    """Read a page for an import that is due. Whether there was one."""
    now = timezone.now()
    import_job = ImportJob.objects.select_related("key", "owner").filter(next_page_at__lte=now).first()
    if import_job is None:
        return False
    if import_job.counts_wanted_until is None or import_job.counts_wanted_until < now:
        _next(import_job, None)
    elif ImportJob.objects.filter(pk=import_job.pk, next_page_at=import_job.next_page_at).update(
        next_page_at=now + CLAIM
    ):
        _count(import_job)
    return True


def _count(import_job: ImportJob) -> None:
    index = _index(import_job)
    known = _known(index, _rows(import_job))
    is_good = known is not None and timezone.now() - known.counted_at < INDEX_IS_GOOD_FOR
    if known is not None and is_good and not known.not_met:
        return _next(import_job, BETWEEN_SCANS, scan={}, task_counts=_stored(known))
    try:
        if not may_use(import_job.owner, import_job.key):
            return _next(import_job, None)
        if not claim_pace(import_job.key):
            return _next(import_job, BETWEEN_PAGES)
        scan = import_job.scan or _begun(import_job, index if is_good else None)
        _read_page(import_job, scan, index, background_client_for(import_job.key.on_behalf_of(import_job.owner)))
    except InvalidRequest:  # the cursor is no longer good
        _next(import_job, BETWEEN_PAGES, scan={})
    except (PipelinesError, KeyCannotBeOpened):
        _next(import_job, AFTER_A_FAILURE)
    return None


def _index(import_job: ImportJob) -> WorkflowIndex | None:
    return WorkflowIndex.objects.filter(
        workflow__key=import_job.key, workflow__workflow_id=import_job.workflow_id
    ).first()


def _known(index: WorkflowIndex | None, rows: QuerySet[SubmissionRow]) -> Progress | None:
    return progress_of(index, rows.order_by().values("task_id")) if index else None


def _stored(progress: Progress) -> dict[str, Any]:
    return {"as_of": progress.as_of.isoformat(), "by_status": progress.by_status}


def _read_page(
    import_job: ImportJob, scan: dict[str, Any], index: WorkflowIndex | None, client: PipelinesClient
) -> None:
    """The list is read down to the oldest task that the index does not know; of those before it the index tells."""
    if not scan["oldest"]:
        return _next(import_job, None)
    page = client.list_tasks(import_job.workflow_id, cursor=scan["cursor"], limit=PAGE)
    tasks = [task for task in page.tasks if task.id < scan.get("above", LARGEST_ID + 1)]  # none of them twice
    counts = Counter(scan["counts"]) + _mine(import_job, [task for task in tasks if task.id >= scan["oldest"]])
    above = min((task.id for task in tasks), default=0)
    if page.older_cursor and above > scan["oldest"]:
        further = {"cursor": page.older_cursor, "above": above, "counts": counts}
        return _next(import_job, BETWEEN_PAGES, scan=scan | further)
    before = _known(index, _rows(import_job).filter(task_id__lt=scan["oldest"]))
    by_status = counts + Counter(before.by_status if before else {})
    _next(import_job, BETWEEN_SCANS, scan={}, task_counts={"as_of": scan["as_of"], "by_status": by_status})
    return None


def _begun(import_job: ImportJob, index: WorkflowIndex | None) -> dict[str, Any]:
    rows = _rows(import_job)
    if index is not None:
        rows = rows.exclude(Exists(index.tasks.filter(task_id=OuterRef("task_id"), is_suspect=False)))
    oldest = rows.aggregate(oldest=Min("task_id"))["oldest"]
    return {"cursor": None, "counts": {}, "oldest": oldest, "as_of": timezone.now().isoformat()}


def _mine(import_job: ImportJob, tasks: list[Task]) -> Counter[str]:
    status = {task.id: task.status for task in tasks}
    ids = _rows(import_job).filter(task_id__in=status).values_list("task_id", flat=True)
    return Counter(status[task_id] for task_id in ids if task_id)


def _rows(import_job: ImportJob) -> QuerySet[SubmissionRow]:
    return SubmissionRow.objects.filter(submission__group=import_job.pk, task_id__isnull=False)


def _next(import_job: ImportJob, delay: timedelta | None, **values: Any) -> None:
    at = None if delay is None else timezone.now() + delay
    ImportJob.objects.filter(pk=import_job.pk).update(next_page_at=at, **values)
