"""Check rows against the workflow's fields before anything is sent."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import transaction

from pipelines_portal.core.json_text import json_text
from pipelines_portal.core.sql import update_many
from pipelines_portal.entry import texts
from pipelines_portal.entry.import_requests import mistaken_rows, rejections, sent_before, values_of_tasks
from pipelines_portal.entry.models import ErrorGrouping, Row, Sheet, reasons_of, replace_errors
from pipelines_portal.entry.statuses import FAILED_CHECK, LEFT_OUT, SENT, SheetStep
from pipelines_portal.entry.used_values import JudgedRow, OnceCheck
from pipelines_portal.spreadsheets.cells import Cell
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.web.time_budget import TimeBudget
from pipelines_portal.workflows.fields.verdicts import Problem, Verdict
from pipelines_portal.workflows.rules.once import Use, UsedValue

# Rows in a transaction of the check of all rows, and in one of a change of rows.
CHECKED_AT_ONCE, RECHECKED_AT_ONCE = 500, 2_000
# Later rows with the same value in a field that is used once, which are judged again when a row is changed.
MOST_JUDGED_AGAIN = 20
NOTHING = json_text({})
READ = ("pk", "number", "cells", "edits", "accepted", "status", "is_duplicate_wanted", "submission_id", "corrects_task")
WRITTEN = (
    "status", "edits", "accepted", "fields", "digest", "is_duplicate_wanted", "duplicate_of_row", "duplicate_of_task",
    "submission_id", "corrects_task",
)  # fmt: skip
StatusAndSubmission = tuple[str, object]


class LeaseLost(Exception):
    """Another process has the lease, or a person stopped the import. Nothing more may be written."""


@dataclass(slots=True)
class PlainRow:
    """The columns of a Row that a check reads and writes. It takes a third of the model's time."""

    pk: int
    number: int
    cells: list[Cell]
    edits: dict[str, str]
    accepted: dict[str, Any]
    status: str
    is_duplicate_wanted: bool
    submission_id: UUID | None
    corrects_task: int | None
    digest: str = ""
    duplicate_of_row: int | None = None
    duplicate_of_task: int | None = None


@dataclass
class CheckedRow:
    """A row with its faults and the values to send."""

    row: Row | PlainRow
    problems: list[Problem] = field(default_factory=list)
    # The values as JSON. None if the row cannot be sent.
    text: str | None = None


def check_all(sheet: Sheet, budget: TimeBudget) -> None:
    """Check every row that is in no submission. Raise LeaseLost and OutOfTime."""
    sheet.error_groups.all().delete()
    checker = Checker(sheet)
    while checker.check_next():
        budget.check()
    checker.store_rejections()
    with transaction.atomic():
        if sheet.lock(sheet.lease_is_held) is None:
            raise LeaseLost
        values = {
            "problem": sheet.problem if sheet.problem == texts.READ_DIFFERENTLY else "",
            "row_count": sheet.rows.count(),
            "row_counts": sheet.count_rows(),
            # The page names the learned words of these rows only.
            "matching": replace(checker.matching, words=checker.reader.meanings.used).dump(),
        }
        if not sheet.take_step(SheetStep.CHECK, Sheet.Status.CHECKED, sheet.lease_is_held, **values):
            raise LeaseLost


