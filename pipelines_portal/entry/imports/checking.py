"""Checking rows against the workflow's fields, before anything is sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from pipelines_portal.api_client import Schema
from pipelines_portal.core.json_text import json_text
from pipelines_portal.core.many_rows import update_many
from pipelines_portal.core.page_work import TimeBudget
from pipelines_portal.entry.imports.counts import counted
from pipelines_portal.entry.imports.duplicates import sent_before
from pipelines_portal.entry.imports.errors import ErrorGroups
from pipelines_portal.entry.imports.matching import Matching
from pipelines_portal.entry.imports.requests import rejections
from pipelines_portal.entry.imports.row_values import Fault, ReadRow, RowReader
from pipelines_portal.entry.imports.transitions import Step, keep_turn, mine, step
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.spreadsheets.cells import Cell
from pipelines_portal.submissions.digests import digest_of

AT_ONCE = 500
# Tasks were created from them, or may have been.
WENT_OUT = (ImportRow.Status.REQUESTED, ImportRow.Status.CREATED, ImportRow.Status.UNCONFIRMED)
NOTHING = json_text({})
READ = ("pk", "number", "cells", "edits", "status", "is_duplicate_wanted", "submission_id")
CHECKED = (
    "status",
    "edits",
    "fields",
    "digest",
    "is_duplicate_wanted",
    "duplicate_of_row",
    "duplicate_of_task",
    "submission_id",
)


class LeaseLost(Exception):
    """Somebody else works on it, or a person stopped it: nothing more is to be written."""


@dataclass(slots=True)
class Line:
    """What the check of all rows reads and writes of an ImportRow: a third of the time that the model takes."""

    pk: int
    number: int
    cells: list[Cell]
    edits: dict[str, str]
    status: str
    is_duplicate_wanted: bool
    submission_id: UUID | None
    digest: str = ""
    duplicate_of_row: int | None = None
    duplicate_of_task: int | None = None


@dataclass
class Judged:
    """A row as it was checked, with what is wrong with it and what is sent for it."""

    row: ImportRow | Line
    faults: list[Fault] = field(default_factory=list)
    # As JSON; None if it cannot be sent.
    text: str | None = None


def check_all(import_job: ImportJob, budget: TimeBudget) -> None:
    """Check every row that is in no submission. Raise TurnLost and OutOfTime."""
    import_job.error_groups.all().delete()
    checker = Checker(import_job)
    while checker.check_next():
        budget.check()
    checker.store_rejections()
    values = {"problem": "", "row_count": import_job.rows.count(), "row_counts": counted(import_job)}
    with transaction.atomic():
        if not step(import_job, Step.CHECK, ImportJob.Status.CHECKED, mine(import_job), **values):
            raise LeaseLost


class Checker:
    """One check of all rows, some at a time: each time in a transaction, so that nobody waits long for the database."""

    def __init__(self, import_job: ImportJob) -> None:
        self.import_job = import_job
        self.matching = Matching.of(import_job.matching)
        self.reader = RowReader(Schema.model_validate(import_job.schema), self.matching)
        self.groups = ErrorGroups(import_job)
        # Those that went out are the first of their values, wherever they are in the file.
        went_out = import_job.rows.filter(status__in=WENT_OUT).values_list("digest", "number")
        self.first = dict(went_out.order_by("-number"))
        self.done = 0
        self.last = -1

    def check_next(self) -> bool:
        """Whether there were any left."""
        with transaction.atomic():
            if not keep_turn(self.import_job):
                raise LeaseLost
            stored = self.import_job.lines.filter(number__gt=self.last).order_by("number")
            lines = [Line(*values) for values in stored.values_list(*READ)[:AT_ONCE]]
            above = max(self.matching.header_line + 1 - self.done, 0)
            self._write(lines[:above], lines[above:])
        self.done += len(lines)
        self.last = lines[-1].number if lines else self.last
        return len(lines) == AT_ONCE

    def store_rejections(self) -> None:
        """Rows that the API rejected stay so, and why is said as before."""
        rejected = self.import_job.rows.filter(status=ImportRow.Status.REJECTED).values_list("submission", "number")
        numbers: dict[Any, set[int]] = {}
        for submission, number in rejected:
            numbers.setdefault(submission, set()).add(number)
        for sent in self.import_job.submissions.filter(pk__in=list(numbers)):
            with transaction.atomic():
                self.groups.add(rejections(self.import_job, sent, numbers[sent.pk]))

    def _write(self, head: list[Line], rows: list[Line]) -> None:
        self.import_job.lines.filter(pk__in=[line.pk for line in head]).update(
            status=ImportRow.Status.UNCHECKED, fields=None, digest=""
        )
        judged = [judged_row(row, self.reader.read(row.cells, row.edits)) for row in rows if row.submission_id is None]
        settle_duplicates(self.import_job, judged, self.first)
        write_judged(judged)
        self.groups.add({each.row.number: each.faults for each in judged if each.row.status == ImportRow.Status.TO_FIX})


def judged_row(row: ImportRow | Line, read: ReadRow) -> Judged:
    """What the values of a row make of it. One that is set aside stays so."""
    is_aside = row.status == ImportRow.Status.SET_ASIDE
    if read.faults:
        row.status, row.digest = ImportRow.Status.SET_ASIDE if is_aside else ImportRow.Status.TO_FIX, ""
        return Judged(row, read.faults)
    row.status, row.digest = ImportRow.Status.SET_ASIDE if is_aside else ImportRow.Status.READY, digest_of(read.values)
    return Judged(row, [], json_text(read.values))


def settle_duplicates(import_job: ImportJob, judged: list[Judged], first: dict[str, int]) -> None:
    """Of rows that can be sent, mark those that equal one before, or a task.

    `first` has the first row of each value, and is added to.
    """
    candidates = [each.row for each in judged if each.row.status == ImportRow.Status.READY]
    sent = sent_before(import_job, (row.digest for row in candidates))
    for row in candidates:
        row.duplicate_of_row = first.get(row.digest)
        first.setdefault(row.digest, row.number)
        row.duplicate_of_task = sent[row.digest].task_id if row.digest in sent else None
        if (row.duplicate_of_row or row.digest in sent) and not row.is_duplicate_wanted:
            row.status = ImportRow.Status.DUPLICATE


def write_judged(judged: Iterable[Judged]) -> None:
    """Call in a transaction that holds the import. None of the rows is in a submission any more."""
    update_many(ImportRow, CHECKED, ("id",), map(_values, judged))


def _values(judged: Judged) -> tuple[object, ...]:
    row = judged.row
    edits = json_text(row.edits) if row.edits else NOTHING
    return (
        str(row.status), edits, judged.text, row.digest, row.is_duplicate_wanted, row.duplicate_of_row,
        row.duplicate_of_task, None, row.pk,
    )  # fmt: skip
