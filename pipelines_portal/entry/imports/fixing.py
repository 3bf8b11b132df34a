"""Changing rows before they are sent. Every change of a person's goes through here: it is undone as a whole.

What a change makes of the rows is worked out first. It is written while the import is locked, and worked out again if
somebody changed the import since: of two at once the second sees what the first did.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.json_text import cleaned
from pipelines_portal.entry.imports.counts import counted
from pipelines_portal.entry.imports.errors import ErrorGroups, forget_errors
from pipelines_portal.entry.imports.rechecking import BATCH, Recheck, state_of
from pipelines_portal.entry.imports.requests import rejections
from pipelines_portal.entry.models import Change, ChangedRow, ImportJob, ImportRow

CHANGEABLE = (ImportJob.Status.CHECKED, ImportJob.Status.PAUSED)
# Rows with nothing on its way, and of which everybody knows what came.
EDITABLE = (
    ImportRow.Status.READY,
    ImportRow.Status.TO_FIX,
    ImportRow.Status.DUPLICATE,
    ImportRow.Status.SET_ASIDE,
    ImportRow.Status.REJECTED,
)
# Says whether it changed the row.
Decide = Callable[[ImportRow], bool]
# What a change is called: as it stands, or by the rows that were changed.
Label = str | Callable[[list[int]], str]
# Which rows it is about. Asked once more when somebody changed any meanwhile.
Numbers = Callable[[], Iterable[int]]


class CannotChange(Exception):
    """The import is at something else: rows are sent, or checked again. In a sentence for people."""


@dataclass
class Outcome:
    """`kept` are rows that stay as they are since they were sent meanwhile."""

    changed: list[int] = field(default_factory=list)
    kept: int = 0


def version_of(row: ImportRow) -> str:
    """Of what people did with a row: a page that shows an older one does not change it."""
    decided = (
        row.edits,
        row.status in (ImportRow.Status.SET_ASIDE, ImportRow.Status.REJECTED),
        row.status == ImportRow.Status.SET_ASIDE,
    )
    return hashlib.sha256(repr(decided).encode()).hexdigest()[:12]


@dataclass
class Plan:
    """A change, worked out while others may write, as of when the import was read."""

    recheck: Recheck
    outcome: Outcome = field(default_factory=Outcome)
    # How the rows that it is about were before.
    before: list[ChangedRow] = field(default_factory=list)

    def holds_for(self, held: ImportJob) -> bool:
        """Whether nothing moved since."""
        import_job = self.recheck.import_job
        return held.changed_at == import_job.changed_at and self.recheck.is_as_read()


def change_rows(import_job: ImportJob, by: User, label: Label, numbers: Numbers, decide: Decide) -> Outcome:
    """`label` has a place for how many rows there are: "set {} aside"; or is asked once it is known which.

    `decide` is asked about a row once more when somebody else changed the import since. Raises CannotChange.
    """
    plan = _planned(_changeable(import_job), numbers, decide)
    with transaction.atomic():
        held = _held(import_job)
        if not plan.holds_for(held):
            plan = _planned(held, numbers, decide)
        if plan.outcome.changed:
            _make(held, by, label, plan)
    return plan.outcome


def _make(held: ImportJob, by: User, label: Label, plan: Plan) -> None:
    changed = plan.outcome.changed
    rows = f"row {changed[0]:,}" if len(changed) == 1 else f"{len(changed):,} rows"
    words = (label(changed) if callable(label) else label).replace("{}", rows)
    made = Change.objects.create(import_job=held, number=_next_number(held), by=by, label=cleaned(words))
    for row in plan.before:
        row.change = made
    ChangedRow.objects.bulk_create(plan.before, BATCH)
    plan.recheck.write()
    _touch(held)


def _planned(import_job: ImportJob, numbers: Numbers, decide: Decide) -> Plan:
    asked = list(numbers())
    plan = Plan(Recheck(import_job))
    for rows in _batches(import_job, asked):
        plan.outcome.kept -= len(rows)
        for row in rows:
            before, status = _as_it_is(row), state_of(row)
            if decide(row):
                plan.recheck.add(row, status)
                plan.outcome.changed.append(row.number)
                plan.before.append(before)
    plan.outcome.kept += len(asked)
    plan.recheck.settle()
    return plan


def _as_it_is(row: ImportRow) -> ChangedRow:
    rejected_in = row.submission_id if row.status == ImportRow.Status.REJECTED else None
    return ChangedRow(
        number=row.number, edits=dict(row.edits), was_set_aside=row.status == ImportRow.Status.SET_ASIDE,
        was_duplicate_wanted=row.is_duplicate_wanted, rejected_in_id=rejected_in,
    )  # fmt: skip


def last_change(import_job: ImportJob) -> Change | None:
    """The one that would be undone next."""
    return import_job.changes.filter(is_undone=False).select_related("by").order_by("-number").first()


def undo(import_job: ImportJob, number: int) -> Outcome | None:
    """The rows are as they were before their last change. None when that is not change `number` any more."""
    seen = _changeable(import_job)
    change = last_change(seen)
    if change is None or change.number != number:
        return None
    before = {row.number: row for row in change.rows.all()}

    def put_back(row: ImportRow) -> bool:
        return _put_back(row, before[row.number])

    plan = _planned(seen, lambda: before, put_back)
    with transaction.atomic():
        held = _held(import_job)
        if Change.objects.filter(pk=change.pk, is_undone=True).exists() or last_change(held) != change:
            return None
        if not plan.holds_for(held):
            plan = _planned(held, lambda: before, put_back)
        plan.recheck.write()
        rows = (before[number] for number in plan.outcome.changed)
        _reject_again(held, [row for row in rows if row.rejected_in_id])
        Change.objects.filter(pk=change.pk).update(is_undone=True)
        _touch(held)
    return plan.outcome


def _changeable(import_job: ImportJob, imports: QuerySet[ImportJob] | None = None) -> ImportJob:
    """As it stands. Raises CannotChange."""
    found = (ImportJob.objects.all() if imports is None else imports).get(pk=import_job.pk)
    if found.status not in CHANGEABLE:
        raise CannotChange("Nothing was changed: the rows are being sent or checked just now.")
    return found


def _held(import_job: ImportJob) -> ImportJob:
    """Locked until the transaction ends."""
    return _changeable(import_job, ImportJob.objects.select_for_update())


def _next_number(import_job: ImportJob) -> int:
    return int(import_job.changes.aggregate(last=Max("number"))["last"] or 0) + 1


def _touch(import_job: ImportJob) -> None:
    ImportJob.objects.filter(pk=import_job.pk).update(changed_at=timezone.now(), row_counts=counted(import_job))


def _batches(import_job: ImportJob, numbers: list[int]) -> Iterator[list[ImportRow]]:
    """Of those that may be changed."""
    for start in range(0, len(numbers), BATCH):
        rows = import_job.rows.filter(status__in=EDITABLE)
        yield list(rows.filter(number__in=numbers[start : start + BATCH]).order_by("number"))


def _put_back(row: ImportRow, before: ChangedRow) -> bool:
    row.edits = before.edits
    row.is_duplicate_wanted = before.was_duplicate_wanted
    row.status = ImportRow.Status.SET_ASIDE if before.was_set_aside else ImportRow.Status.READY
    return True


def _reject_again(import_job: ImportJob, were: list[ChangedRow]) -> None:
    """The API said no to these values: as they are again, they would only be refused once more."""
    forget_errors(import_job, [was.number for was in were])
    for submission in import_job.submissions.filter(pk__in={was.rejected_in_id for was in were}):
        numbers = {was.number for was in were if was.rejected_in_id == submission.pk}
        rows = import_job.rows.filter(number__in=numbers)
        rows.update(status=ImportRow.Status.REJECTED, submission=submission, fields=None)
        ErrorGroups(import_job).add(rejections(import_job, submission, numbers))


def set_aside(row: ImportRow) -> bool:
    if row.status == ImportRow.Status.SET_ASIDE:
        return False
    row.status = ImportRow.Status.SET_ASIDE
    return True


def take_back(row: ImportRow) -> bool:
    if row.status != ImportRow.Status.SET_ASIDE:
        return False
    row.status = ImportRow.Status.READY
    return True


def send_twice(row: ImportRow) -> bool:
    """Although it equals another row, or a task."""
    if row.status != ImportRow.Status.DUPLICATE:
        return False
    row.is_duplicate_wanted = True
    return True


def type_over(row: ImportRow, texts: dict[str, str]) -> bool:
    """By field. One that was typed over its cell before is typed over again."""
    if all(row.edits.get(name) == text for name, text in texts.items()):
        return False
    row.edits = row.edits | texts
    return True
