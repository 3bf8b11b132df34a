"""What the check of an import found: the rows as a form shows them, the columns, and the duplicates."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.entry.models import MAY_EXIST, Counts, ImportJob, ImportRow, RowError
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.words import Meanings
from pipelines_portal.spreadsheets.cells import text_of
from pipelines_portal.submissions.models import Submission, SubmissionRow

DUPLICATES_SHOWN = 5
TO_FIX = (ImportRow.Status.TO_FIX, ImportRow.Status.REJECTED)
# The share of the rows that were sent before, from which on the page says so in one line.
MOSTLY = 0.8
SAMPLED_DUPLICATES, MOST_READ = 200, 2_000
# A longer text is shown but not edited in the table.
LONGEST_EDITED = 1_000
# Rows whose numbers are closer are looked up by their range.
CLOSE = 1_000


@dataclass
class ShownCell:
    """A field of a row, with its text and errors."""

    known: Field
    text: str
    errors: list[str] = field(default_factory=list)
    # The text that somebody else stored, if `text` is what this person typed.
    present_text: str | None = None

    @property
    def error(self) -> str:
        """The errors without the field's name, which is shown beside them."""
        return "; ".join(_without_label(self.known.label, message) for message in self.errors)

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONGEST_EDITED and not self.errors and self.present_text is None


@dataclass
class ShownRow:
    """A row with its cells, and the errors that belong to no shown field."""

    row: ImportRow
    cells: list[ShownCell]
    errors: list[str] = field(default_factory=list)
    # The person who changed the row since the page was made. The cells hold what this person typed.
    changed_by: str = ""

    @property
    def version(self) -> str:
        return self.row.version

    @property
    def is_to_fix(self) -> bool:
        return self.row.status in TO_FIX


class RowTexts:
    """Texts of the fields of rows: what was typed, or else the cell's, or else the value for all rows."""

    def __init__(self, import_job: ImportJob) -> None:
        self.fields = list(import_job.parsed_schema.fields)
        self.matching = Matching.load(import_job.matching)
        # None for typed rows: their dates are moments of the person's time zone, not texts of a file.
        self.of_file = None if import_job.is_typed else self.matching
        self._places = self.matching.places()
        self._meanings = Meanings(self.matching.words)

    def text(self, known: Field, row: ImportRow) -> str:
        if known.name in row.edits:
            return str(row.edits[known.name])
        place = self._places.get(known.name)
        text = text_of(row.cells[place]) if place is not None and place < len(row.cells) else ""
        return self._meanings.choice(known, text) or text or self.matching.constants.get(known.name, "")

    def by_field(self, row: ImportRow) -> dict[str, str]:
        return {known.name: self.text(known, row) for known in self.fields}


@dataclass(frozen=True)
class Duplicate:
    """A row that equals another row or a task. The task is not known while its request is unconfirmed."""

    row: int
    duplicate_of_row: int | None
    duplicate_of_task: int | None
    sent_by: User | None
    sent_at: datetime | None


def first_duplicates(import_job: ImportJob) -> list[Duplicate]:
    """Return the first duplicates, each with the person who sent the task."""
    duplicates = import_job.rows.filter(status=ImportRow.Status.DUPLICATE).defer("cells", "edits", "fields")
    rows = list(duplicates.order_by("number")[:DUPLICATES_SHOWN])
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


def find_earlier(import_job: ImportJob, user: User, counts: Counts) -> Earlier | None:
    """Return the import that sent nearly all of these rows before, or None.

    The first duplicates show which one it may be, so that the ledger is not searched for all of them.
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


def show_rows(import_job: ImportJob, rows: list[ImportRow]) -> list[ShownRow]:
    """Return rows with their texts and errors."""
    texts, errors = RowTexts(import_job), read_errors(import_job, rows)
    return [_show_row(texts, row, errors.get(row.number, {})) for row in rows]


def _show_row(texts: RowTexts, row: ImportRow, errors: dict[str, list[str]]) -> ShownRow:
    values = texts.by_field(row)
    cells = [ShownCell(known, values[known.name], errors.pop(known.name, [])) for known in texts.fields]
    return ShownRow(row, cells, [message for messages in errors.values() for message in messages])


def read_errors(import_job: ImportJob, rows: list[ImportRow]) -> dict[int, dict[str, list[str]]]:
    """Return messages by row and field."""
    found: dict[int, dict[str, list[str]]] = {}
    numbers = {row.number for row in rows}
    errors = RowError.objects.filter(group__import_job=import_job)
    # A range is much faster than a list of numbers if there are thousands of groups.
    is_close = bool(numbers) and max(numbers) - min(numbers) < CLOSE
    near = errors.filter(number__range=(min(numbers), max(numbers))) if is_close else errors.filter(number__in=numbers)
    for error in near.select_related("group").order_by("pk"):
        if error.number not in numbers:
            continue
        messages = found.setdefault(error.number, {})
        messages.setdefault(error.group.field_name, []).append(error.group.message)
    return found


def _without_label(label: str, message: str) -> str:
    rest = message.removeprefix(f"{label} ")
    return rest[:1].upper() + rest[1:]
