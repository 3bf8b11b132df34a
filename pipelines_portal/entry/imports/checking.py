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
from pipelines_portal.entry.models import Import, ImportRow, RowState, State
from pipelines_portal.spreadsheets.cells import Cell
from pipelines_portal.submissions.digests import digest_of

AT_ONCE = 500
# Tasks were created from them, or may have been.
WENT_OUT = (RowState.REQUESTED, RowState.CREATED, RowState.UNKNOWN)
NOTHING = json_text({})
READ = ("pk", "number", "cells", "edits", "state", "is_wanted_twice", "submission_id")
CHECKED = ("state", "edits", "fields", "digest", "is_wanted_twice", "same_as_row", "same_as_task", "submission_id")


class TurnLost(Exception):
    """Somebody else works on it, or a person stopped it: nothing more is to be written."""


@dataclass(slots=True)
class Line:
    """What the check of all rows reads and writes of an ImportRow: a third of the time that the model takes."""

    pk: int
    number: int
    cells: list[Cell]
    edits: dict[str, str]
    state: str
    is_wanted_twice: bool
    submission_id: UUID | None
    digest: str = ""
    same_as_row: int | None = None
    same_as_task: int | None = None


@dataclass
class Judged:
    """A row as it was checked, with what is wrong with it and what is sent for it."""

    row: ImportRow | Line
    faults: list[Fault] = field(default_factory=list)
    # As JSON; None if it cannot be sent.
    text: str | None = None


def check_all(of: Import, budget: TimeBudget) -> None:
    """Check every row that is in no submission. Raise TurnLost and OutOfTime."""
    of.error_groups.all().delete()
    checker = Checker(of)
    while checker.check_next():
        budget.check()
    checker.store_rejections()
    values = {"problem": "", "row_count": of.rows.count(), "row_counts": counted(of)}
    with transaction.atomic():
        if not step(of, Step.CHECK, State.CHECKED, mine(of), **values):
            raise TurnLost


class Checker:
    """One check of all rows, some at a time: each time in a transaction, so that nobody waits long for the database."""

    def __init__(self, of: Import) -> None:
        self.of = of
        self.matching = Matching.of(of.matching)
        self.reader = RowReader(Schema.model_validate(of.schema), self.matching)
        self.groups = ErrorGroups(of)
        # Those that went out are the first of their values, wherever they are in the file.
        went_out = of.rows.filter(state__in=WENT_OUT).values_list("digest", "number")
        self.first = dict(went_out.order_by("-number"))
        self.done = 0
        self.last = -1

    def check_next(self) -> bool:
        """Whether there were any left."""
        with transaction.atomic():
            if not keep_turn(self.of):
                raise TurnLost
            stored = self.of.lines.filter(number__gt=self.last).order_by("number")
            lines = [Line(*values) for values in stored.values_list(*READ)[:AT_ONCE]]
            above = max(self.matching.header_line + 1 - self.done, 0)
            self._write(lines[:above], lines[above:])
        self.done += len(lines)
        self.last = lines[-1].number if lines else self.last
        return len(lines) == AT_ONCE

    def store_rejections(self) -> None:
        """Rows that the API rejected stay so, and why is said as before."""
        rejected = self.of.rows.filter(state=RowState.REJECTED).values_list("submission", "number")
        numbers: dict[Any, set[int]] = {}
        for submission, number in rejected:
            numbers.setdefault(submission, set()).add(number)
        for sent in self.of.submissions.filter(pk__in=list(numbers)):
            with transaction.atomic():
                self.groups.add(rejections(self.of, sent, numbers[sent.pk]))

    def _write(self, head: list[Line], rows: list[Line]) -> None:
        self.of.lines.filter(pk__in=[line.pk for line in head]).update(state=RowState.HEAD, fields=None, digest="")
        judged = [judged_row(row, self.reader.read(row.cells, row.edits)) for row in rows if row.submission_id is None]
        settle_duplicates(self.of, judged, self.first)
        write_judged(judged)
        self.groups.add({each.row.number: each.faults for each in judged if each.row.state == RowState.TO_FIX})


def judged_row(row: ImportRow | Line, read: ReadRow) -> Judged:
    """What the values of a row make of it. One that is set aside stays so."""
    is_aside = row.state == RowState.ASIDE
    if read.faults:
        row.state, row.digest = RowState.ASIDE if is_aside else RowState.TO_FIX, ""
        return Judged(row, read.faults)
    row.state, row.digest = RowState.ASIDE if is_aside else RowState.READY, digest_of(read.values)
    return Judged(row, [], json_text(read.values))


def settle_duplicates(of: Import, judged: list[Judged], first: dict[str, int]) -> None:
    """Of rows that can be sent, mark those that equal one before, or a task.

    `first` has the first row of each value, and is added to.
    """
    candidates = [each.row for each in judged if each.row.state == RowState.READY]
    sent = sent_before(of, (row.digest for row in candidates))
    for row in candidates:
        row.same_as_row = first.get(row.digest)
        first.setdefault(row.digest, row.number)
        row.same_as_task = sent[row.digest].task_id if row.digest in sent else None
        if (row.same_as_row or row.digest in sent) and not row.is_wanted_twice:
            row.state = RowState.TWICE


def write_judged(judged: Iterable[Judged]) -> None:
    """Call in a transaction that holds the import. None of the rows is in a submission any more."""
    update_many(ImportRow, CHECKED, ("id",), map(_values, judged))


def _values(judged: Judged) -> tuple[object, ...]:
    row = judged.row
    edits = json_text(row.edits) if row.edits else NOTHING
    return (
        str(row.state), edits, judged.text, row.digest, row.is_wanted_twice, row.same_as_row, row.same_as_task, None,
        row.pk,
    )  # fmt: skip
