"""The rows that go along with an archive: from a file, typed, or those of an earlier submission."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.timezone import get_current_timezone_name

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.core.page_work import TimeBudget
from pipelines_portal.core.parameters import number_in
from pipelines_portal.spreadsheets.limits import MAX_ROWS, RowsFileError
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.rows import read_fields
from pipelines_portal.uploads.forms import RowsFileForm
from pipelines_portal.uploads.rows_files import rows_in_file
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.fields.row_forms import RowForm, payloads, row_forms


@dataclass
class RowSource:
    """`rows` is None when the API derives them from the archive. `problem` keeps the check from being made."""

    rows: list[FieldValues] | None = None
    problem: str = ""
    advice: str = ""
    remarks: list[str] = field(default_factory=list)
    # Nothing is wrong yet: the archive was chosen first.
    is_missing: bool = False
    # By the worker: they are there in a moment.
    is_being_read: bool = False


def read_row_source(
    user: User,
    workflow_id: int,
    schema: Schema,
    posted: QueryDict,
    files: "MultiValueDict[str, UploadedFile[Any]]",
    budget: TimeBudget,
) -> RowSource:
    """A file goes before what was typed, and that before an earlier submission's rows."""
    form = RowsFileForm(posted, files)
    if not form.is_valid():
        return RowSource(problem=" ".join(map(str, form.errors.get("rows_file", ["The rows cannot be read."]))))
    if file := form.cleaned_data["rows_file"]:
        return _from_file(user, file.name, file.read(), schema, budget)
    typed = payloads(posted_row_forms(schema, posted))
    if typed is None:
        return RowSource(problem="A typed row has an error.", advice="Check the marked fields.")
    rows = typed or _from_submission(user, workflow_id, posted.get("rows_from", ""))
    return RowSource(rows) if rows else _none(schema)


def posted_row_forms(schema: Schema, posted: QueryDict | None) -> list[RowForm]:
    """The forms to type rows in: as many as were shown, and one more when that was asked for. Times in them are of
    the clocks that they were shown with.
    """
    if posted is None:
        return row_forms(schema, 1, zone=get_current_timezone_name())
    count = number_in(posted.get("typed", ""), 10_000)
    count = 1 if count is None else count
    return row_forms(schema, count + ("add_row" in posted), posted, zone=posted.get("zone", ""))


def _from_file(user: User, name: str, data: bytes, schema: Schema, budget: TimeBudget) -> RowSource:
    try:
        given = rows_in_file(user, name, data, schema, budget)
    except RowsFileError as error:
        return RowSource(problem=error.title, advice=error.advice)
    return RowSource(given.rows, remarks=given.remarks) if given else RowSource(is_being_read=True)


def _from_submission(user: User, workflow_id: int, submission_id: str) -> list[FieldValues]:
    """The rows of a submission of one's own in this workflow; none when there is none such."""
    try:
        mine = Submission.objects.filter(pk=UUID(submission_id), owner=user, workflow_id=workflow_id)
        return [fields for submission in mine for fields in read_fields(submission)][:MAX_ROWS]
    except ValueError:
        return []


def _none(schema: Schema) -> RowSource:
    if schema.has_only_file_upload_fields:
        return RowSource()
    return RowSource(is_missing=True)