class Checker:
    """A check of all rows. Each batch has its own transaction, so that nobody waits long for the database."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.reader = sheet.row_reader()
        self.matching = self.reader.matching
        self.errors = ErrorGrouping(sheet)
        self.once = OnceCheck(sheet)
        # The number of the first row with each digest. Rows that were sent come before all others.
        sent = sheet.rows.filter(status__in=SENT).values_list("digest", "number")
        mistaken = mistaken_rows(sheet)
        self.first_rows = {digest: n for digest, n in sent.order_by("-number") if n not in mistaken}
        self.line_count = 0
        self.last_number = -1

    def check_next(self) -> bool:
        """Check the next rows. Return whether there may be more."""
        with transaction.atomic():
            if not self.sheet.renew_lease():
                raise LeaseLost
            stored = self.sheet.lines.filter(number__gt=self.last_number).order_by("number")
            lines = [PlainRow(*values) for values in stored.values_list(*READ)[:CHECKED_AT_ONCE]]
            above = max(self.matching.header_line + 1 - self.line_count, 0)
            self._check(lines[:above], lines[above:])
        self.line_count += len(lines)
        self.last_number = lines[-1].number if lines else self.last_number
        return len(lines) == CHECKED_AT_ONCE

    def store_rejections(self) -> None:
        """Store the faults of rows that the API rejected. These rows are not checked again."""
        rejected = self.sheet.rows.filter(status=Row.Status.REJECTED).values_list("submission", "number")
        numbers: dict[Any, set[int]] = {}
        for submission, number in rejected:
            numbers.setdefault(submission, set()).add(number)
        for sent in self.sheet.submissions.filter(pk__in=list(numbers)):
            with transaction.atomic():
                self.errors.add(rejections(self.sheet, sent, numbers[sent.pk]))

    def _check(self, header: list[PlainRow], rows: list[PlainRow]) -> None:
        above = self.sheet.lines.filter(pk__in=[line.pk for line in header])
        above.update(status=Row.Status.UNCHECKED, fields=None, digest="")
        read = [
            (row, self.reader.read(row.cells, row.edits, reasons_of(row.accepted)))
            for row in rows
            if row.submission_id is None
        ]
        if self.once.is_needed:
            self.once.judge([_judged(row, verdict) for row, verdict in read if not is_skipped(row)])
            self.once.store({row.pk: verdict for row, verdict in read})
        checked = [take_verdict(row, verdict) for row, verdict in read]
        mark_duplicates(self.sheet, checked, self.first_rows)
        store_checked(checked)
        self.errors.add({each.row.number: each.problems for each in checked if each.row.status in FAILED_CHECK})


def is_skipped(row: Row | PlainRow) -> bool:
    return row.status == Row.Status.SKIPPED


def _judged(row: Row | PlainRow, verdict: Verdict) -> JudgedRow:
    return JudgedRow(row.number, verdict, row.corrects_task, row.is_duplicate_wanted)


def take_verdict(row: Row | PlainRow, verdict: Verdict) -> CheckedRow:
    """Set the status and the digest of a row by its verdict. A skipped row stays skipped.

    A warning that was accepted for another value, or another version of the rule, is accepted no longer.
    """
    if row.accepted:
        marks = {warning.mark for warning in verdict.accepted}
        row.accepted = {mark: each for mark, each in row.accepted.items() if mark in marks}
    otherwise = Row.Status.SKIPPED if is_skipped(row) else None
    if not is_skipped(row):
        row.duplicate_of_task = next((problem.task for problem in verdict.problems if problem.is_used_by_task), None)
    if not row.cells and not any(row.edits.values()):  # typed and emptied again
        row.status, row.digest = Row.Status.UNCHECKED, ""
        return CheckedRow(row)
    if verdict.problems:
        is_to_look = all(problem.is_warning for problem in verdict.problems)
        left = Row.Status.TO_LOOK if is_to_look else Row.Status.TO_FIX
        row.status, row.digest = otherwise or left, ""
        if all(problem.rule for problem in verdict.problems):
            # It may have been sent before the rule was there: see `mark_duplicates`.
            row.digest = digest_of(verdict.values)
        return CheckedRow(row, verdict.problems)
    row.status = otherwise or Row.Status.READY
    row.digest = digest_of(verdict.values)
    return CheckedRow(row, [], json_text(verdict.values))


def mark_duplicates(sheet: Sheet, checked: list[CheckedRow], first_rows: dict[str, int]) -> None:
    """Mark the ready rows that equal an earlier row or a task.

    `first_rows` maps each digest to the number of the first row that has it. New digests are added to it.
    """
    candidates = [each.row for each in checked if _can_be_duplicate(each.row)]
    sent = sent_before(sheet, [row.digest for row in candidates])
    corrected = values_of_tasks(sheet, {row.corrects_task for row in candidates if row.corrects_task})
    for row in candidates:
        used_by = row.duplicate_of_task
        is_unchanged = (row.corrects_task, row.digest) in corrected
        row.duplicate_of_row = None if is_unchanged else first_rows.get(row.digest)
        first_rows.setdefault(row.digest, row.number)
        row.duplicate_of_task = sent[row.digest].task_id if row.digest in sent else None
        if is_unchanged:
            row.duplicate_of_task = row.corrects_task  # rather than a later task with the same values
            if not sheet.is_typed:  # a row of a file was sent as it is again: it is a duplicate as any other
                row.corrects_task = None
        if (row.duplicate_of_row or row.digest in sent or is_unchanged) and not row.is_duplicate_wanted:
            row.status = Row.Status.DUPLICATE
        elif row.status in FAILED_CHECK:
            row.digest, row.duplicate_of_task = "", used_by


def _can_be_duplicate(row: Row | PlainRow) -> bool:
    """Return whether it is ready, or would be without a rule: what was sent before is no error."""
    return row.status == Row.Status.READY or (row.status in FAILED_CHECK and bool(row.digest))


def store_checked(checked: Iterable[CheckedRow]) -> None:
    """Write checked rows, which are in no submission. Call in a transaction that locked the import."""
    update_many(Row, WRITTEN, ("id",), map(_written_values, checked))


def _written_values(checked: CheckedRow) -> tuple[object, ...]:
    row = checked.row
    edits, accepted = (json_text(each) if each else NOTHING for each in (row.edits, row.accepted))
    return (
        str(row.status), edits, accepted, checked.text, row.digest, row.is_duplicate_wanted, row.duplicate_of_row,
        row.duplicate_of_task, None, row.corrects_task, row.pk,
    )  # fmt: skip


class Recheck:
    """A check of rows that a person changed, and of the rows that are duplicates of these.

    Everything is computed before anything is written, because a transaction that writes blocks all others.
    """

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._reader = sheet.row_reader()
        self._once = OnceCheck(sheet)
        self._read: dict[int, tuple[Row, Verdict]] = {}
        self._checked: dict[int, CheckedRow] = {}
        self._before: dict[int, StatusAndSubmission] = {}

    def add(self, row: Row, before: StatusAndSubmission) -> None:
        """Read a changed row. `before` is its status and submission as they were read."""
        self._read[row.number] = (row, self._reader.read(row.cells, row.edits, row.accepted_marks))
        self._before[row.number] = before

    def settle_duplicates(self) -> None:
        """Call when all changed rows were added."""
        self._add_duplicates()
        if self._once.is_needed:
            self._judge_used()
        self._checked = {number: take_verdict(*read) for number, read in self._read.items()}
        checked = [self._checked[number] for number in sorted(self._checked)]
        digests = {each.row.digest for each in checked if each.row.digest}
        candidates = [each.row for each in checked if _can_be_duplicate(each.row)]
        first_changed = {row.digest: row.number for row in reversed(candidates)}
        mark_duplicates(self.sheet, checked, self._first_rows(digests, first_changed))

    def is_up_to_date(self) -> bool:
        """Lock the rows and return whether they are as they were read. Call in a transaction."""
        keys, now = [each.row.pk for each in self._checked.values()], dict[int, StatusAndSubmission]()
        for start in range(0, len(keys), RECHECKED_AT_ONCE):
            batch = keys[start : start + RECHECKED_AT_ONCE]
            rows = Row.objects.select_for_update().filter(pk__in=batch).order_by()
            for number, status, submission in rows.values_list("number", "status", "submission"):
                now[number] = (status, submission)
        return now == self._before

    def store(self) -> None:
        """Write the rows and their errors. Call in a transaction."""
        wrong = {n: each.problems for n, each in self._checked.items() if each.row.status in FAILED_CHECK}
        replace_errors(self.sheet, list(self._checked), wrong)
        self._once.store({row.pk: verdict for row, verdict in self._read.values()})
        store_checked(self._checked.values())

    def _judge_used(self) -> None:
        """Judge the rows by the fields that are used once, and again the next later rows that share a value with them.

        The first of the others with a value gets it or loses it. Those after them stay errors whatever the others are.
        """
        others, by_value = self._others(), defaultdict[UsedValue, list[int]](list)
        first_changed = min(self._read, default=0)
        for number, value in others:
            if len(by_value[value]) < MOST_JUDGED_AGAIN and number > first_changed:
                by_value[value].append(number)
        if later := sorted(set(chain.from_iterable(by_value.values()))):
            self._add_numbers(later)
            others = self._others()
        for number, value in others:
            self._once.first.setdefault(value, Use(number))
        read = [self._read[number] for number in sorted(self._read)]
        self._once.judge([_judged(row, verdict) for row, verdict in read if not is_skipped(row)])

    def _others(self) -> list[tuple[int, UsedValue]]:
        """Return the numbers and values of other rows that have a value which the rows have or had."""
        same = self._once.look_up({row.pk: verdict for row, verdict in self._read.values()})
        return [(number, value) for number, value in same if number not in self._read]

    def _add_duplicates(self) -> None:
        """Add the rows that are duplicates of an added one: they may be none any more."""
        duplicates = self.sheet.rows.filter(status=Row.Status.DUPLICATE, duplicate_of_row__isnull=False).order_by(
            "number"
        )
        found = duplicates.values_list("number", "duplicate_of_row")
        self._add_numbers([number for number, first in found if first in self._read and number not in self._read])

    def _add_numbers(self, numbers: list[int]) -> None:
        for start in range(0, len(numbers), RECHECKED_AT_ONCE):
            for row in self.sheet.rows.filter(number__in=numbers[start : start + RECHECKED_AT_ONCE]):
                self.add(row, status_and_submission(row))

    def _first_rows(self, digests: set[str], first_changed: dict[str, int]) -> dict[str, int]:
        """Return for each digest the first row that has it and is to be sent, apart from the added rows.

        Were it a duplicate itself, no row with the values would be sent. A duplicate that a person wants all the same
        makes no duplicate of a row before it.
        """
        wanted, first, same = list(digests), dict[str, int](), list[tuple[str, int, bool]]()
        for start in range(0, len(wanted), RECHECKED_AT_ONCE):
            # The index of digests has no empty ones. Without `exclude`, or in order, SQLite does not use it.
            others = self.sheet.rows.filter(digest__in=wanted[start : start + RECHECKED_AT_ONCE])
            others = others.exclude(digest="").exclude(status__in=LEFT_OUT).order_by()
            found = others.values_list("digest", "number", "is_duplicate_wanted")
            same += [each for each in found if each[1] not in self._read]
        mistaken = mistaken_rows(self.sheet) if same else set()
        for digest, number, is_wanted in sorted(same, key=itemgetter(1)):
            is_later = is_wanted and number > first_changed.get(digest, number)
            if number not in mistaken and not is_later:
                first.setdefault(digest, number)
        return first


def status_and_submission(row: Row) -> StatusAndSubmission:
    return row.status, row.submission_id
