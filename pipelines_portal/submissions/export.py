"""Rejected rows as a CSV that a spreadsheet shows and does not run."""

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.web.encryption import Undecryptable

from .models import Submission, SubmissionRow
from .rows import CHUNK, fields_of, read_fields

BOM = "\ufeff"  # without it spreadsheets take UTF-8 for something else
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_STARTS_A_FORMULA = ("=", "+", "-", "@")
# Spaces, marks and controls that take no room: a byte order mark, a zero-width space, a direction.
_UNSEEN = "".join(map(chr, [*range(33), 0x7F, 0xA0, 0xAD, 0x180E, *range(0x2000, 0x2010), *range(0x2028, 0x2030)]))
_UNSEEN += "".join(map(chr, [0x205F, *range(0x2060, 0x2070), 0x3000, 0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB]))


def csv_response(file_name: str, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """`rows` to be saved under `file_name`, written as they are read. No cell runs as a formula."""
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def exported(submission: Submission, rows: Iterable[Iterable[Any]], by: User) -> StreamingHttpResponse:
    """`rows` of this submission as a file; who took them is written down."""
    record(Verb.SUBMISSION_EXPORTED, by=by, target=submission, label=submission.label)
    return csv_response(f"errors-{str(submission.pk)[:8]}.csv", rows)


def rejected_rows(submission: Submission) -> Iterator[list[Any]]:
    """The head, then what was wrong with each, and its values as they were sent."""
    names = _field_names(submission)
    yield ["row", "field", "message", *names]
    for row in submission.rows.filter(state=SubmissionRow.State.REJECTED).iterator(CHUNK):
        values = _values(row)
        message = row.error_message or submission.reason
        yield [row.index + 1, row.error_field, message, *(values.get(name) for name in names)]


def _lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield BOM
    for row in rows:
        yield writer.writerow(map(safe_cell, row))


class _Echo:
    def write(self, line: str) -> str:
        return line


def _field_names(submission: Submission) -> list[str]:
    names: dict[str, None] = {}
    try:
        for fields in read_fields(submission, state=SubmissionRow.State.REJECTED):
            names |= dict.fromkeys(fields)
    except Undecryptable:
        pass
    return list(names)


def _values(row: SubmissionRow) -> FieldValues:
    try:
        return fields_of(row)
    except Undecryptable:
        return {}


def safe_cell(value: Any) -> Any:
    """`value` for a CSV cell. A text that would start a formula gets an apostrophe in front; numbers stay numbers."""
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if _may_run(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _may_run(text: str) -> bool:
    """Spreadsheets skip what is not seen in front of a formula, and take its full-width signs for the plain ones."""
    if text.startswith(("\t", "\r", "\n")):
        return True
    seen = text.lstrip(_UNSEEN)
    return unicodedata.normalize("NFKC", seen[:1]).startswith(_STARTS_A_FORMULA)
