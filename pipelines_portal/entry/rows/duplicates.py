"""The duplicates of an import, and the import that sent nearly all the same rows before."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.import_requests import MAY_EXIST
from pipelines_portal.entry.models import ImportJob, ImportRow, RowCounts
from pipelines_portal.submissions.models import Submission, SubmissionRow

DUPLICATES_SHOWN = 5
# The share of the rows that were sent before, from which on the page says so in one line.
MOSTLY = 0.8
SAMPLED_DUPLICATES, MOST_READ = 200, 2_000


@dataclass(frozen=True)
class Duplicate:
    """A row that equals another row or a task. The task is not known while its request is unconfirmed."""

    row: int
    duplicate_of_row: int | None
    duplicate_of_task: int | None
    sent_by: User | None
    sent_at: datetime | None


def duplicates_to_decide(import_job: ImportJob) -> QuerySet[ImportRow]:
    """Return the duplicates in order, without the copies that are still as the tasks they are to replace."""
    duplicates = import_job.rows.filter(status=ImportRow.Status.DUPLICATE)
    return duplicates.exclude(corrects_task=F("duplicate_of_task")).order_by("number")


def count_unchanged_copies(import_job: ImportJob) -> int:
    """Return how many rows are corrected copies in which nothing was changed."""
    copies = import_job.rows.filter(status=ImportRow.Status.DUPLICATE, corrects_task=F("duplicate_of_task"))
    return copies.count() if import_job.is_typed else 0


def first_duplicates(import_job: ImportJob) -> list[Duplicate]:
    """Return the first duplicates, each with the person who sent the task."""
    rows = list(duplicates_to_decide(import_job).defer("cells", "edits", "fields")[:DUPLICATES_SHOWN])
    tasks = [row.duplicate_of_task for row in rows if row.duplicate_of_task]
    found = SubmissionRow.objects.filter(task_id__in=tasks, submission__workflow_id=import_job.workflow_id)
    sent = {row.task_id: row.submission for row in found.defer("fields").select_related("submission__owner")}
    return [_duplicate(row, sent) for row in rows]


@dataclass(frozen=True)
class Earlier:
    """An import that sent nearly all the same rows before. `name` is empty if the person may not see it."""

    count: int
    sent_at: datetime
    name: str


def find_earlier(import_job: ImportJob, user: User, counts: RowCounts) -> Earlier | None:
    """Return the import that sent nearly all of these rows before, or None.

    The first duplicates show which one it may be, so that the submissions are not searched for all of them.
    """
    most = MOSTLY * counts.total
    if not counts.duplicate or counts.duplicate < most:
        return None
    duplicates = import_job.rows.filter(status=ImportRow.Status.DUPLICATE).exclude(digest="")
    first = list(duplicates.order_by("number").values_list("digest", flat=True)[:SAMPLED_DUPLICATES])
    sent = _likely_sender(import_job, user, first)
    if sent is None or sent.sent_at is None:
        return None
    of_group = SubmissionRow.objects.filter(submission__group=sent.group, status__in=MAY_EXIST)
    count = duplicates.filter(digest__in=of_group.values("digest")).count()
    is_visible = getattr(sent, "is_visible", False)
    return Earlier(count, sent.sent_at, sent.group_name if is_visible else "") if count >= most else None


def _likely_sender(import_job: ImportJob, user: User, digests: list[str]) -> Submission | None:
    """Return the last request of the import that sent most of the rows with these digests, or None."""
    # Only with the second condition on the digest, and without a join, SQLite uses the index.
    rows = SubmissionRow.objects.filter(digest__in=digests, status__in=MAY_EXIST).exclude(digest="")
    counted = Counter(rows.order_by("-pk").values_list("submission", flat=True)[:MOST_READ])
    place = {"key": import_job.key_id, "workflow_id": import_job.workflow_id, "kind": Submission.Kind.IMPORT}
    visible = Exists(Submission.objects.visible_to(user).filter(pk=OuterRef("pk")))
    sent = Submission.objects.filter(**place, pk__in=list(counted), group__isnull=False).exclude(group=import_job.pk)
    by_group: Counter[Any] = Counter()
    last: dict[Any, Submission] = {}
    for submission in sent.annotate(is_visible=visible).order_by("sent_at"):
        by_group[submission.group] += counted[submission.pk]
        last[submission.group] = submission
    return last[by_group.most_common(1)[0][0]] if by_group else None


def _duplicate(row: ImportRow, sent: dict[int | None, Any]) -> Duplicate:
    submission = sent.get(row.duplicate_of_task) if row.duplicate_of_task else None
    sent_by, sent_at = (submission.owner, submission.sent_at) if submission else (None, None)
    return Duplicate(row.number, row.duplicate_of_row, row.duplicate_of_task, sent_by, sent_at)
