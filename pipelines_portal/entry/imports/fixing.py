"""Change rows before they are sent. Every change that a person makes goes through here and can be undone as a whole.

A change is computed first. It is written while the import is locked, and computed again if the import changed since: of
two changes at once, the second sees what the first did.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.core.json_text import cleaned
from pipelines_portal.core.parameters import number_in
from pipelines_portal.entry import texts
from pipelines_portal.entry.imports.check_page import RowTexts, ShownRow, show_rows
from pipelines_portal.entry.imports.checking import RECHECKED_AT_ONCE, Recheck, status_and_submission
from pipelines_portal.entry.imports.learned_words import learn_word
from pipelines_portal.entry.models import (
    Change,
    ChangedRow,
    ErrorGrouping,
    ImportJob,
    ImportRow,
    rejections,
    remove_errors,
)

# Rows of which nothing is being sent or unconfirmed.
EDITABLE = (
    ImportRow.Status.READY,
    ImportRow.Status.TO_FIX,
    ImportRow.Status.DUPLICATE,
    ImportRow.Status.SET_ASIDE,
    ImportRow.Status.REJECTED,
)
# Rows in which text is replaced. Rows that are set aside stay as they are.
REPLACEABLE = (
    ImportRow.Status.READY,
    ImportRow.Status.TO_FIX,
    ImportRow.Status.DUPLICATE,
    ImportRow.Status.REJECTED,
)
# Changes a row, and returns whether it did. It is called again if somebody else changed the import.
ChangeRow = Callable[[ImportRow], bool]
# The label of a change, with {} for its rows; or a function of the numbers of the rows.
Label = str | Callable[[list[int]], str]
# Returns the numbers of the rows to change. It is called again if somebody else changed the import.
Numbers = Callable[[], Iterable[int]]
SWAPPED = ("edits", "was_set_aside", "was_duplicate_wanted", "rejected_in")
MOST_POSTED_ROWS = 200
LARGEST_NUMBER = 2**31 - 1
VERSION_PREFIX, VALUE_PREFIX = "was-", "v-"


class CannotChange(Exception):
    """Rows are being sent or checked. The message is shown to the person."""


@dataclass
class Outcome:
    """The numbers of changed rows, and how many could not be changed because they were sent."""

    changed: list[int] = field(default_factory=list)
    sent: int = 0


@dataclass
class Plan:
    """A change that was computed but not written."""

    recheck: Recheck
    outcome: Outcome = field(default_factory=Outcome)
    before: list[ChangedRow] = field(default_factory=list)

    def is_up_to_date(self, locked: ImportJob) -> bool:
        """Return whether nothing changed since the plan was made. Call in a transaction that locked the import."""
        return locked.changed_at == self.recheck.import_job.changed_at and self.recheck.is_up_to_date()


@dataclass(frozen=True)
class Correction:
    """A choice in the place of a word, which the next imports learn."""

    field_name: str
    word: str
    choice: str


def change_rows(
    import_job: ImportJob,
    by: User,
    label: Label,
    numbers: Numbers,
    change: ChangeRow,
    correction: Correction | None = None,
) -> Outcome:
    """Change rows and check them again. Learn a correction if rows changed. Raise CannotChange."""
    plan = _plan(_read_changeable(import_job), numbers, change)
    with transaction.atomic():
        locked = _lock_changeable(import_job)
        if not plan.is_up_to_date(locked):
            plan = _plan(locked, numbers, change)
        if plan.outcome.changed:
            _store_change(locked, by, label, plan, correction)
            plan.recheck.store()
            locked.store_counts(changed_at=timezone.now())
    return plan.outcome


def last_change(import_job: ImportJob) -> Change | None:
    """Return the change that would be undone next."""
    return import_job.changes.filter(is_undone=False).select_related("by").order_by("-number").first()


def next_redo(import_job: ImportJob) -> Change | None:
    """Return the change that was undone last and can be made again: no other change came after the undo."""
    return import_job.changes.filter(is_undone=True).order_by("number").first()


def undo_change(import_job: ImportJob, number: int) -> Outcome | None:
    """Restore the rows as they were before the last change, and forget what it taught.

    Return None if another change than `number` is the last.
    """
    return _swap_change(import_job, number, last_change, is_undone=True)


def redo_change(import_job: ImportJob, number: int) -> Outcome | None:
    """Restore the rows as they were before the last undo. Return None if another change than `number` is the next."""
    return _swap_change(import_job, number, next_redo, is_undone=False)


def _swap_change(
    import_job: ImportJob, number: int, find: Callable[[ImportJob], Change | None], *, is_undone: bool
) -> Outcome | None:
    """Give rows back what a change stored of them, and store in its place what they were until now."""
    seen = _read_changeable(import_job)
    change = find(seen)
    if change is None or change.number != number:
        return None
    stored = {row.number: row for row in change.rows.all()}

    def restore(row: ImportRow) -> bool:
        return _restore_row(row, stored[row.number])

    plan = _plan(seen, lambda: stored, restore)
    with transaction.atomic():
        locked = _lock_changeable(import_job)
        if find(locked) != change:
            return None
        if not plan.is_up_to_date(locked):
            plan = _plan(locked, lambda: stored, restore)
        plan.recheck.store()
        rows = (stored[number] for number in plan.outcome.changed)
        _restore_rejections(locked, [row for row in rows if row.rejected_in_id])
        for row in plan.before:
            row.pk, row.change = stored[row.number].pk, change
        ChangedRow.objects.bulk_update(plan.before, SWAPPED, RECHECKED_AT_ONCE)
        Change.objects.filter(pk=change.pk).update(is_undone=is_undone, learned=None)
        if change.learned:
            change.learned.delete()
        locked.store_counts(changed_at=timezone.now())
    return plan.outcome


def _plan(import_job: ImportJob, numbers: Numbers, change: ChangeRow) -> Plan:
    wanted = list(numbers())
    plan = Plan(Recheck(import_job))
    plan.outcome.sent = len(wanted)
    for rows in _editable_batches(import_job, wanted):
        plan.outcome.sent -= len(rows)
        for row in rows:
            before, status = _changed_row(row), status_and_submission(row)
            if change(row):
                plan.recheck.add(row, status)
                plan.outcome.changed.append(row.number)
                plan.before.append(before)
    plan.recheck.settle_duplicates()
    return plan


def _editable_batches(import_job: ImportJob, numbers: list[int]) -> Iterator[list[ImportRow]]:
    # A row that was typed and emptied is unchecked.
    statuses = (*EDITABLE, ImportRow.Status.UNCHECKED) if import_job.is_typed else EDITABLE
    for start in range(0, len(numbers), RECHECKED_AT_ONCE):
        rows = import_job.lines.filter(status__in=statuses, number__in=numbers[start : start + RECHECKED_AT_ONCE])
        yield list(rows.order_by("number"))


def _changed_row(row: ImportRow) -> ChangedRow:
    rejected_in = row.submission_id if row.status == ImportRow.Status.REJECTED else None
    return ChangedRow(
        number=row.number, edits=dict(row.edits), was_set_aside=row.status == ImportRow.Status.SET_ASIDE,
        was_duplicate_wanted=row.is_duplicate_wanted, rejected_in_id=rejected_in,
    )  # fmt: skip


def _store_change(locked: ImportJob, by: User, label: Label, plan: Plan, correction: Correction | None) -> None:
    changed = plan.outcome.changed
    text = label(changed) if callable(label) else label
    locked.changes.filter(is_undone=True).delete()
    number = int(locked.changes.aggregate(last=Max("number"))["last"] or 0) + 1
    learned = learn_word(locked, correction.field_name, correction.word, correction.choice) if correction else None
    change = Change.objects.create(import_job=locked, number=number, by=by, label=cleaned(text), learned=learned)
    for row in plan.before:
        row.change = change
    ChangedRow.objects.bulk_create(plan.before, RECHECKED_AT_ONCE)


def _read_changeable(import_job: ImportJob) -> ImportJob:
    """Return its present row. Raise CannotChange."""
    return _require_changeable(ImportJob.objects.get(pk=import_job.pk))


def _lock_changeable(import_job: ImportJob) -> ImportJob:
    """Return its present row, locked until the transaction ends. Raise CannotChange."""
    return _require_changeable(ImportJob.objects.select_for_update().get(pk=import_job.pk))


def _require_changeable(import_job: ImportJob) -> ImportJob:
    if not import_job.can_change_rows:
        raise CannotChange(texts.NOT_CHANGEABLE)
    return import_job


def _restore_row(row: ImportRow, before: ChangedRow) -> bool:
    row.edits = before.edits
    row.is_duplicate_wanted = before.was_duplicate_wanted
    row.status = ImportRow.Status.SET_ASIDE if before.was_set_aside else ImportRow.Status.READY
    return True


def _restore_rejections(import_job: ImportJob, before: list[ChangedRow]) -> None:
    """Mark rows as rejected again. The API would reject the restored values once more."""
    remove_errors(import_job, [row.number for row in before])
    for submission in import_job.submissions.filter(pk__in={row.rejected_in_id for row in before}):
        numbers = {row.number for row in before if row.rejected_in_id == submission.pk}
        rows = import_job.rows.filter(number__in=numbers)
        rows.update(status=ImportRow.Status.REJECTED, submission=submission, fields=None)
        ErrorGrouping(import_job).add(rejections(import_job, submission, numbers))


# Changes of a row


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


def send_anyway(row: ImportRow) -> bool:
    """Let a duplicate be sent."""
    if row.status != ImportRow.Status.DUPLICATE:
        return False
    row.is_duplicate_wanted = True
    return True


def edit_row(row: ImportRow, values: dict[str, str]) -> bool:
    """Put texts over the cells of fields."""
    if all(row.edits.get(name) == text for name, text in values.items()):
        return False
    row.edits = row.edits | values
    # The decision to create a duplicate was about the former values.
    row.is_duplicate_wanted = False
    return True


# Find and replace


@dataclass(frozen=True)
class Replacement:
    """A text to find in a column, and the text to put in its place."""

    known: Field
    find: str
    put: str
    is_whole_cell: bool = True
    is_case_sensitive: bool = False

    def apply(self, text: str) -> str:
        return self._pattern().sub(lambda _: self.put, text)

    def _pattern(self) -> re.Pattern[str]:
        escaped = re.escape(self.find)
        pattern = rf"\A\s*{escaped}\s*\Z" if self.is_whole_cell else escaped
        return re.compile(pattern, re.NOFLAG if self.is_case_sensitive else re.IGNORECASE)


def find_rows(import_job: ImportJob, replacement: Replacement) -> list[int]:
    """Return the numbers of the rows that a replacement would change."""
    row_texts = RowTexts(import_job)
    rows = import_job.rows.filter(status__in=REPLACEABLE).defer("fields").iterator(RECHECKED_AT_ONCE)
    found = ((row.number, row_texts.text(replacement.known, row)) for row in rows)
    return [number for number, text in found if replacement.apply(text) != text]


def replace_in_rows(import_job: ImportJob, by: User, replacement: Replacement) -> Outcome:
    """Replace a text in a column of all rows that were not sent. Raise CannotChange."""
    row_texts = RowTexts(import_job)

    def replace(row: ImportRow) -> bool:
        old = row_texts.text(replacement.known, row)
        new = replacement.apply(old)
        return new != old and edit_row(row, {replacement.known.name: new})

    label = texts.FIND_AND_REPLACE.format(find=replacement.find, put=replacement.put)
    # The search takes longer than the change, which reads each row once more. So it is made only once.
    found = find_rows(import_job, replacement)
    return change_rows(import_job, by, label, lambda: found, replace)


# Rows that are posted from a page


@dataclass
class PostedRow:
    """The texts of a row by field, and the version of the row that the page showed."""

    version: str
    texts: dict[str, str] = field(default_factory=dict)


@dataclass
class Saved:
    """The outcome of a post. `stale` rows were changed by somebody else since the page was shown, and stay so."""

    outcome: Outcome
    stale: list[int]


def read_posted_rows(data: Mapping[str, str]) -> dict[int, PostedRow]:
    """Return the posted rows by number, and not more than a page can have."""
    rows = {
        number: PostedRow(data[name])
        for name in data
        if name.startswith(VERSION_PREFIX)
        and (number := number_in(name.removeprefix(VERSION_PREFIX), LARGEST_NUMBER)) is not None
    }
    for name in data:
        number_text, _, field_name = name.removeprefix(VALUE_PREFIX).partition("-")
        number = number_in(number_text, LARGEST_NUMBER) if name.startswith(VALUE_PREFIX) else None
        if number in rows:
            rows[number].texts[field_name] = _normalize_newlines(data[name])
    return dict(list(rows.items())[:MOST_POSTED_ROWS])


def _normalize_newlines(text: str) -> str:
    """Browsers post other line ends than those of the page."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def save_rows(import_job: ImportJob, by: User, posted: dict[int, PostedRow], aside: int | None) -> Saved:
    """Save the posted texts, and set the row with the number `aside` aside. Raise CannotChange."""
    row_texts, stale = RowTexts(import_job), set[int]()

    def save(row: ImportRow) -> bool:
        posted_row = posted[row.number]
        stale.discard(row.number)
        if posted_row.version != row.version:
            stale.add(row.number)
            return False
        present = row_texts.by_field(row)
        new = {
            name: text
            for name, text in posted_row.texts.items()
            if name in present and text != _normalize_newlines(present[name])
        }
        is_edited = bool(new) and edit_row(row, new)
        return (row.number == aside and set_aside(row)) or is_edited

    def label(changed: list[int]) -> str:
        return texts.SKIP_ROWS if changed == [aside] else texts.EDIT_ROWS

    return Saved(change_rows(import_job, by, label, lambda: posted, save), sorted(stale))


def show_posted(import_job: ImportJob, posted: dict[int, PostedRow], stale: list[int]) -> list[ShownRow]:
    """Show stale rows with the posted texts in their inputs and the present texts beside them."""
    rows = list(import_job.rows.filter(number__in=stale).order_by("number"))
    shown, changed_by = show_rows(import_job, rows), _last_changed_by(import_job, stale)
    for each in shown:
        values = posted[each.row.number].texts
        each.changed_by = changed_by.get(each.row.number, "Somebody")
        for cell in each.cells:
            if cell.known.name in values and values[cell.known.name] != _normalize_newlines(cell.text):
                cell.present_text = cell.text
                cell.text = values[cell.known.name]
    return shown


def _last_changed_by(import_job: ImportJob, numbers: list[int]) -> dict[int, str]:
    """Return the person who changed each row last, if their account still exists."""
    changed = ChangedRow.objects.filter(change__import_job=import_job, number__in=numbers).select_related("change__by")
    last = {row.number: row.change.by for row in changed.order_by("change__number")}
    return {number: str(by) for number, by in last.items() if by}
