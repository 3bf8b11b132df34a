"""The rows of a submission, and the tasks that no row accounts for."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

from django.db import models
from django.db.models import BigIntegerField, Q, TextField
from django.db.models.functions import Cast

from pipelines_portal.core.json_text import JSONTextField, json_text
from pipelines_portal.core.sql import db_id, insert_many, update_many
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.outcomes import Outcome
from pipelines_portal.submissions.statuses import RowStatus, Status
from pipelines_portal.workflows.fields.field_values import FieldValues

CHUNK = 1000
JSON_TEXT = Cast("fields", TextField())
COLUMNS = ("submission_id", "index", "number", "fields", "digest", "status", "error_field", "error_message")


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to be added: its values as JSON, their digest, and the row's number in the file of an import."""

    text: str
    digest: str
    number: int | None = None

    @classmethod
    def of(cls, fields: FieldValues) -> "NewRow":
        return cls(json_text(fields), digest_of(fields))


class SubmissionRow(models.Model):
    """One task to be created, and what became of it."""

    Status = RowStatus

    submission = models.ForeignKey("submissions.Submission", models.CASCADE, related_name="rows", db_index=False)
    index = models.PositiveIntegerField()
    # The row's number in the file of an import.
    number = models.PositiveIntegerField(null=True)
    # What is sent. None: it was removed at the end of its retention time.
    fields = JSONTextField(null=True)
    # Equal for equal fields. Empty once they were removed.
    digest = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16, choices=RowStatus, default=RowStatus.WAITING)
    task_id = models.PositiveBigIntegerField(null=True)
    error_field = models.CharField(max_length=200, blank=True)
    error_message = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["index"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "index"], name="an_index_is_used_once_a_submission")
        ]
        # Partial: rows that wait or were created cost nothing here.
        indexes: ClassVar = [
            models.Index(
                fields=["submission", "index"], condition=Q(status="rejected"), name="submissions_rejected_rows"
            ),
            models.Index(fields=["task_id"], condition=Q(task_id__isnull=False), name="submissions_rows_by_task"),
            models.Index(fields=["digest"], condition=~Q(digest=""), name="submissions_rows_by_digest"),
        ]

    @property
    def shown_number(self) -> int:
        """The row's number as people know it: that of the file of an import, or else its place from 1."""
        return self.number or self.index + 1


class UnattributedTask(models.Model):
    """A task that a submission created, where nobody knows from which of its rows."""

    submission = models.ForeignKey(
        "submissions.Submission", models.CASCADE, related_name="unattributed_tasks", db_index=False
    )
    task_id = models.PositiveBigIntegerField(db_index=True)

    class Meta:
        ordering: ClassVar = ["task_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "task_id"], name="an_unattributed_task_is_listed_once")
        ]


def may_be_task(row: str = "") -> Q:
    """Return the condition of rows that are tasks, may be tasks, or wait to be sent by themselves.

    `row` is the path to the row, with its two underscores.
    """
    of = f"{row}submission__"
    is_requested = {f"{of}group__isnull": False, f"{of}status": Status.DRAFT, f"{of}is_called_off": False}
    is_sent = (
        Q(**{f"{of}status": Status.SENDING})
        # An import sends it, also when the API was away for long.
        | Q(**is_requested)
        # The confirm of its archive is on its way, or its answer was lost.
        | Q(**{f"{of}zip_upload__confirming_until__isnull": False})
    )
    is_task = {f"{row}status__in": (RowStatus.CREATED, RowStatus.UNCONFIRMED)}
    return Q(**is_task) | Q(is_sent, **{f"{row}status": RowStatus.WAITING})


def insert_rows(submission: models.Model, rows: Iterable[NewRow], first: int) -> int:
    """Insert `rows` from index `first` on, and return how many."""
    place, status = db_id(submission), RowStatus.WAITING.value
    new = [(place, index, row.number, row.text, row.digest, status, "", "") for index, row in enumerate(rows, first)]
    insert_many(SubmissionRow, COLUMNS, new)
    return len(new)


def write_outcome(submission: models.Model, row_count: int, outcome: Outcome) -> None:
    """Record at the rows what became of them."""
    rows = SubmissionRow.objects.filter(submission=submission.pk)
    if outcome.status == Status.DRAFT:
        rows.update(status=RowStatus.WAITING, task_id=None)
        return
    rejections = outcome.rejections or {}
    created = [index for index in range(row_count) if index not in rejections]
    # Task IDs are in the order of the created rows. If their numbers differ, nobody knows which is whose.
    if outcome.is_final and len(created) == len(set(outcome.task_ids)) == len(outcome.task_ids):
        _write_created(rows, zip(created, outcome.task_ids, strict=True))
    else:
        rows.update(status=RowStatus.UNCONFIRMED, task_id=None)
        list_unattributed(submission, outcome.task_ids)
    if outcome.is_final:
        place = db_id(submission)
        rejected = (
            (RowStatus.REJECTED.value, None, rejection.field[:200], rejection.message, place, index)
            for index, rejection in rejections.items()
        )
        written = ("status", "task_id", "error_field", "error_message")
        update_many(SubmissionRow, written, ("submission_id", "index"), rejected)


def list_unattributed(submission: models.Model, task_ids: Iterable[int]) -> None:
    """List the tasks that none of the submission's rows has."""
    ids = list(dict.fromkeys(task_ids))
    of_rows = SubmissionRow.objects.filter(submission=submission.pk, task_id__in=ids)
    known = set(of_rows.values_list("task_id", flat=True))
    tasks = [UnattributedTask(submission_id=submission.pk, task_id=each) for each in ids if each not in known]
    UnattributedTask.objects.bulk_create(tasks, CHUNK, ignore_conflicts=True)


def _write_created(rows: "models.QuerySet[SubmissionRow]", tasks: Iterable[tuple[int, int]]) -> None:
    """Write (index, task ID) pairs a run at a time: most follow each other in both.

    Rejected rows within a run are overwritten afterwards.
    """
    for offset, run in groupby(tasks, lambda task: task[1] - task[0]):
        indexes = [index for index, _ in run]
        of_run = rows.filter(index__range=(indexes[0], indexes[-1]))
        # One row is most often all, and its ID is cheaper than an expression.
        task_id: Any = indexes[0] + offset if len(indexes) == 1 else Cast("index", BigIntegerField()) + offset
        of_run.update(status=RowStatus.CREATED, task_id=task_id, error_field="", error_message="")
