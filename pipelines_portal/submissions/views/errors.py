"""The rejected rows as CSV: what was wrong, and the values as they were sent."""

import csv
from collections.abc import Iterator
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.access import signed_in
from pipelines_portal.saved_keys.encryption import Undecryptable
from pipelines_portal.submissions.access import own_submission
from pipelines_portal.submissions.csv_cells import safe_cell
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.rows import CHUNK, Fields, fields_of, read_fields

BOM = "\ufeff"  # without it spreadsheets take UTF-8 for something else


class _Echo:
    def write(self, line: str) -> str:
        return line


@require_safe
@signed_in
def errors_csv(request: HttpRequest, submission_id: UUID) -> HttpResponse | StreamingHttpResponse:
    submission = own_submission(request.user, submission_id)
    response = StreamingHttpResponse(_lines(submission), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="errors-{str(submission.pk)[:8]}.csv"'
    return response


def _lines(submission: Submission) -> Iterator[str]:
    writer, names = csv.writer(_Echo()), _field_names(submission)
    yield BOM
    yield writer.writerow(["row", "field", "message", *map(safe_cell, names)])
    for row in submission.rows.filter(state=SubmissionRow.State.REJECTED).iterator(CHUNK):
        values = _values(row)
        told = [row.error_field, row.error_message or submission.reason]
        yield writer.writerow([row.index + 1, *map(safe_cell, told), *(safe_cell(values.get(name)) for name in names)])


def _field_names(submission: Submission) -> list[str]:
    names: dict[str, None] = {}
    try:
        for fields in read_fields(submission, state=SubmissionRow.State.REJECTED):
            names |= dict.fromkeys(fields)
    except Undecryptable:
        pass
    return list(names)


def _values(row: SubmissionRow) -> Fields:
    try:
        return fields_of(row)
    except Undecryptable:
        return {}
