"""The rows that are sent with an archive: from a file, typed, or those of an earlier submission."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.datastructures import MultiValueDict
from django.utils.timezone import get_current_timezone_name
from django_tasks import task

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.match_line import MatchLine
from pipelines_portal.matching.proposals import rows_below
from pipelines_portal.spreadsheets.cells import Lines
from pipelines_portal.spreadsheets.limits import MAX_ROWS, RowsFileError
from pipelines_portal.spreadsheets.reading import read_all_lines
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.used_values import uses_for
from pipelines_portal.uploads.columns import ShownColumn, choose_columns, match_columns, shown_columns
from pipelines_portal.uploads.forms import RowsFileForm
from pipelines_portal.uploads.given_rows import (
    TYPED,
    Corrections,
    GivenRow,
    judge_used,
    rows_of_lines,
    rows_of_values,
)
from pipelines_portal.uploads.models import RowsFile
from pipelines_portal.web.file_names import in_sentence
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.time_budget import OutOfTime, TimeBudget
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.row_forms import RowForm, payloads, row_forms
from pipelines_portal.workflows.rules.judge import Rule
from pipelines_portal.workflows.rules.once import Use, UsedValue


@dataclass
class RowSource:
    """The rows to send, or None if the API derives them from the archive. A `problem` prevents the check."""

    rows: list[GivenRow] | None = None
    problem: str = ""
    advice: str = ""
    # Only of a file.
    matching: Matching | None = None
    match_line: MatchLine | None = None
    columns: list[ShownColumn] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    corrections: Corrections | None = None
    # Rows are needed. That is no error yet, since the archive may be chosen first.
    is_missing: bool = False
    # The worker reads them.
    is_being_read: bool = False
    # They are only in the fields of the page: a row that is left out would be lost.
    is_typed: bool = False

    @property
    def corrected_count(self) -> int:
        """The number of cells that were corrected."""
        return self.corrections.count_right(self.rows or []) if self.corrections else 0

    @property
    def accepted_count(self) -> int:
        """The number of warnings that the person accepted."""
        return sum(len(row.accepted) for row in self.rows or ())

    @property
    def accepted_as_json(self) -> str:
        return self.corrections.accepted_as_json(self.rows or ()) if self.corrections else "{}"

    @property
    def leaves_out_errors(self) -> bool:
        """Whether rows with errors are not sent. Only those of a file are also with the person."""
        return self.matching is not None


def read_row_source(
    user: User,
    workflow_id: int,
    schema: Schema,
    posted: QueryDict,
    files: "MultiValueDict[str, UploadedFile[Any]]",
    paths: Set[str],
    budget: TimeBudget,
    rules: Sequence[Rule],
) -> RowSource:
    """Read the rows from the file, or else the typed ones, or else those of an earlier submission.

    `paths` are those of the archive. They show which column names its files.
    """
    form = RowsFileForm(posted, files)
    if not form.is_valid():
        return RowSource(problem=" ".join(map(str, form.errors.get("rows_file", ["We can’t read the rows"]))))
    if file := form.cleaned_data["rows_file"]:
        return _from_file(user, file, schema, posted, paths, budget, rules)
    typed = payloads(posted_row_forms(schema, posted, rules))
    if typed is None:
        return RowSource(problem="A row has an error", advice="Check the marked fields.")
    if typed:
        corrections = Corrections(TYPED)
        corrections.load_accepted(posted)
        rows = rows_of_values(typed, schema, corrections, rules)
        return RowSource(rows, corrections=corrections, is_typed=True)
    source = posted.get("rows_from", "")
    if values := _from_submission(user, workflow_id, source):
        corrections = Corrections.load(posted, source, schema)
        return RowSource(rows_of_values(values, schema, corrections, rules), corrections=corrections)
    return RowSource(is_missing=not schema.has_only_file_upload_fields)


def judge_used_values(
    source: RowSource, user: User, workflow: OpenedWorkflow, schema: Schema, rules: Sequence[Rule], token: UUID | None
) -> None:
    """Add problems to rows whose values were used before, but by the draft of the same page."""

    def find(values: list[UsedValue]) -> dict[UsedValue, Use]:
        return uses_for(user, workflow.key_id, workflow.workflow_id, values, tokens=[token] if token else ())

    if source.rows and source.corrections:
        judge_used(source.rows, schema, rules, find, source.corrections)


def posted_row_forms(schema: Schema, posted: QueryDict | None, rules: Sequence[Rule] = ()) -> list[RowForm]:
    """Return forms to type rows, as many as were shown, and one more if that was requested.

    Times are in the time zone in which the forms were shown.
    """
    if posted is None:
        return row_forms(schema, 1, zone=get_current_timezone_name())
    count = number_in(posted.get("typed", ""), 10_000)
    count = 1 if count is None else count
    return row_forms(schema, count + ("add_row" in posted), posted, zone=posted.get("zone", ""), rules=rules)


def _from_file(
    user: User,
    file: "UploadedFile[Any]",
    schema: Schema,
    posted: QueryDict,
    paths: Set[str],
    budget: TimeBudget,
    rules: Sequence[Rule],
) -> RowSource:
    name, data = file.name or "", file.read()
    digest = _digest(name, data)
    try:
        read = read_lines_of(user, name, data, digest, budget)
        if read is None:
            return RowSource(is_being_read=True)
        lines, remarks = read
        matching = match_columns(in_sentence(name), lines, schema, paths)
    except RowsFileError as error:
        return RowSource(problem=error.title, advice=error.advice)
    corrections = Corrections.load(posted, digest, schema)
    if posted.get("corrections_of") == digest:
        choose_columns(matching, posted, lines, schema)
    source = RowSource(matching=matching, match_line=MatchLine(matching, schema), corrections=corrections)
    source.columns, source.remarks = shown_columns(matching, lines), remarks
    if matching.imported:
        source.rows = rows_of_lines(rows_below(lines, matching.header_line), schema, matching, corrections, rules)
    else:
        source.problem = f"No column of {in_sentence(name)} matches a field"
        source.advice = "Select the fields of its columns below."
    return source


def _from_submission(user: User, workflow_id: int, submission_id: str) -> list[FieldValues]:
    """Return the rows of a submission that the person sent to this workflow, or nothing."""
    try:
        mine = Submission.objects.filter(pk=UUID(submission_id), owner=user, workflow_id=workflow_id)
        return [fields for submission in mine for fields in submission.read_fields()][:MAX_ROWS]
    except ValueError:
        return []


# Longer than the worker needs for one.
LEASE = timedelta(minutes=2)
STORED_FOR = timedelta(days=1)
LONGEST_NAME = 255
# Files of one person that are stored at once: a new one replaces the oldest.
MOST_PER_PERSON = 5


def read_lines_of(
    user: User, name: str, data: bytes, digest: str, budget: TimeBudget
) -> tuple[Lines, list[str]] | None:
    """Return the lines of the file and remarks about them, or None while the worker reads it. Raise RowsFileError."""
    file = RowsFile.objects.filter(owner=user, digest=digest).defer("data").first()
    if file is None:
        try:
            lines, found = read_all_lines(name, data, budget)
            return lines, found.remarks
        except OutOfTime:
            file = _store(user, digest, name, data)
    if file.is_read:
        if "title" in file.result:
            raise RowsFileError(**file.result)
        return [(number, cells) for number, cells in file.result["lines"]], file.result["remarks"]
    # One job at a time for each file, and another one if the last left no result within its lease.
    now = timezone.now()
    if RowsFile.objects.filter(pk=file.pk, is_read=False, due_at__lte=now).update(due_at=now + LEASE):
        read_rows_file.enqueue(str(file.pk))
    return None


def _digest(name: str, data: bytes) -> str:
    """Hash the file with the secret key, so that its contents cannot be guessed from the digest."""
    hashed = salted_hmac("uploads.rows_file", data, algorithm="sha256")
    hashed.update(f"\0{name}".encode(errors="replace"))
    return hashed.hexdigest()


def _store(user: User, digest: str, name: str, data: bytes) -> RowsFile:
    stored = RowsFile.objects.filter(owner=user).order_by("-created_at").values_list("pk", flat=True)
    RowsFile.objects.filter(pk__in=list(stored[MOST_PER_PERSON - 1 :])).delete()
    values = {"name": name[-LONGEST_NAME:], "data": data}
    return RowsFile.objects.get_or_create(owner=user, digest=digest, defaults=values)[0]


@task()
def read_rows_file(file_id: str) -> None:
    """Read a file that takes too long for a page."""
    file = RowsFile.objects.filter(pk=UUID(file_id), is_read=False).first()
    if file is None:
        return
    try:
        lines, found = read_all_lines(file.name, bytes(file.data), TimeBudget())
        result = {"lines": lines, "remarks": found.remarks}
    except RowsFileError as error:
        result = {"title": error.title, "advice": error.advice}
    RowsFile.objects.filter(pk=file.pk).update(result=result, data=b"", is_read=True)


def remove_old_rows_files() -> int:
    """Delete uploaded spreadsheets older than a day, which were used or abandoned. Return how many."""
    return delete_in_batches(RowsFile.objects.filter(created_at__lt=timezone.now() - STORED_FOR), 1)
