"""The rows that go along with an archive: from a file, typed, or those of an earlier submission."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.saved_keys.encryption import Undecryptable
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.rows import read_fields

from .forms import RowsFileForm
from .rows.problems import RowsFileError
from .rows.reading import Fields, read_rows
from .rows.tables import MAX_ROWS
from .rows.typed import TypedRow, payloads, typed_rows


@dataclass
class Given:
    """`rows` is None when the API derives them from the archive. `problem` keeps the check from being made."""

    rows: list[Fields] | None = None
    problem: str = ""
    advice: str = ""
    remarks: list[str] = field(default_factory=list)


def read_given(
    user: User, workflow_id: int, schema: Schema, posted: Mapping[str, Any], files: Mapping[str, Any]
) -> Given:
    """A file goes before what was typed, and that before an earlier submission's rows."""
    form = RowsFileForm(posted, files)
    if not form.is_valid():
        return Given(problem=" ".join(form.errors.get("rows_file", ["The rows cannot be read."])))
    if file := form.cleaned_data["rows_file"]:
        return _from_file(file.name, file.read(), schema)
    typed = payloads(row_forms(schema, posted))
    if typed is None:
        return Given(problem="A typed row has an error.", advice="Check the marked fields.")
    rows = typed or _from_submission(user, workflow_id, posted.get("rows_from", ""))
    return Given(rows) if rows else _none(schema)


def row_forms(schema: Schema, posted: Mapping[str, Any] | None) -> list[TypedRow]:
    """The forms to type rows in: as many as were shown, and one more when that was asked for."""
    if posted is None:
        return typed_rows(schema, 1)
    shown = posted.get("typed", "")
    count = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 5 else 1
    return typed_rows(schema, count + ("add_row" in posted), posted)


def _from_file(name: str, data: bytes, schema: Schema) -> Given:
    try:
        given = read_rows(name, data, schema)
    except RowsFileError as error:
        return Given(problem=error.title, advice=error.advice)
    return Given(given.rows, remarks=given.remarks)


def _from_submission(user: User, workflow_id: int, submission_id: str) -> list[Fields]:
    """The rows of a submission of one's own in this workflow; none when there is none such."""
    try:
        mine = Submission.objects.filter(pk=UUID(submission_id), owner=user, workflow_id=workflow_id)
        return [fields for submission in mine for fields in read_fields(submission)][:MAX_ROWS]
    except (ValueError, Undecryptable):
        return []


def _none(schema: Schema) -> Given:
    if schema.has_only_file_upload_fields:
        return Given()
    return Given(
        problem="The rows are missing.",
        advice="This workflow has other fields besides files: choose a file with the rows, or type them.",
    )
